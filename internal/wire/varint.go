package wire

import "encoding/binary"

// uvarint is [binary.Uvarint] with the two shortest forms, nearly all numbers of
// a trace, decided in line.
func uvarint(p []byte) (uint64, int) {
	if len(p) > 0 && p[0] < 0x80 {
		return uint64(p[0]), 1
	}
	if len(p) > 1 && p[1] < 0x80 {
		return uint64(p[0]&0x7f) | uint64(p[1])<<7, 2
	}
	return binary.Uvarint(p)
}

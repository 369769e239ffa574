package wire

import (
	"encoding/binary"
	"math/bits"
)

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

// skip returns the place in p after n numbers from off on, or -1 if p ends before. It
// does not look how long they are.
func skip(p []byte, off, n int) int {
	for n >= 8 && len(p)-off >= 8 {
		ends := ^binary.LittleEndian.Uint64(p[off:]) & 0x8080808080808080
		n -= bits.OnesCount64(ends) // at most eight
		off += 8
	}
	for ; n > 0; off++ {
		if off >= len(p) {
			return -1
		}
		if p[off] < 0x80 {
			n--
		}
	}
	return off
}

package wire

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The loop that reads most events decodes as [binary.Uvarint] does, whatever the
// numbers' lengths, or says that they do not fit.
func TestNumber(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		var want [3]uint64
		var b []byte
		var ends [3]int
		for i := range want {
			want[i] = r.Uint64() >> (r.IntN(64) | 8)
			b = binary.AppendUvarint(b, want[i])
			ends[i] = len(b)
		}
		b = append(b, 0xff, 0, 0x80, 1, 2, 3, 4, 5)
		rest, begins := LoadPacked(b, 0), 0
		for i, end := range ends {
			x, then, n := rest.Number()
			long := end-begins > 3
			require.Equal(t, long, n > 16, "% x", b)
			if long {
				x, then, n = LongNumber(b, begins)
			}
			require.Equal(t, want[i], x, "% x", b)
			require.Equal(t, end-begins, n, "% x", b)
			if rest = then; !long && end > 5 {
				rest = LoadPacked(b, end) // three more bytes may not be there
			}
			begins = end
		}
	}
}

// A number that has no end, or more than 64 bits, is none.
func TestLongNumberOverflows(t *testing.T) {
	b := make([]byte, 24)
	for i := range b {
		b[i] = 0xff
	}
	_, _, n := LongNumber(b, 0)
	require.Greater(t, n, 16)
	b[9] = 2
	_, _, n = LongNumber(b, 0)
	require.Greater(t, n, 16)
	b[9] = 1
	_, _, n = LongNumber(b, 0)
	require.Equal(t, 10, n)
}

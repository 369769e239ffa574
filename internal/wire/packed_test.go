package wire

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// The loop that reads most events decodes as [binary.Uvarint] does, whatever the
// numbers' lengths, or says that they do not fit.
func TestPacked(t *testing.T) {
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
		p := LoadPacked(b, 0)
		first := p.Ends()
		second := first.Next()
		third := second.Next()
		for i, e := range [...]Ends{first, second, third} {
			if ends[i] > 8 {
				require.Greater(t, e.Size(), 8, "% x", b)
				continue
			}
			require.Equal(t, ends[i], e.Size(), "% x", b)
			switch i {
			case 0:
				require.Equal(t, want[i], p.First(first), "% x", b)
			case 1:
				require.Equal(t, want[i], p.After(first, second), "% x", b)
			case 2:
				require.Equal(t, want[i], p.After(second, third), "% x", b)
			}
		}
	}
}

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
				x, n = LoadPacked(b, begins).Long()
				then = LoadPacked(b, end)
			}
			if end-begins > 8 {
				require.Greater(t, n, 16)
				begins, rest = end, then
				continue
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

// The arguments of an event are decoded as a cursor does, or left to it.
func TestArgs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	decoded := make(map[int]int) // by the length of the longest argument
	for typ := range EventType(64) {
		if !typ.Timed() {
			continue
		}
		for range 10_000 {
			var want, got [MaxArgs - 1]uint64
			var b []byte
			longest := 0
			for i := range argCount[typ] - 1 {
				want[i] = r.Uint64() >> (r.IntN(64) | r.IntN(64))
				if r.IntN(8) == 0 {
					want[i] = NoThread
				}
				begin := len(b)
				b = binary.AppendUvarint(b, want[i])
				longest = max(longest, len(b)-begin)
			}
			size := len(b)
			b = append(b, make([]byte, max(0, Room-size))...) // not one more
			n := Args(b, 0, typ, &got)
			if n > 16 {
				require.True(t, size > 16 || longest >= 9, "% x", b)
				continue
			}
			require.Equal(t, size, n, "% x", b)
			require.Equal(t, want, got)
			decoded[longest]++
		}
	}
	for _, n := range []int{1, 2, 3, 4, 8, 10} {
		require.Positive(t, decoded[n], "of %d bytes", n)
	}
	require.Zero(t, decoded[9])
}

// However long the numbers seem to be, nobody looks past what there is room for.
func TestArgsStayInside(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	b := make([]byte, Room)
	for typ := range EventType(64) {
		if !typ.Timed() {
			continue
		}
		for range 1_000 {
			for i := range b {
				b[i] = 0xff
			}
			for range r.IntN(4) {
				b[r.IntN(Room)] = byte(r.IntN(128))
			}
			var args [MaxArgs - 1]uint64
			require.NotPanics(t, func() { Args(b, 0, typ, &args) }, "% x", b)
		}
	}
}

// A goroutine's line in a list is decoded at once, whatever its number.
func TestListedArgs(t *testing.T) {
	for _, g := range []uint64{1, 1_000_000, 30_000_000_000} {
		var got [MaxArgs - 1]uint64
		b := binary.AppendUvarint(nil, g)
		b = binary.AppendUvarint(b, NoThread)
		b = append(b, byte(GoWaiting))
		size := len(b)
		require.Equal(t, size, Args(append(b, make([]byte, Room-size)...), 0, EvGoStatus, &got))
		require.Equal(t, [MaxArgs - 1]uint64{g, NoThread, uint64(GoWaiting)}, got)
	}
}

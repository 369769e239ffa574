package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestSplitterUsesItsRoomAgain: of generations that are large and small by turns, a Splitter
// that has collected others gives what one gives that has not, and leaves alone what it gave.
func TestSplitterUsesItsRoomAgain(t *testing.T) {
	for _, v := range versions {
		header := v.Header()
		data := bytes.Clone(header[:])
		var fresh []wire.Raw
		for i, events := range []int{200_000, 50, 90_000, 1_000, 150_000, 10} {
			one := tracegen.New(v)
			g := one.Generation(uint64(i + 1))
			g.Sync(1e9, tracegen.Snapshot{Time: 1})
			for thread := range uint64(3) {
				b := g.Batch(thread, 1)
				for k := range events / 3 {
					b.Event(wire.EvHeapAlloc, 1, uint64(i*k))
				}
			}
			raws, err := split(one.Bytes(), 0)
			require.NoError(t, err)
			require.Len(t, raws, 1)
			fresh = append(fresh, raws...)
			data = append(data, raws[0].Data...)
		}
		for _, size := range []int{0, 1_000, 70_000, 300_000} {
			raws, err := split(data, size)
			require.NoError(t, err)
			require.Len(t, raws, len(fresh))
			for i := range raws { // after all have been collected
				require.Equal(t, fresh[i].Number, raws[i].Number)
				require.True(t, bytes.Equal(fresh[i].Data, raws[i].Data), "go1.%d, generation %d in pieces of %d", v, i, size)
			}
		}
	}
}

package wire_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// plainly decodes a thread's batches as plainly as can be, to the first thing that is
// not an event. A cursor must tell the same, however clever it is.
func plainly(clock wire.Clock, batches []wire.Batch) (events []string, whole bool) {
	for _, b := range batches {
		at := clock.Time(b.Time)
		for p := b.Data; len(p) > 0; {
			typ := wire.EventType(p[0])
			spec, _ := wire.SpecOf(typ)
			if spec.Args == 0 {
				return events, false
			}
			p = p[1:]
			var args []uint64
			for range spec.Args {
				x, n := binary.Uvarint(p)
				if n <= 0 {
					return events, false
				}
				args = append(args, x)
				p = p[n:]
			}
			at = min(at+clock.Time(wire.Timestamp(args[0])), limits.Nanoseconds-1)
			events = append(events, fmt.Sprint(at, typ, args[1:]))
		}
	}
	return events, true
}

// checkCursors compares every cursor of a generation with that.
func checkCursors(t *testing.T, g *wire.Generation) (events int) {
	t.Helper()
	for i := range g.Threads {
		want, whole := plainly(g.Clock, g.Threads[i].Batches)
		c := g.Cursor(i)
		n := 0
		for next(&c) {
			spec, _ := wire.SpecOf(c.Type)
			got := fmt.Sprint(c.Time, c.Type, c.Args[:spec.Args-1])
			if n >= len(want) || got != want[n] {
				t.Fatalf("thread %d, event %d of %d: %s", g.Threads[i].ID, n, len(want), got)
			}
			n++
		}
		require.Equal(t, len(want), n, "thread %d: %v", g.Threads[i].ID, c.Err())
		require.Equal(t, whole, c.Err() == nil, "thread %d: %v", g.Threads[i].ID, c.Err())
		require.False(t, next(&c), "once stopped, it stays stopped")
		require.Equal(t, whole, c.Err() == nil)
		events += n
	}
	return events
}

// TestCursorsDecodePlainly: numbers of all lengths, events at all distances from their
// batch's end, whole and broken.
func TestCursorsDecodePlainly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var types []wire.EventType
	for i := range 256 {
		if s, ok := wire.SpecOf(wire.EventType(i)); ok && s.Args > 0 {
			types = append(types, wire.EventType(i))
		}
	}
	number := func() uint64 { return rng.Uint64() >> rng.IntN(64) }
	events := 0
	for round := range 3_000 {
		g := generation(t, wire.Go126, func(g *tracegen.Generation) {
			for range 1 + rng.IntN(3) {
				var data []byte
				for range rng.IntN(12) {
					typ := types[rng.IntN(len(types))]
					spec, _ := wire.SpecOf(typ)
					data = append(data, byte(typ))
					for range spec.Args {
						data = binary.AppendUvarint(data, number())
					}
				}
				switch {
				case len(data) < 2 || round%2 == 0: // as it is
				case rng.IntN(2) == 0:
					data = data[:rng.IntN(len(data))]
				default:
					at := 1 + rng.IntN(len(data)-1) // the first byte says what batch it is
					data[at] ^= 1 << rng.IntN(8)
					if rng.IntN(4) == 0 {
						data = append(append(data[:at:at], overlong...), data[at:]...)
					}
				}
				g.Raw(tracegen.AppendBatch(nil, 1, 7, rng.Uint64N(1_000_000), data)...)
			}
		})
		events += checkCursors(t, g)
	}
	t.Logf("%d events", events)
}

// TestCursorsReadTraces: the same of whole traces.
func TestCursorsReadTraces(t *testing.T) {
	traces := [][]byte{tracegen.Random(1, tracegen.Shape{Events: 5_000, AllocFree: true})}
	for _, release := range releases {
		traces = append(traces, smallest(t, release))
	}
	for _, data := range traces {
		raws, err := split(data, 0)
		require.NoError(t, err)
		for _, raw := range raws {
			g, err := wire.Parse(raw)
			require.NoError(t, err)
			require.NotZero(t, checkCursors(t, g))
		}
	}
}

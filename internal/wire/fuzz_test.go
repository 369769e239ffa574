package wire_test

import (
	"bytes"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// FuzzSplitter splits any bytes, whole and in pieces, and reads all that is in the
// generations.
func FuzzSplitter(f *testing.F) {
	for _, v := range versions {
		data := tracegen.Random(1, tracegen.Shape{Version: v, Threads: 2, Procs: 1, Goroutines: 4, Stacks: 4, Depth: 3, Events: 1, Generations: 2, AllocFree: true})
		f.Add(data, uint8(0))
		f.Add(data[:len(data)*2/3], uint8(7))
		f.Add(tracegen.Corrupt(uint64(v), data), uint8(1))
	}
	for _, release := range releases {
		f.Add(smallest(f, release)[:2000], uint8(100))
	}
	f.Fuzz(func(t *testing.T, data []byte, size uint8) {
		whole, wholeErr := split(data, 0)
		pieces, piecesErr := split(data, int(size))
		if (wholeErr == nil) != (piecesErr == nil) || wholeErr != nil && wholeErr.Error() != piecesErr.Error() {
			t.Fatalf("whole: %v, in pieces: %v", wholeErr, piecesErr)
		}
		if len(whole) != len(pieces) {
			t.Fatalf("%d generations whole, %d in pieces", len(whole), len(pieces))
		}
		for i, raw := range whole {
			if !bytes.Equal(raw.Data, pieces[i].Data) || raw.Number != pieces[i].Number || raw.Offset != pieces[i].Offset {
				t.Fatalf("generation %d differs in pieces", raw.Number)
			}
			if !bytes.HasPrefix(data[raw.Offset:], raw.Data) {
				t.Fatalf("generation %d is not at %d", raw.Number, raw.Offset)
			}
			readGeneration(raw)
			if g, err := wire.Parse(raw); err == nil {
				checkCursors(t, g)
			}
		}
	})
}

// readGeneration reads everything in a generation, as far as it can be read.
func readGeneration(raw wire.Raw) (events int) {
	g, err := wire.Parse(raw)
	if err != nil {
		return 0
	}
	var frames []wire.RawFrame
	for i := range g.Threads {
		c := g.Cursor(i)
		for {
			ok, err := next(&c), c.Err()
			if !ok || err != nil {
				break
			}
			events++
			for _, id := range c.Args {
				g.String(id)
				frames, _ = g.Stack(id, frames[:0])
				if pcs, ok := g.PCs(id, nil); ok && len(frames) > len(pcs) {
					panic("a stack has more frames than program counters")
				}
				for _, f := range frames {
					g.Resolve(f)
				}
			}
		}
	}
	return events
}

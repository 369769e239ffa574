package timeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// shapes are small traces with little of something: threads, Ps, goroutines that stay.
// (The worlds of the other tests are compared too, see readWorld.)
var shapes = []tracegen.Shape{
	{Threads: 2, Procs: 1, Goroutines: 4, Events: 1, Generations: 1},
	{Threads: 2, Procs: 1, Goroutines: 10, Events: 500, Generations: 7, Quiet: 1},
	{Threads: 2, Procs: 2, Goroutines: 10, Events: 1_000, Skew: 3_000},
	{Threads: 8, Procs: 4, Goroutines: 40, Events: 2_000, Generations: 20, Skew: 100_000, Quiet: 60},
	{Threads: 16, Procs: 4, Goroutines: 100, Events: 2_000, AllocFree: true},
	{Threads: 16, Procs: 16, Goroutines: 30, Events: 2_000, ClockUnit: 1, Skew: 300},
	{Threads: 64, Procs: 3, Goroutines: 300, Events: 2_000, Generations: 4, Stacks: 300, Depth: 128},
	{Threads: 128, Procs: 64, Goroutines: 3_000, Events: 3_000, Generations: 2, ClockUnit: 8},
}

// TestDifferentialSynthetic is [TestDifferential] on traces that no program would record.
func TestDifferentialSynthetic(t *testing.T) {
	t.Parallel()
	traces, events := 0, 0
	for _, v := range versions {
		for _, shape := range shapes {
			shape.Version = v
			t.Run(shape.String(), func(t *testing.T) {
				for seed := range uint64(3) {
					events += compare(t, tracegen.Random(seed, shape))
					traces++
				}
			})
		}
	}
	if !t.Failed() {
		t.Logf("compared %d traces of %d versions, %d events, 0 differences from golang.org/x/exp/trace", traces, len(versions), events)
	}
	require.NotZero(t, events)
}

// TestDifferentialBroken compares the two readers on broken traces: up to where one of
// them stops they tell the same, and what the reference takes is taken here.
//
// Texts are left out: what a broken string or stack table does to them is decided
// differently here, lazily. Numbers beyond this module's limits are errors here only.
func TestDifferentialBroken(t *testing.T) {
	t.Parallel()
	traces, events, taken := 0, 0, 0
	for _, v := range versions {
		data := tracegen.Random(1, tracegen.Shape{Version: v, Threads: 4, Goroutines: 20, Events: 300})
		for seed := range uint64(250) {
			bad := tracegen.Corrupt(seed, data)
			want, wantErr := skeletons(bad, readReference)
			got, gotErr := skeletons(bad, readOurs)
			if !consecutive(bad) {
				continue // to the reference, state carries over a gap
			}
			if n := len(got); n > 0 && got[n-1].time >= limits.Nanoseconds-1 {
				continue // the reference's moments overflow
			}
			traces++
			for i := range min(len(got), len(want)) {
				if got[i] != want[i] {
					t.Fatalf("go1.%d, corruption %d, event %d:\ngot  %v\nwant %v", v, seed, i, got[i], want[i])
				}
				events++
			}
			if wantErr == nil && (gotErr == nil || !strings.Contains(gotErr.Error(), "of number")) {
				require.NoError(t, gotErr, "go1.%d, corruption %d", v, seed)
				require.Len(t, got, len(want), "go1.%d, corruption %d", v, seed)
				taken++
			}
		}
	}
	t.Logf("compared %d broken traces, %d events; the reference takes %d, and so do we", traces, events, taken)
	require.NotZero(t, taken)
}

// skeletons reads a trace until the first error, a panic included (the reference has
// some), and returns its events without texts.
func skeletons(data []byte, read func([]byte, func(event)) error) (events []event, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	err = read(data, func(e event) {
		e.stack, e.own, e.text, e.reason = "", "", "", ""
		events = append(events, e)
	})
	return events, err
}

// consecutive reports whether each generation follows the one before.
func consecutive(data []byte) bool {
	last := uint64(0)
	ok := true
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		ok = ok && (last == 0 || raw.Number == last+1)
		last = raw.Number
	}}
	_, _ = s.Write(data)
	_ = s.Close()
	return ok
}

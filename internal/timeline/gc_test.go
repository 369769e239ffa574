package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestGCRanges: a whole cycle, with an assist that parks, in one generation.
func TestGCRanges(t *testing.T) {
	for _, v := range versions {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		m, other := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
		g, gc := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
		m.Running(g)
		other.Running(gc)

		other.STWBegin(1_000, "GC sweep termination", w.Stack("runtime.gcStart"))
		other.GCBegin(1_100, w.Stack("runtime.gcStart"))
		other.HeapGoal(1_200, 8<<20)
		other.STWEnd(1_300)
		m.AssistBegin(2_000, w.Stack("runtime.mallocgc", "main.alloc"))
		m.Block(2_500, "GC mark assist wait for work", w.Stack("runtime.mallocgc", "main.alloc"))
		other.Unblock(6_000, g, 0)
		m.Start(6_500, g)
		m.AssistEnd(7_000)
		other.STWBegin(8_000, "GC mark termination", 0)
		m.HeapAlloc(8_050, 5<<20)
		other.GCEnd(8_100)
		other.STWEnd(8_333)
		m.SweepBegin(9_000, w.Stack("runtime.mallocgc", "main.alloc"))
		m.SweepEnd(9_250, 8192, 4096)
		r := readWorld(t, w)

		mark := r.one(t, nil, detectors.MarkEnd)
		require.True(t, mark.Known, "go1.%d", v)
		require.EqualValues(t, 7_000, mark.Duration)
		require.Equal(t, "runtime.gcStart", r.top(r.one(t, nil, detectors.MarkBegin).Stack))

		assist := r.one(t, g, detectors.AssistEnd)
		require.True(t, assist.Known)
		require.EqualValues(t, 5_000, assist.Duration, "what it was parked included")
		require.Equal(t, "runtime.mallocgc", r.top(assist.Stack), "where it began")

		stops := r.of(nil, detectors.STWEnd)
		require.Equal(t, []int64{300, 333}, durations(stops))
		require.Equal(t, "GC sweep termination", stops[0].Text)
		require.Equal(t, "GC mark termination", stops[1].Text)
		require.Equal(t, detectors.GoID(gc.ID()), stops[0].G.ID)

		sweep := r.one(t, nil, detectors.SweepEnd)
		require.True(t, sweep.Known)
		require.EqualValues(t, 250, sweep.Duration)
		require.EqualValues(t, 8192, sweep.Value)
		require.EqualValues(t, 4096, sweep.Value2)
		require.Equal(t, detectors.ProcID(0), sweep.Subject)

		require.EqualValues(t, 8<<20, r.one(t, nil, detectors.HeapGoal).Value)
		require.EqualValues(t, 5<<20, r.one(t, nil, detectors.HeapAlloc).Value)
	}
}

// TestRangesOverGenerations: what began generations ago has its whole length; what
// began before the trace has none.
func TestRangesOverGenerations(t *testing.T) {
	for _, before := range []bool{false, true} {
		for _, v := range versions {
			w := tracegen.NewWorld(v)
			w.ClockUnit(1)
			p := w.Proc(0)
			m := w.Thread(100, p)
			g := w.Goroutine(1, wire.GoRunnable, 0)
			m.Running(g)
			if before {
				w.GCRunning()
				w.Assisting(g)
				w.Sweeping(p)
				m.HeapAlloc(1_300, 1)
			} else {
				m.GCBegin(1_000, 0)
				m.AssistBegin(1_100, w.Stack("main.alloc"))
				m.SweepBegin(1_200, 0)
			}
			w.NextGeneration(2_000)
			m.HeapAlloc(2_500, 1)
			w.NextGeneration(3_000)
			m.SweepEnd(4_000, 0, 0)
			m.AssistEnd(5_000)
			m.GCEnd(6_000)
			r := readWorld(t, w)

			want := [][]int64{{2_800}, {3_900}, {5_000}}
			active := 2
			if before {
				want = [][]int64{{-1}, {-1}, {-1}}
				active = 3
			}
			for i, kind := range []detectors.Kind{detectors.SweepEnd, detectors.AssistEnd, detectors.MarkEnd} {
				require.Equal(t, want[i], durations(r.of(nil, kind)), "go1.%d", v)
			}
			for _, kind := range []detectors.Kind{detectors.SweepActive, detectors.AssistActive, detectors.MarkActive} {
				require.Len(t, r.of(nil, kind), active, "go1.%d: kind %d", v, kind)
			}
			if !before {
				require.Equal(t, "main.alloc", r.top(r.one(t, g, detectors.AssistEnd).Stack))
			}
		}
	}
}

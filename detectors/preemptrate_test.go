package detectors_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A batch is two goroutines on each of two Ps that take turns of 10 ms.
type batch struct {
	windows int
	begins  string // the function that those begin in who also want a P now and then
	late    time.Duration
	every   int // turns, from one of them to the next
}

const turn = 10 * time.Millisecond

func (b batch) play(v wire.Version) []byte {
	w := newWorld(v, 2)
	creator := w.Stack("main.main")
	work, wait := w.Stack("main.crunch", "main.batch"), w.Stack("runtime.chanrecv1", b.begins)
	var workers [2][2]*tracegen.Goroutine
	var others [2]*tracegen.Goroutine
	for p := range 2 {
		workers[p] = [2]*tracegen.Goroutine{w.spawn(w.Stack("main.batch"), creator), w.spawn(w.Stack("main.batch"), creator)}
		others[p] = w.spawn(w.Stack(b.begins), creator)
	}
	for p := range 2 {
		w.begin(workers[p][0], "chan receive", work)
		w.begin(workers[p][1], "chan receive", work)
		w.begin(others[p], "chan receive", wait)
	}
	perWindow := int(window / turn)
	woken := [2][2]bool{}
	for i := 2; i < b.windows*perWindow-1; i++ {
		at := time.Duration(i)*turn + 20*time.Microsecond
		for p := range 2 {
			// Off the other P's moments.
			at, g := at+time.Duration(p)*3*time.Microsecond, workers[p][i%2]
			if !woken[p][i%2] {
				w.wake(g, at-time.Microsecond)
				woken[p][i%2] = true
			}
			w.at(at, func(at int64) { w.p[p].Start(at, g) })
			w.at(at+turn-100*time.Microsecond, func(at int64) { w.p[p].Preempt(at, work) })
			if i%b.every == 0 {
				began := at + turn - 50*time.Microsecond
				w.wake(others[p], began-b.late)
				w.turn(p, others[p], began, 10*time.Microsecond, "chan receive", wait)
			}
		}
	}
	return w.play(b.windows)
}

func TestPreemptRate(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprint("go1.", v), func(t *testing.T) {
			all := watch(t, detectors.PreemptRate{}, batch{windows: 3, begins: "main.serve", late: 12 * time.Millisecond, every: 5}.play(v))
			require.Equal(t, []string{"main.crunch", "main.crunch"}, found(all)[1:])
			j := all[2]
			f := one(t, j)
			require.Empty(t, f.Kind, "it is the detector's own")
			require.Equal(t, detectors.Warning, f.Severity)
			require.Equal(t, all[0].Start, f.Start)
			span := j.End.Sub(all[0].Start).Seconds()
			stops := 2.0 * (3*100 - 3)
			m := measure(t, f, "preemptions")
			require.InDelta(t, stops/span, m.Value, 1e-9)
			require.Equal(t, 50.0, m.Threshold)
			require.InDelta(t, stops/span/50, f.Score, 1e-9)
			m = measure(t, f, "late starts of other work")
			require.InDelta(t, 2*59/span, m.Value, 1e-9)
			require.Equal(t, 10.0, m.Threshold)
			require.Equal(t, "main.crunch", j.in(f.Evidence.Sites[0]))
			require.Equal(t, int(stops), f.Evidence.Sites[0].Count)
			require.InDelta(t, 199, j.verdict.Value, 3, "of this window alone")
		})
	}
}

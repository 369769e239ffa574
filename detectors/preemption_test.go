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

// A loop is a world with one goroutine that runs on P 0 now and then.
type loop struct {
	*world
	g       *tracegen.Goroutine
	work    tracegen.Stack
	stopped bool // by a preemption, so that nobody needs to wake it
}

func newLoop(v wire.Version) *loop {
	w := newWorld(v, 1)
	l := &loop{world: w, work: w.Stack("main.scan", "main.worker")}
	l.g = w.spawn(w.Stack("main.worker"), w.Stack("main.main"))
	w.begin(l.g, "chan receive", w.Stack("main.worker"))
	return l
}

// run plans a run that ends with a wait.
func (l *loop) run(at, length time.Duration) {
	l.start(at)
	l.at(at+length, func(at int64) { l.p[0].Block(at, "chan receive", l.work) })
}

// preempted plans a run that the runtime ends.
func (l *loop) preempted(at, length time.Duration) {
	l.start(at)
	l.at(at+length, func(at int64) { l.p[0].Preempt(at, l.work) })
	l.stopped = true
}

func (l *loop) start(at time.Duration) {
	if !l.stopped {
		l.wake(l.g, at-time.Microsecond)
	}
	l.stopped = false
	l.at(at, func(at int64) { l.p[0].Start(at, l.g) })
}

func TestPreemptFailure(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprint("go1.", v), func(t *testing.T) {
			const ms = time.Millisecond
			l := newLoop(v)
			l.run(100*ms, 40*ms)
			l.preempted(200*ms, 12*ms)
			l.run(300*ms, 5*ms) // as long as it may
			l.run(window+100*ms, 35*ms)
			l.run(window+200*ms, 90*ms)
			all := watch(t, detectors.Preemption{}, l.play(3))
			require.Equal(t, []string{"", "main.scan", ""}, found(all))
			require.Equal(t, 0.040, all[0].verdict.Value)

			j := all[1]
			f := one(t, j)
			require.Empty(t, f.Kind, "it is the detector's own")
			require.Equal(t, detectors.Warning, f.Severity)
			require.Equal(t, all[0].Start, f.Start)
			require.Equal(t, j.End, f.End)
			require.Equal(t, 3.0, f.Score)
			require.Equal(t, detectors.Measure{Name: "longest run", Value: 0.090, Unit: "s", Threshold: 0.030}, measure(t, f, "longest run"))
			require.Equal(t, detectors.Measure{Name: "runs that long", Value: 3, Unit: "{run}", Threshold: 3}, measure(t, f, "runs that long"))
			require.Equal(t, 4.0, measure(t, f, "runs past 10 ms").Value)
			interval := measure(t, f, "median run when preempted, sysmon's interval at least")
			require.Equal(t, 0.012, interval.Value)
			require.Equal(t, 0.020, interval.Threshold)
			require.Equal(t, "main.scan", j.in(f.Evidence.Sites[0]))
			require.Equal(t, 165*ms, f.Evidence.Sites[0].Total)
			g := f.Evidence.Goroutines[0]
			require.EqualValues(t, l.g.ID(), g.ID)
			require.EqualValues(t, base+int64(window+200*ms), g.At, "when the run began")
			require.Equal(t, 90*ms, g.Duration)

			require.True(t, j.verdict.Applicable)
			require.Equal(t, 0.090, j.verdict.Value)
			require.Equal(t, 0.030, j.verdict.Threshold)
			require.Equal(t, "0 preemptions a second", j.verdict.Note)
		})
	}
}

func TestPreemptFailureSilence(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name  string
		plan  func(l *loop)
		value float64
	}{
		{"a machine that stood still once", func(l *loop) {
			for i := range 80 {
				at := 10*ms + time.Duration(i)*20*ms
				if at%window < 10*ms {
					continue
				}
				length := 10*ms + time.Duration(i%3)*ms
				if i == 30 {
					length = 19 * ms
				}
				l.preempted(at, length)
			}
			l.preempted(1700*ms, 200*ms)
		}, 0.200},
		{"a machine that stood still often, in a loop that is preempted otherwise", func(l *loop) {
			for i := range 10 {
				l.preempted(100*ms+time.Duration(i)*120*ms, 11*ms)
				l.preempted(150*ms+time.Duration(i)*120*ms, 50*ms)
			}
		}, 0.050},
		{"twice", func(l *loop) {
			l.run(100*ms, 40*ms)
			l.run(200*ms, 40*ms)
		}, 0.040},
		{"over", func(l *loop) { // the third comes when the first has been forgotten
			l.run(100*ms, 40*ms)
			l.run(6*window+100*ms, 40*ms)
			l.run(7*window+100*ms, 40*ms)
		}, 0.040},
		{"long, but not too long", func(l *loop) {
			for i := range 5 {
				l.preempted(100*ms+time.Duration(i)*100*ms, 25*ms)
			}
		}, 0.025},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLoop(wire.Go126)
			c.plan(l)
			windows := 2
			if c.name == "over" {
				windows = 8
			}
			all := watch(t, detectors.Preemption{}, l.play(windows))
			silent(t, all)
			require.Equal(t, c.value, all[len(all)-1].verdict.Value)
		})
	}
}

// Of two failures the worse is told first.
func TestPreemptFailureOrder(t *testing.T) {
	const ms = time.Millisecond
	l := newLoop(wire.Go126)
	sites := [...]tracegen.Stack{l.Stack("main.hash", "main.worker"), l.Stack("main.scan", "main.worker"), l.Stack("main.sort", "main.worker"), l.Stack("main.copy", "main.worker")}
	for i := range 12 {
		l.work = sites[i%4]
		work := l.work
		at := 10*ms + time.Duration(i)*80*ms
		l.start(at)
		l.at(at+time.Duration(30+10*(i%4))*ms, func(at int64) { l.p[0].Block(at, "chan receive", work) })
	}
	trace := l.play(1)
	for range 10 { // maps have no order of their own
		j := watch(t, detectors.Preemption{}, trace)[0]
		require.Len(t, j.findings, 4)
		for i, fn := range []string{"main.copy", "main.sort", "main.scan", "main.hash"} {
			require.Equal(t, fn, j.Code.Site(j.findings[i].Site).Func)
		}
	}
}

func TestPreemptionGap(t *testing.T) {
	l := newLoop(wire.Go126)
	for win := range 4 {
		l.run(time.Duration(win)*window+100*time.Millisecond, 40*time.Millisecond)
		if win > 0 {
			l.run(time.Duration(win)*window+200*time.Millisecond, 40*time.Millisecond)
		}
	}
	all := watch(t, detectors.Preemption{}, l.play(4), 2)
	require.Equal(t, []string{"", "", "main.scan"}, found(all))
	require.Equal(t, all[1].Start, all[2].findings[0].Start)
}

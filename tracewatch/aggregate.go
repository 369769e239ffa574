package tracewatch

import (
	"cmp"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// aggregate sums up the observations of a whole run. It is what metrics, Stats and
// reports are made of; nothing is recorded per event.
type aggregate struct {
	code *detectors.Code

	sched  span                                                 // every goroutine start of the service
	block  [detectors.NumCauses]span                            // waits by cause
	net    [detectors.NumFDTypes][detectors.NumNetModes]span    // network waits
	answer span                                                 // network waits on somebody's behalf
	stop   span                                                 // all stops of the world
	assist span                                                 // GC mark assists
	stw    map[string]*span                                     // stops of the world by kind
	run    span                                                 // uninterrupted runs
	parked [detectors.NumFDTypes]struct{ inFlight, idle int64 } // network waiters at the window's end
	alive  [3]int64                                             // goroutines by class at the window's end
	counts struct{ preempted, timerWakeups, timerCreates, created, ended uint64 }
	heap   struct{ live, goal uint64 }

	// watchRun is the running time of the watch's own goroutines.
	watchRun time.Duration
}

// span sums up durations of one sort.
type span struct {
	detectors.Sum
	recent *recentHist // nil where quantiles are not kept
}

func (s *span) add(d time.Duration) {
	s.Add(d)
	if s.recent != nil {
		s.recent.now.Add(d)
	}
}

// merge adds all that a histogram has.
func (s *span) merge(h *detectors.Histogram) {
	s.Merge(h.Sum())
	s.recent.now.Merge(h)
}

// recentHist holds the durations of the last half minute to minute.
type recentHist struct {
	before, now detectors.Histogram
	since       detectors.Time
}

const recentFor = 30 * time.Second

// turn starts a new half once the current one is full.
func (r *recentHist) turn(at detectors.Time) {
	if r.since == 0 {
		r.since = at
	}
	if at.Sub(r.since) >= recentFor {
		r.before, r.since = r.now, at
		r.now.Reset()
	}
}

func (r *recentHist) delay(s *span) Delay {
	both := r.before
	both.Merge(&r.now)
	return Delay{Count: s.Count, Sum: s.Total, Max: s.Max, P50: both.Quantile(0.5), P99: both.Quantile(0.99)}
}

func newAggregate(code *detectors.Code) *aggregate {
	a := &aggregate{code: code, stw: make(map[string]*span)}
	for _, s := range a.timed() {
		s.recent = new(recentHist)
	}
	return a
}

// timed returns the spans whose quantiles are kept.
func (a *aggregate) timed() [5]*span {
	return [...]*span{&a.sched, &a.answer, &a.assist, &a.stop, &a.run}
}

// aggregateKinds is what an aggregate wants to observe. The rest is in the windows' totals.
var aggregateKinds = detectors.Set(detectors.STWEnd)

func (a *aggregate) observe(o *detectors.Observation) { a.stopped(o) }

// sum adds a window's totals, also of one that broke off.
func (a *aggregate) sum(t *detectors.Totals) {
	a.sched.merge(&t.Delays)
	a.sched.merge(&t.Requeued)
	a.sched.merge(&t.Yielded)
	a.run.merge(&t.Ran)
	a.answer.merge(&t.Answers)
	a.assist.merge(&t.Heap.Assists)
	a.heap.live = cmp.Or(t.Heap.Live, a.heap.live)
	a.heap.goal = cmp.Or(t.Heap.Goal, a.heap.goal)
	for reason, s := range t.Waits[detectors.ClassUser] {
		a.block[detectors.Reason(reason).Cause()].Merge(s)
	}
	a.block[detectors.CauseSyscall].Merge(t.Syscalls)
	for id, n := range t.Network {
		if n.Waits.Count > 0 {
			op := a.code.Stack(detectors.StackID(id)).Net
			if op.FD == detectors.FDNone {
				op.FD = detectors.FDOther // the stack is not known
			}
			a.net[op.FD][op.Mode].Merge(n.Waits)
		}
	}
	a.watchRun += t.Others[detectors.ClassWatch].Total
	for _, b := range t.Births {
		a.counts.created += b.Created
		a.counts.ended += b.Ended
	}
	a.counts.preempted += t.Preempted
	a.counts.timerWakeups += t.TimerWakeups
	a.counts.timerCreates += t.TimerCreates
}

func (a *aggregate) stopped(o *detectors.Observation) {
	if !o.Known {
		return
	}
	a.stop.add(o.Duration)
	s := a.stw[o.Text]
	if s == nil {
		if len(a.stw) >= limits.StopKinds {
			return
		}
		s = new(span)
		a.stw[o.Text] = s
	}
	s.add(o.Duration)
}

// judge takes stock at a window's end.
func (a *aggregate) judge(w *detectors.Window) {
	for _, s := range a.timed() {
		s.recent.turn(w.End)
	}
	a.alive = [3]int64{}
	clear(a.parked[:])
	for g := range w.Goroutines {
		a.alive[g.Class]++
		if g.State != detectors.Waiting || g.Class != detectors.ClassUser {
			continue
		}
		k := a.code.Stack(g.Stack)
		switch {
		case k.Net.FD == detectors.FDNone || g.Reason != detectors.ReasonNetwork && g.Reason != detectors.ReasonNone:
		case k.Net.Idle || !k.User:
			a.parked[k.Net.FD].idle++
		default:
			a.parked[k.Net.FD].inFlight++
		}
	}
}

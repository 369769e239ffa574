package tracewatch

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/hist"
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
	count    uint64
	sum, max time.Duration
	recent   *recentHist // nil where quantiles are not kept
}

func (s *span) add(d time.Duration) {
	s.count++
	s.sum = min(s.sum, math.MaxInt64-d) + d // a broken clock's durations may be centuries
	s.max = max(s.max, d)
	if s.recent != nil {
		s.recent.now.Add(d)
	}
}

// recentHist holds the durations of the last half minute to minute.
type recentHist struct {
	before, now hist.Histogram
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
	return Delay{Count: s.count, Sum: s.sum, Max: s.max, P50: both.Quantile(0.5), P99: both.Quantile(0.99)}
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

// aggregateKinds is what an aggregate wants to observe.
var aggregateKinds = detectors.Set(
	detectors.GoCreate, detectors.GoStart, detectors.GoStop, detectors.GoPark, detectors.GoUnpark,
	detectors.GoSyscall, detectors.GoSyscallEnd, detectors.GoEnd, detectors.AssistEnd,
	detectors.STWEnd, detectors.HeapAlloc, detectors.HeapGoal,
)

func (a *aggregate) observe(o *detectors.Observation) {
	switch o.Kind {
	case detectors.HeapAlloc:
		a.heap.live = o.Value
		return
	case detectors.HeapGoal:
		a.heap.goal = o.Value
		return
	case detectors.STWEnd:
		a.stopped(o)
		return
	}
	if o.G.Class == detectors.ClassSystem {
		return
	}
	if o.G.Class == detectors.ClassWatch {
		if o.From == detectors.Running && o.Known {
			a.watchRun += o.Duration
		}
		return
	}
	switch o.Kind {
	case detectors.GoCreate:
		a.counts.created++
		if o.FromTimer() {
			a.counts.timerCreates++
		}
		return
	case detectors.GoEnd:
		a.counts.ended++
	case detectors.GoUnpark:
		if o.FromTimer() && byTimer(o.Reason) {
			a.counts.timerWakeups++
		}
	case detectors.GoStop:
		if o.Reason == detectors.ReasonPreempted {
			a.counts.preempted++
		}
	}
	if !o.Known {
		return
	}
	switch {
	case o.Kind == detectors.GoStart:
		a.sched.add(o.Duration)
	case o.Kind == detectors.GoUnpark:
		a.unparked(o)
	case o.Kind == detectors.GoSyscallEnd:
		if o.To != detectors.Runnable {
			return // it kept its P: nobody waited
		}
		a.block[detectors.CauseSyscall].add(o.Duration)
	case o.Kind == detectors.AssistEnd:
		a.assist.add(o.Duration)
	case o.From == detectors.Running:
		a.run.add(o.Duration)
	}
}

// byTimer reports whether a wait without a waker was ended by a timer: the network
// poller is the only other one, and it wakes network waiters.
func byTimer(r detectors.Reason) bool {
	return r == detectors.ReasonSleep || r == detectors.ReasonSelect || r == detectors.ReasonChanReceive
}

func (a *aggregate) unparked(o *detectors.Observation) {
	cause := o.Reason.Cause()
	a.block[cause].add(o.Duration)
	if cause == detectors.CauseNetwork {
		op := a.code.Stack(o.Stack).Net
		fd := op.FD
		if fd == detectors.FDNone {
			fd = detectors.FDOther // the stack is not known
		}
		a.net[fd][op.Mode].add(o.Duration)
		if o.G.OnBehalf {
			a.answer.add(o.Duration)
		}
	}
}

// stopKinds bounds the kinds of stops that are told apart; the runtime knows 17.
const stopKinds = 32

func (a *aggregate) stopped(o *detectors.Observation) {
	if !o.Known {
		return
	}
	a.stop.add(o.Duration)
	s := a.stw[o.Text]
	if s == nil {
		if len(a.stw) >= stopKinds {
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

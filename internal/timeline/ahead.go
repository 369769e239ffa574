package timeline

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// ahead is how threads get ahead of each other: see the package's documentation, Order.
type ahead struct {
	far bool // a thread may go on although others are behind
	own bool // moments are strictly increasing on each thread, and no more; goes with far but in tests

	horizon wire.Time      // as far as each may go, for now
	latest  detectors.Time // of the moments of all threads
	kept    kept
}

// slice is how far a thread may go ahead of the last one. It bounds how much has to be
// put into order afterwards, and is long enough that to change threads costs nothing:
// with a quarter of it, or ten times as much, reading takes as long.
const slice = wire.Time(time.Millisecond)

// shortWait is the shortest time for which it is worth while to tell only what lasted longer.
const shortWait = 100 * time.Microsecond

// ByTime makes t go through the threads' events in the order of time, with the reference's
// moments, whoever listens. It is called before the first generation is fed.
func (t *Timeline) ByTime() { t.ahead.far, t.ahead.own = false, false }

// Exact is ByTime for whoever wants no more than sums on which all readers agree. Of the
// totals only All and Waits can be relied on, and observers can only ask for ranges and tasks:
// the loop of fast tells of nothing else. Where goroutines stop and who wakes them, which is
// a fifth of the work, is not looked at unless it tells in which function one began, or
// that a timer woke it.
func (t *Timeline) Exact() {
	t.ByTime()
	t.exact = true
}

// transitions are the kinds that make up a trace. Who wants all of one wants them in order.
var transitions = detectors.Set(detectors.GoCreate, detectors.GoList, detectors.GoStart, detectors.GoPark, detectors.GoUnpark,
	detectors.GoSyscall, detectors.GoSyscallEnd, detectors.GoEnd, detectors.ProcChange)

// patient reports whether all observers can wait until the end of a slice.
func patient(observers []Observer) bool {
	for _, o := range observers {
		if o.Observes&transitions != 0 || o.Long&transitions != 0 && o.AtLeast < shortWait {
			return false
		}
	}
	return true
}

// types is a set of event types.
type types uint64

func setOf(all ...wire.EventType) (s types) {
	for _, t := range all {
		s |= 1 << t
	}
	return s
}

// Has reports whether t is in the set.
func (s types) Has(t wire.EventType) bool { return t < 64 && s>>t&1 != 0 }

// early are the types of events that may happen before those of other threads that are
// earlier: what they are about is the thread's own, or has a sequence number. A task, a
// mark phase, a list of what there is have neither: they wait for their turn.
var early = setOf(
	wire.EvGoCreate, wire.EvGoCreateBlocked, wire.EvGoStart, wire.EvGoUnblock, wire.EvGoBlock, wire.EvGoStop, wire.EvGoDestroy,
	wire.EvGoSwitch, wire.EvGoSwitchDestroy, wire.EvGoSyscallBegin, wire.EvGoSyscallEnd, wire.EvGoSyscallEndBlocked,
	wire.EvProcStart, wire.EvProcStop, wire.EvProcSteal, wire.EvGCSweepBegin, wire.EvGCSweepEnd,
	wire.EvGCMarkAssistBegin, wire.EvGCMarkAssistEnd, wire.EvSTWBegin, wire.EvSTWEnd,
	wire.EvHeapAlloc, wire.EvHeapGoal, wire.EvGoLabel, wire.EvUserRegionBegin, wire.EvUserRegionEnd, wire.EvUserLog,
)

// limit returns until when the earliest thread may go on; the next one's event is at second.
func (t *Timeline) limit(second wire.Time) wire.Time {
	if t.ahead.far {
		second = t.ahead.horizon
	} else if len(t.samples) > 0 {
		second = min(second, t.samples[0].Time)
	}
	return min(second, wire.MaxTime-1) // the loop adds to times without a look at the end of time
}

// beyond reports whether all threads have reached the horizon, or their end with something
// left to tell.
func (t *Timeline) beyond() bool {
	switch {
	case !t.ahead.far:
		return false
	case len(t.frontier) == 0:
		return t.ahead.kept.len() > 0 || len(t.samples) > 0
	}
	return t.frontier[0].time > t.ahead.horizon
}

// enter and exit bound a thread's turn.
func (t *Timeline) enter(c *cursor) {
	if t.ahead.own {
		t.last = c.last
	}
}

func (t *Timeline) exit(c *cursor) {
	if t.ahead.own {
		c.last = t.last
		t.ahead.latest = max(t.ahead.latest, t.last)
	}
}

// deliver tells what there is to tell, or keeps it.
func (t *Timeline) deliver() {
	if t.npending > 0 {
		t.keep()
		t.tell()
	}
}

// keep puts off what somebody wants to be told in the order of time.
func (t *Timeline) keep() {
	if !t.ahead.far {
		return
	}
	n := 0
	for i := range t.npending {
		if t.eager[t.kinds[i]] > 0 {
			t.ahead.kept.add(&t.pending[i], t.kinds[i])
			continue
		}
		if n < i {
			t.pending[n], t.kinds[n], t.stained[n] = t.pending[i], t.kinds[i], true
		}
		n++
	}
	t.npending = n
	if t.ahead.kept.len() >= limits.KeptObservations { // the slice ends early
		t.ahead.horizon = min(t.ahead.horizon, wire.Time(t.last))
	}
}

// turn begins the next slice when all threads have reached the horizon, or their end.
func (t *Timeline) turn() {
	until := wire.Time(math.MaxInt64)
	if len(t.frontier) > 0 {
		if until = t.frontier[0].time; until <= t.ahead.horizon {
			return
		}
		t.ahead.horizon = min(until+slice, wire.MaxTime)
	}
	t.takeSaid()
	t.keepSamples(until)
	if t.later != nil && detectors.Time(t.ahead.horizon+slice) >= t.later.From { // events take some time of their own
		t.keepNow(detectors.Time(until))
	}
	if t.past != nil && len(t.frontier) > 0 {
		t.settle(detectors.Time(until))
	}
	for {
		s := t.ahead.kept.take(detectors.Time(until))
		if s == nil {
			return
		}
		t.pending[0], t.kinds[0], t.stained[0] = s.o, s.kind, true
		t.npending = 1
		t.tell()
	}
}

// keepSamples puts the CPU samples before a moment among what is told next.
func (t *Timeline) keepSamples(until wire.Time) {
	for len(t.samples) > 0 && t.samples[0].Time < until {
		t.sample(&t.samples[0])
		t.samples = t.samples[1:]
		t.deliver()
	}
}

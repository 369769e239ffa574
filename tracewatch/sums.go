package tracewatch

import (
	"maps"
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// sums are what [Totals] are made of, while they grow.
type sums struct {
	sched, assist, tasks     detectors.Sum
	block                    [detectors.NumReasons]detectors.Sum
	stw                      map[string]detectors.Sum
	preempted, suspended     uint64
	timerWakeups, timerBirth uint64
	births                   []detectors.Births // by the function that goroutines began in
}

// sumsKinds are the observations that sums are made of.
var sumsKinds = detectors.Set(
	detectors.GoCreate, detectors.GoStart, detectors.GoPreempt, detectors.GoPark, detectors.GoUnpark, detectors.GoEnd,
	detectors.AssistEnd, detectors.STWEnd, detectors.TaskEnd)

// observe adds one observation, in the order of the trace.
func (s *sums) observe(o *detectors.Observation) {
	switch o.Kind {
	case detectors.GoStart:
		if o.Known {
			s.sched.Add(o.Duration)
		}
	case detectors.GoUnpark:
		if o.Known {
			s.block[o.Reason].Add(o.Duration)
		}
		if o.FromTimer() && timed(o.Reason) {
			s.timerWakeups++
		}
	case detectors.GoPark:
		if o.Reason == detectors.ReasonPreempted {
			s.suspended++
		}
	case detectors.GoPreempt:
		s.preempted++
	case detectors.GoCreate:
		s.began(o.G.Start).Created++
		if o.FromTimer() {
			s.timerBirth++
		}
	case detectors.GoEnd:
		s.began(o.G.Start).Ended++
	case detectors.AssistEnd:
		if o.Known {
			s.assist.Add(o.Duration)
		}
	case detectors.TaskEnd:
		if o.Known {
			s.tasks.Add(o.Duration)
		}
	case detectors.STWEnd:
		if o.Known {
			s.stopped(o.Text, detectors.Sum{Count: 1, Total: o.Duration, Max: o.Duration})
		}
	}
}

// timed reports whether a wait for that reason may be one for a timer. One for the network
// ends without anybody's doing too, when the descriptor is ready.
func timed(r detectors.Reason) bool {
	return r == detectors.ReasonSleep || r == detectors.ReasonChanReceive || r == detectors.ReasonSelect
}

// began returns the count of goroutines that began in a function. There are no more
// functions than the code has sites.
func (s *sums) began(start detectors.SiteID) *detectors.Births {
	if n := int(start) + 1 - len(s.births); n > 0 {
		s.births = append(s.births, make([]detectors.Births, n)...)
	}
	return &s.births[start]
}

// stopped adds stops of the world of one kind.
func (s *sums) stopped(kind string, d detectors.Sum) {
	if s.stw == nil {
		s.stw = make(map[string]detectors.Sum)
	}
	sum, ok := s.stw[kind]
	if !ok && len(s.stw) >= limits.StopKinds {
		kind = otherKind
		sum = s.stw[kind]
	}
	sum.Merge(d)
	s.stw[kind] = sum
}

// otherKind is the kind of stops of the world for which there is no room.
const otherKind = "other"

// merge adds all that o has.
func (s *sums) merge(o *sums) {
	s.sched.Merge(o.sched)
	s.assist.Merge(o.assist)
	s.tasks.Merge(o.tasks)
	for r, d := range o.block {
		s.block[r].Merge(d)
	}
	for _, kind := range slices.Sorted(maps.Keys(o.stw)) { // for which there is room does not depend on chance
		s.stopped(kind, o.stw[kind])
	}
	s.preempted += o.preempted
	s.suspended += o.suspended
	s.timerWakeups += o.timerWakeups
	s.timerBirth += o.timerBirth
	for id, b := range o.births {
		if b != (detectors.Births{}) {
			all := s.began(detectors.SiteID(id))
			all.Created += b.Created
			all.Ended += b.Ended
		}
	}
}

// reset empties s and keeps its memory.
func (s *sums) reset() {
	clear(s.stw)
	clear(s.births)
	*s = sums{stw: s.stw, births: s.births}
}

// totals gives names to the numbers.
func (s *sums) totals(code *detectors.Code) Totals {
	t := Totals{
		SchedDelay: spansOf(s.sched), GCAssist: spansOf(s.assist), Tasks: spansOf(s.tasks),
		Block:     make(map[string]Spans),
		STW:       make(map[string]Spans, len(s.stw)),
		Preempted: s.preempted, GCSuspended: s.suspended,
		TimerWakeups: s.timerWakeups, TimerCreates: s.timerBirth,
		Created: make(map[string]uint64),
		Ended:   make(map[string]uint64),
	}
	for r, d := range s.block {
		if d.Count > 0 {
			t.Block[detectors.Reason(r).String()] = spansOf(d)
		}
	}
	for kind, d := range s.stw {
		t.STW[kind] = spansOf(d)
	}
	for id, b := range s.births {
		name := code.Site(detectors.SiteID(id)).Func
		if b.Created > 0 {
			t.Created[name] += b.Created // a function can be of several files
		}
		if b.Ended > 0 {
			t.Ended[name] += b.Ended
		}
	}
	return t
}

func spansOf(s detectors.Sum) Spans { return Spans{Count: s.Count, Sum: s.Total, Max: s.Max} }

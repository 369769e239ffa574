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

// sumsKinds are the observations that sums are made of. The rest is in the windows' totals.
var sumsKinds = detectors.Set(detectors.AssistEnd, detectors.STWEnd, detectors.TaskEnd)

// add adds a window's totals.
func (s *sums) add(t *detectors.Totals) {
	o := sums{
		sched:     t.All.Starts,
		preempted: t.All.Preempted, suspended: t.All.Suspended,
		timerWakeups: t.All.TimerWakeups, timerBirth: t.All.TimerCreates,
		births: t.All.Begun,
	}
	for _, waits := range t.Waits {
		for reason, d := range waits {
			o.block[reason].Merge(d)
		}
	}
	s.merge(&o)
}

// observe adds one observation.
func (s *sums) observe(o *detectors.Observation) {
	switch o.Kind {
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

package timeline

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// begins says that what comes does not follow what came before.
func (p *Past) begins(at detectors.Time) {
	p.Begin, p.start = at, at
	p.marked(at)
}

// changes adds that g's stay ends, by a transition of some kind on th.
func (p *Past) changes(kind detectors.Kind, th *thread, g *goroutine, at detectors.Time) {
	switch {
	case kind == detectors.GoUnpark:
		p.keep(g, at, p.of(th.current(), at), uint32(g.Waker))
	case g.State == detectors.Running:
		p.keep(g, at, 0, uint32(th.p+1))
	default:
		p.keep(g, at, 0, 0)
	}
}

// turns adds that g, which goes on running, begins or ends what its stays are marked with.
func (p *Past) turns(g *goroutine, at detectors.Time, stack detectors.StackID, proc int) {
	seen := g.Stack // which is for observers and for sums
	if stack != 0 {
		g.Stack = stack
	}
	p.keep(g, at, 0, uint32(proc+1))
	g.Stack = seen
}

// arrival returns a goroutine's latest stay, and when what it begins a task for was there: see
// [Span].
func (t *Timeline) arrival(g *goroutine, begin detectors.Time) (first StayID, at detectors.Time) {
	first = t.past.of(g, begin)
	for id, n := first, 0; n < limits.ArrivalStays; n++ {
		s := t.past.At(id)
		if s == nil {
			break
		}
		switch {
		case s.State == detectors.NotExist:
			return first, s.End
		case s.State == detectors.Undetermined:
			return first, 0
		case s.State == detectors.Waiting && s.Reason.Cause() != detectors.CauseGC:
			if s.Reason == detectors.ReasonNetwork && s.Link == 0 && t.code.Stack(s.Stack).Net.Idle {
				return first, s.End
			}
			return first, 0
		}
		id = s.Prev
	}
	return first, 0
}

// spans adds a task or a region that ends on th.
func (p *Past) spans(th *thread, s Span) {
	s.Begin = min(s.Begin, s.End) // another thread's clock may be ahead
	s.Arrived = min(s.Arrived, s.Begin)
	s.EndOn, s.Near, s.Last = uint32(th.gid), detectors.GoID(th.gid), p.of(th.current(), s.End)
	p.Spans = append(p.Spans, s)
}

// stopped adds a stop of the world.
func (p *Past) stopped(s stop, at detectors.Time) {
	if s.active { // else it began before the trace, which says nothing of that
		p.Stops = append(p.Stops, Range{From: s.since, To: at, Stack: s.stack})
	}
}

// marks adds that the GC begins to mark.
func (t *Timeline) marks(at detectors.Time) {
	if t.past == nil {
		return
	}
	load := t.roots
	if len(t.tasks) == 0 {
		load = len(t.regions.open)
	}
	t.past.Marks = append(t.past.Marks, Range{From: at, Load: load})
}

// marked adds that it has ended. p may be nil.
func (p *Past) marked(at detectors.Time) {
	if p == nil {
		return
	}
	if n := len(p.Marks); n > 0 && p.Marks[n-1].To == 0 {
		p.Marks[n-1].To = at
	}
}

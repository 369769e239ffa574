package timeline

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// chronicler makes a history of the observations of a timeline that tells all of them at once: what
// a past is, by its documentation.
type chronicler struct {
	*history
	text    func(detectors.StackID) string
	code    *detectors.Code
	rough   []bool // of the marks, whether their load is that of regions
	start   int
	begin   detectors.Time
	again   map[life]int
	alive   map[detectors.GoID]*chronicled
	tasks   map[detectors.TaskID]spanned
	stopped map[detectors.GoID]ranged
	marking bool
	unknown bool // whether it is
	left    bool // a thread of C has gone back to C, and may have left its P behind
}

// chronicled is what is known of a goroutine.
type chronicled struct {
	life
	state         detectors.GoState
	stack         string // where it was last seen
	assist, stops bool
	regions       []spanned

	arrived detectors.Time // what it may begin a task for, 0: not known
	since   int            // how many stays it had had then
}

func newChronicler(code *detectors.Code, text func(detectors.StackID) string) *chronicler {
	return &chronicler{history: newHistory(), code: code, text: text, start: -1, again: make(map[life]int)}
}

// starts forgets all goroutines.
func (c *chronicler) starts(begin detectors.Time) {
	c.start++
	c.begin = begin
	c.alive = make(map[detectors.GoID]*chronicled)
	c.tasks = make(map[detectors.TaskID]spanned)
	c.stopped = make(map[detectors.GoID]ranged)
	c.unmark(begin)
	c.unknown = true
}

func (c *chronicler) unmark(at detectors.Time) {
	if c.marking {
		c.marks[len(c.marks)-1].To = at
	}
	c.marking, c.unknown = false, false
}

// find returns a goroutine, making it if it was there before.
func (c *chronicler) find(id detectors.GoID) *chronicled {
	g := c.alive[id]
	if g == nil {
		g = &chronicled{life: c.lived(id)}
		c.alive[id] = g
	}
	return g
}

func (c *chronicler) lived(id detectors.GoID) life {
	l := life{start: c.start, g: uint32(id)}
	c.again[l]++
	l.again = c.again[l] - 1
	return l
}

// latest returns a goroutine's latest stay. One that was there before has had one until the trace
// began, which is met when it is first asked for.
func (c *chronicler) latest(id detectors.GoID) place {
	g := c.alive[id]
	if id == detectors.NoGoroutine || g == nil {
		return place{}
	}
	c.meet(g)
	return place{g.life, len(c.stays[g.life])}
}

func (c *chronicler) meet(g *chronicled) {
	if len(c.stays[g.life]) == 0 {
		c.stays[g.life] = append(c.stays[g.life], stayed{End: c.begin, State: detectors.Undetermined})
	}
}

// ends adds that a stay ends.
func (c *chronicler) ends(g *chronicled, s stayed) {
	c.meet(g)
	s.Assist, s.Stops = g.assist, g.stops
	c.stays[g.life] = append(c.stays[g.life], s)
}

func (c *chronicler) observe(o *detectors.Observation) {
	switch o.Kind {
	case detectors.GoCreate:
		by := c.latest(o.By)
		delete(c.alive, o.G.ID)
		g := c.find(o.G.ID)
		c.stays[g.life] = append(c.stays[g.life], stayed{
			End: o.Time, State: detectors.NotExist, Stack: c.text(o.Stack), By: c.text(o.ByStack), Link: by,
		})
		g.arrives(c, o.Time)
		g.state, g.stack = o.To, c.text(o.G.Stack)
	case detectors.GoList:
		g := c.find(o.G.ID)
		g.state, g.stack = o.To, c.text(o.G.Stack)
	case detectors.GoStart, detectors.GoPark, detectors.GoUnpark, detectors.GoPreempt, detectors.GoYield, detectors.GoSyscall, detectors.GoSyscallEnd, detectors.GoEnd:
		c.transition(o)
	case detectors.ProcChange:
		if o.ProcFrom != o.ProcTo {
			c.procs = append(c.procs, ProcChange{o.Time, o.Subject, o.ProcTo == detectors.ProcIdle})
		}
	case detectors.MarkBegin, detectors.MarkActive, detectors.MarkEnd:
		c.mark(o)
	case detectors.AssistBegin, detectors.AssistActive, detectors.AssistEnd, detectors.STWBegin, detectors.STWEnd:
		c.turn(o)
	case detectors.TaskBegin, detectors.TaskEnd, detectors.RegionBegin, detectors.RegionEnd:
		c.span(o)
	}
}

func (c *chronicler) transition(o *detectors.Observation) {
	g := c.find(o.G.ID)
	if g.state != o.From {
		// Only the first format can tell such a thing. How it came to that was not seen.
		c.ends(g, stayed{End: o.Time - 1, State: detectors.Undetermined, Reason: g.reason(c), Stack: g.stack})
	}
	stack := o.Stack
	if o.Kind == detectors.GoEnd {
		stack = o.G.Stack // where it ended is not said
	}
	s := stayed{End: o.Time, State: o.From, Reason: o.G.Reason, Stack: c.text(stack)}
	switch {
	case o.Kind == detectors.GoUnpark:
		s.By, s.Link = c.text(o.ByStack), c.latest(o.By)
	case o.From == detectors.Running:
		s.P = uint32(o.Proc + 1)
	}
	c.ends(g, s)
	if o.From == detectors.Waiting && o.Reason.Cause() != detectors.CauseGC {
		g.arrives(c, 0)
		if o.Reason == detectors.ReasonNetwork && s.Link == (place{}) && c.code.Stack(o.Stack).Net.Idle {
			g.arrives(c, o.Time)
		}
	}
	g.state, g.stack = o.To, c.text(o.G.Stack)
	if o.Kind == detectors.GoEnd {
		c.left = c.left || o.From == detectors.Syscall
		delete(c.alive, o.G.ID)
	}
}

// reason returns why g stopped last.
func (g *chronicled) reason(c *chronicler) detectors.Reason {
	all := c.stays[g.life]
	if len(all) == 0 {
		return detectors.ReasonNone
	}
	return all[len(all)-1].Reason
}

// arrives says when what a goroutine may begin a task for was there; 0: not known.
func (g *chronicled) arrives(c *chronicler, at detectors.Time) {
	g.arrived, g.since = at, len(c.stays[g.life])
}

// turn is what splits a stay.
func (c *chronicler) turn(o *detectors.Observation) {
	if o.G == nil {
		return
	}
	g := c.find(o.G.ID)
	stack := c.text(o.Stack)
	if o.Kind == detectors.STWEnd {
		stack = c.stopped[o.G.ID].Stack // where it has stopped the world
	}
	s := stayed{End: o.Time, State: g.state, Reason: o.G.Reason, Stack: stack, P: uint32(o.Proc + 1)}
	if stack == "" {
		s.Stack = g.stack
	}
	switch o.Kind {
	case detectors.AssistActive:
		g.assist = true
		return
	case detectors.AssistBegin:
		c.ends(g, s)
		g.assist = true
		g.stack = c.text(o.G.Stack)
	case detectors.AssistEnd:
		c.ends(g, s)
		g.assist = false
	case detectors.STWBegin:
		c.ends(g, s)
		g.stops = true
		c.stopped[o.G.ID] = ranged{Range{From: o.Time}, stack}
	case detectors.STWEnd:
		c.ends(g, s)
		g.stops = false
		if r, ok := c.stopped[o.G.ID]; ok {
			r.To = o.Time
			c.stops = append(c.stops, r)
			delete(c.stopped, o.G.ID)
		}
	}
}

func (c *chronicler) mark(o *detectors.Observation) {
	r := Range{From: o.Time}
	for _, k := range c.tasks {
		if k.root {
			r.Load++
		}
	}
	if len(c.tasks) == 0 {
		for _, g := range c.alive {
			if len(g.regions) > 0 {
				r.Load++
			}
		}
	}
	switch {
	case o.Kind == detectors.MarkEnd:
		c.unmark(o.Time)
		return
	case o.Kind == detectors.MarkActive && !c.unknown:
		return
	case o.Kind == detectors.MarkActive:
		r.From = c.begin
	}
	c.marking, c.unknown = true, false
	c.marks = append(c.marks, r)
	c.rough = append(c.rough, len(c.tasks) == 0)
}

func (c *chronicler) span(o *detectors.Observation) {
	s := spanned{Span: Span{Name: o.Text, Begin: o.Time, BeganOn: uint32(o.By)}}
	switch o.Kind {
	case detectors.TaskBegin:
		if s.root = o.Parent == 0; s.root {
			s.First, s.BeginStack = c.latest(o.By), c.text(o.Stack)
			if g := c.alive[o.By]; g != nil && o.By != detectors.NoGoroutine && s.First.n-g.since < limits.ArrivalStays {
				s.Arrived = g.arrived
			}
		}
		c.tasks[o.Task] = s
		return
	case detectors.RegionBegin:
		s.Region = true
		g := c.find(o.G.ID)
		g.regions = append(g.regions, s)
		return
	case detectors.TaskEnd:
		k, ok := c.tasks[o.Task]
		if !ok {
			return
		}
		delete(c.tasks, o.Task)
		s, s.root = k, false
	case detectors.RegionEnd:
		g := c.find(o.G.ID)
		n := len(g.regions)
		if n == 0 {
			return
		}
		s, g.regions = g.regions[n-1], g.regions[:n-1]
	}
	s.End, s.EndOn, s.Near, s.Last, s.Stack = o.Time, uint32(o.By), o.By, c.latest(o.By), c.text(o.Stack)
	s.Begin = min(s.Begin, s.End)
	s.Arrived = min(s.Arrived, s.Begin)
	c.spans = append(c.spans, s)
}

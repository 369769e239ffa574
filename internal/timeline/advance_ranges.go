package timeline

import (
	"errors"
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// begin starts a range.
func (r *rangeState) begin(at detectors.Time) error {
	if r.active {
		return errors.New("it begins while it is going on")
	}
	*r = rangeState{active: true, known: true, since: at}
	return nil
}

// resume notes that a range is going on as a generation begins. In the first one
// that is news; in a later one it must be known.
func (r *rangeState) resume(at detectors.Time, first bool) error {
	switch {
	case first && r.active:
		return errors.New("it is listed as going on, but has begun here")
	case first:
		*r = rangeState{active: true, since: at}
	case !r.active:
		return errors.New("it is listed as going on, but never began")
	}
	return nil
}

// end ends a range and puts its length into o.
func (r *rangeState) end(o *detectors.Observation) error {
	if !r.active {
		return errors.New("it ends, but never began")
	}
	o.Duration, o.Known = max(0, o.Time.Sub(r.since)), r.known
	*r = rangeState{}
	return nil
}

// mark follows the GC's cycle. Its events carry a sequence number because begin and
// end may be on different threads.
func (t *Timeline) mark(c *cursor) outcome {
	seq, gc := c.Args[0], &t.gc
	unknown := gc.state == gcUndetermined
	switch {
	case c.Type == wire.EvGCActive && t.gen == t.initial:
		if !unknown {
			return t.broke(errors.New("it is listed as running, but began or ended here before"))
		}
	case c.Type == wire.EvGCBegin && unknown:
	case seq != gc.seq+1:
		return notYet // of another cycle, whose turn has not come
	case c.Type == wire.EvGCBegin && gc.state == gcMarking:
		return t.broke(errors.New("it begins while it is running"))
	case c.Type != wire.EvGCBegin && gc.state != gcMarking:
		return t.broke(errors.New("it is not running"))
	default:
		if err := c.thread.checkUser(); err != nil {
			return t.broke(err)
		}
	}
	gc.seq = seq
	switch c.Type {
	case wire.EvGCBegin:
		o := t.push(detectors.MarkBegin, c.Time, c.thread)
		o.Stack = t.sym.stack(c.Args[1])
		gc.state, gc.known, gc.since = gcMarking, true, o.Time
		t.heapSaid(heapSays{at: o.Time, what: markBegins})
		t.marks(o.Time)
	case wire.EvGCActive:
		o := t.push(detectors.MarkActive, c.Time, c.thread)
		t.heapSaid(heapSays{at: o.Time, what: markBegins})
		if unknown {
			gc.state, gc.known, gc.since = gcMarking, false, o.Time
			if t.past != nil {
				t.marks(t.past.Begin) // at the latest
			}
		}
	default:
		o := t.push(detectors.MarkEnd, c.Time, c.thread)
		o.Duration, o.Known = max(0, o.Time.Sub(gc.since)), gc.known
		gc.state = gcOff
		t.heapSaid(heapSays{at: o.Time, what: markEnds})
		t.past.marked(o.Time)
	}
	return happened
}

func (t *Timeline) sweep(c *cursor) error {
	th := c.thread
	id := th.p
	if c.Type == wire.EvGCSweepActive {
		id = int(min(c.Args[0], 1<<30))
	} else if err := th.check(needThread | needProc); err != nil {
		return err
	}
	p := t.proc(id)
	if p == nil {
		return fmt.Errorf("P %d is not known", id)
	}
	switch c.Type {
	case wire.EvGCSweepBegin:
		o := t.push(detectors.SweepBegin, c.Time, th)
		o.Subject = detectors.ProcID(id)
		if t.heard.Has(detectors.SweepBegin) {
			o.Stack = t.sym.stack(c.Args[0])
		}
		return p.sweep.begin(o.Time)
	case wire.EvGCSweepActive:
		o := t.push(detectors.SweepActive, c.Time, th)
		o.Subject = detectors.ProcID(id)
		return p.sweep.resume(o.Time, t.gen == t.initial)
	default:
		o := t.push(detectors.SweepEnd, c.Time, th)
		o.Subject, o.Value, o.Value2 = detectors.ProcID(id), c.Args[0], c.Args[1]
		return p.sweep.end(o)
	}
}

func (t *Timeline) assist(c *cursor) error {
	if c.Type == wire.EvGCMarkAssistActive {
		g := t.gs.find(c.Args[0])
		if g == nil {
			return fmt.Errorf("goroutine %d is not known", c.Args[0])
		}
		o := t.push(detectors.AssistActive, c.Time, c.thread)
		o.G, g.NoPreempt = &g.Goroutine, true
		return g.assist.resume(o.Time, t.gen == t.initial)
	}
	g, err := t.current(c.thread)
	if err != nil {
		return err
	}
	if c.Type == wire.EvGCMarkAssistBegin {
		o := t.push(detectors.AssistBegin, c.Time, c.thread)
		o.G, o.Stack = &g.Goroutine, t.sym.stack(c.Args[0])
		if t.past != nil {
			t.past.turns(g, o.Time, o.Stack, c.thread.p)
		}
		g.assistStack, g.Stack, g.NoPreempt = o.Stack, o.Stack, true
		return g.assist.begin(o.Time)
	}
	o := t.push(detectors.AssistEnd, c.Time, c.thread)
	o.G, o.Stack = &g.Goroutine, g.assistStack
	t.assisted(g, c.thread.p, o.Time)
	if t.past != nil {
		t.past.turns(g, o.Time, g.assistStack, c.thread.p)
	}
	g.assistStack = 0
	return g.assist.end(o)
}

func (t *Timeline) stopTheWorld(c *cursor) error {
	g, err := t.current(c.thread)
	if err != nil {
		return err
	}
	stop := t.stops[g.ID]
	if c.Type == wire.EvSTWBegin {
		o := t.push(detectors.STWBegin, c.Time, c.thread)
		o.G, o.Text, o.Stack = &g.Goroutine, t.sym.text(c.Args[0]), t.sym.stack(c.Args[1])
		g.NoPreempt = true
		if t.past != nil {
			t.past.turns(g, o.Time, o.Stack, c.thread.p)
			g.stops = true
		}
		err := stop.begin(o.Time)
		stop.kind, stop.stack = o.Text, o.Stack
		t.stops[g.ID] = stop
		return err
	}
	o := t.push(detectors.STWEnd, c.Time, c.thread)
	o.G, o.Text = &g.Goroutine, stop.kind
	if t.past != nil {
		t.past.turns(g, o.Time, stop.stack, c.thread.p)
		g.stops = false
		t.past.stopped(stop, o.Time)
	}
	delete(t.stops, g.ID)
	return stop.end(o)
}

// current returns the goroutine that runs on th.
func (t *Timeline) current(th *thread) (*goroutine, error) {
	if err := th.checkUser(); err != nil {
		return nil, err
	}
	if th.g == nil || uint64(th.g.ID) != th.gid {
		return nil, fmt.Errorf("goroutine %d, on thread %d, does not exist", th.gid, th.id)
	}
	return th.g, nil
}

func (t *Timeline) heapSize(c *cursor) error {
	if err := c.thread.check(needThread | needProc); err != nil {
		return err
	}
	kind := detectors.HeapAlloc
	if c.Type == wire.EvHeapGoal {
		kind = detectors.HeapGoal
	}
	o := t.push(kind, c.Time, c.thread)
	o.Value = c.Args[0]
	g := c.thread.current()
	if g != nil {
		o.G = &g.Goroutine
	}
	if kind == detectors.HeapGoal {
		t.heapSaid(heapSays{at: o.Time, what: heapGoal, size: c.Args[0]})
	} else {
		t.allocated(g, c.Args[0], o.Time)
	}
	return nil
}

func (t *Timeline) procsChange(c *cursor) error {
	if err := c.thread.checkUser(); err != nil {
		return err
	}
	o := t.push(detectors.ProcsChange, c.Time, c.thread)
	o.Value, o.Stack = c.Args[0], t.sym.stack(c.Args[1])
	t.nprocs = int(min(c.Args[0], 1<<16))
	return nil
}

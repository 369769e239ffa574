package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// oldProcState translates a P's state.
var oldProcState = [...]detectors.ProcState{
	tracev1.ProcUndetermined: detectors.ProcUndetermined,
	tracev1.ProcNotExist:     detectors.ProcNotExist,
	tracev1.ProcRunning:      detectors.ProcRunning,
	tracev1.ProcIdle:         detectors.ProcIdle,
}

func (o *Old) proc(ev *tracev1.Event) error {
	if ev.Subject < 0 {
		return fmt.Errorf("a P of number %d", ev.Subject)
	}
	known, err := o.t.addProc(uint64(ev.Subject))
	if err != nil {
		return err
	}
	known.status = wire.ProcIdle
	if ev.ProcTo == tracev1.ProcRunning {
		known.status = wire.ProcRunning
	}
	o.t.pushProc(&o.c, &o.th, uint64(ev.Subject), oldProcState[ev.ProcFrom], oldProcState[ev.ProcTo])
	return nil
}

// user is what the program says of itself.
func (o *Old) user(ev *tracev1.Event) error {
	t, at, th := o.t, o.c.Time, &o.th
	task, stack := detectors.TaskID(ev.Task), o.stack(ev.Stack)
	switch ev.Kind {
	case tracev1.TaskBegin:
		if k, ok := t.tasks[task]; ok { // it has begun before
			t.dropTask(task, k)
		}
		t.beginTask(at, th, task, detectors.TaskID(ev.Parent), ev.Text, stack)
		return nil
	case tracev1.TaskEnd:
		t.endTask(at, th, task, stack)
		return nil
	case tracev1.Log:
		t.logs(at, th, task, ev.Text, ev.Text2, stack)
		return nil
	}
	g := th.g
	if g == nil {
		o.nobody()
		return nil
	}
	switch ev.Kind {
	case tracev1.RegionBegin:
		t.beginRegion(at, th, g, task, ev.Text, stack)
	case tracev1.RegionEnd:
		return t.endRegion(at, th, g, task, ev.Text, stack)
	default: // Label
		p := t.push(detectors.GoLabel, at, th)
		p.G, p.Text = &g.Goroutine, ev.Text
	}
	return nil
}

// nobody is what a goroutine did that the trace does not name.
func (o *Old) nobody() {
	o.t.ignored++
	o.t.stamp(o.c.Time)
}

// rest is what is about no goroutine, or not about its state.
func (o *Old) rest(ev *tracev1.Event) {
	switch ev.Kind {
	case tracev1.MarkBegin, tracev1.MarkEnd:
		o.mark(ev)
	case tracev1.SweepBegin, tracev1.SweepEnd:
		o.sweep(ev)
	case tracev1.AssistBegin, tracev1.AssistEnd:
		o.assist(ev)
	case tracev1.STWBegin, tracev1.STWEnd:
		o.stopTheWorld(ev)
	case tracev1.HeapAlloc:
		o.heap(detectors.HeapAlloc, ev)
	case tracev1.HeapGoal:
		o.heap(detectors.HeapGoal, ev)
	case tracev1.ProcsChange:
		p := o.t.push(detectors.ProcsChange, o.c.Time, &o.th)
		p.Value, p.Stack = ev.Value, o.stack(ev.Stack)
		o.t.nprocs = int(min(ev.Value, limits.Procs))
	case tracev1.CPUSample:
		o.t.push(detectors.CPUSample, o.c.Time, &o.th).Stack = o.stack(ev.Stack)
	}
}

func (o *Old) mark(ev *tracev1.Event) {
	gc := &o.t.gc
	if ev.Kind == tracev1.MarkBegin {
		p := o.t.push(detectors.MarkBegin, o.c.Time, &o.th)
		p.Stack = o.stack(ev.Stack)
		gc.state, gc.known, gc.since = gcMarking, true, p.Time
		o.t.heapSaid(heapSays{at: p.Time, what: markBegins})
		o.t.marks(p.Time)
		return
	}
	p := o.t.push(detectors.MarkEnd, o.c.Time, &o.th)
	if gc.state == gcMarking {
		p.Duration, p.Known = p.Time.Sub(gc.since), gc.known
	}
	gc.state = gcOff
	o.t.heapSaid(heapSays{at: p.Time, what: markEnds})
	o.t.past.marked(p.Time)
}

func (o *Old) sweep(ev *tracev1.Event) {
	var none rangeState
	sweep := &none
	if p := o.t.proc(int(ev.Subject)); p != nil {
		sweep = &p.sweep
	}
	if ev.Kind == tracev1.SweepBegin {
		p := o.t.push(detectors.SweepBegin, o.c.Time, &o.th)
		p.Subject, p.Stack = detectors.ProcID(ev.Subject), o.stack(ev.Stack)
		*sweep = rangeState{active: true, known: true, since: p.Time}
		return
	}
	p := o.t.push(detectors.SweepEnd, o.c.Time, &o.th)
	p.Subject, p.Value, p.Value2 = detectors.ProcID(ev.Subject), ev.Value, ev.Value2
	sweep.endIfBegun(p)
}

func (o *Old) assist(ev *tracev1.Event) {
	g := o.th.g
	if g == nil {
		o.nobody()
		return
	}
	if ev.Kind == tracev1.AssistBegin {
		p := o.t.push(detectors.AssistBegin, o.c.Time, &o.th)
		p.G, p.Stack = &g.Goroutine, o.stack(ev.Stack)
		if o.t.past != nil {
			o.t.past.turns(g, p.Time, p.Stack, o.th.p)
		}
		g.assistStack, g.Stack, g.NoPreempt = p.Stack, p.Stack, true
		g.assist = rangeState{active: true, known: true, since: p.Time}
		return
	}
	p := o.t.push(detectors.AssistEnd, o.c.Time, &o.th)
	p.G, p.Stack = &g.Goroutine, g.assistStack
	o.t.assisted(g, o.th.p, p.Time)
	if o.t.past != nil {
		o.t.past.turns(g, p.Time, g.assistStack, o.th.p)
	}
	g.assistStack = 0
	g.assist.endIfBegun(p)
}

func (o *Old) stopTheWorld(ev *tracev1.Event) {
	by := detectors.GoID(ev.G)
	stop := o.t.stops[by]
	kind := detectors.STWBegin
	if ev.Kind == tracev1.STWEnd {
		kind = detectors.STWEnd
	}
	p := o.t.push(kind, o.c.Time, &o.th)
	p.Text = ev.Text
	if g := o.th.g; g != nil {
		p.G = &g.Goroutine
	}
	o.stops(kind, stop, p)
	if kind == detectors.STWBegin {
		stop.kind, stop.stack = ev.Text, o.stack(ev.Stack)
		stop.rangeState = rangeState{active: true, known: true, since: p.Time}
		o.t.stops[by] = stop
		return
	}
	stop.endIfBegun(p)
	delete(o.t.stops, by)
}

// stops adds to the past that a stop of the world begins or ends.
func (o *Old) stops(kind detectors.Kind, s stop, p *detectors.Observation) {
	past, g := o.t.past, o.th.g
	if past == nil {
		return
	}
	if g != nil {
		past.turns(g, p.Time, s.stack, o.th.p)
		g.stops = kind == detectors.STWBegin
	}
	if kind == detectors.STWEnd {
		past.stopped(s, p.Time)
	}
}

func (o *Old) heap(kind detectors.Kind, ev *tracev1.Event) {
	p := o.t.push(kind, o.c.Time, &o.th)
	p.Value = ev.Value
	g := o.th.g
	if g != nil {
		p.G = &g.Goroutine
	}
	if kind == detectors.HeapGoal {
		o.t.heapSaid(heapSays{at: p.Time, what: heapGoal, size: ev.Value})
	} else {
		o.t.allocated(g, ev.Value, p.Time)
	}
}

// endIfBegun ends a range and puts its length into o, if its beginning was seen.
func (r *rangeState) endIfBegun(o *detectors.Observation) {
	if r.active {
		o.Duration, o.Known = o.Time.Sub(r.since), r.known
	}
	*r = rangeState{}
}

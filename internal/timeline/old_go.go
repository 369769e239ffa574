package timeline

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
)

// oldGoState translates a goroutine's state.
var oldGoState = [...]detectors.GoState{
	tracev1.GoUndetermined: detectors.Undetermined,
	tracev1.GoNotExist:     detectors.NotExist,
	tracev1.GoRunnable:     detectors.Runnable,
	tracev1.GoRunning:      detectors.Running,
	tracev1.GoWaiting:      detectors.Waiting,
	tracev1.GoSyscall:      detectors.Syscall,
}

// change is a change of a goroutine's state.
type change struct{ from, to detectors.GoState }

func (o *Old) goroutine(ev *tracev1.Event) error {
	is := change{oldGoState[ev.From], oldGoState[ev.To]}
	switch is.from {
	case detectors.NotExist:
		return o.created(ev, is)
	case detectors.Undetermined:
		return o.listed(ev, is)
	}
	g, err := o.find(ev.Goroutine)
	if err != nil {
		return err
	}
	if g.State != is.from { // how it came to that, and when, was not seen
		if t := o.t; t.past != nil {
			g.State = detectors.Undetermined
			t.past.keep(g, max(t.past.Begin, t.moment(o.c.Time)-1), 0, 0)
		}
		g.State, g.SinceKnown = is.from, false
	}
	switch is {
	case change{detectors.Runnable, detectors.Running}:
		o.started(g)
	case change{detectors.Waiting, detectors.Runnable}:
		o.woken(ev, g)
	case change{detectors.Running, detectors.Waiting}, change{detectors.Running, detectors.Runnable}:
		o.stopped(ev, g, is.to)
	case change{detectors.Running, detectors.Syscall}:
		o.entered(ev, g)
	case change{detectors.Syscall, detectors.Running}, change{detectors.Syscall, detectors.Runnable}:
		o.left(ev, g, is.to)
	case change{detectors.Running, detectors.NotExist}, change{detectors.Syscall, detectors.NotExist}:
		o.t.ended(&o.c, &o.th, g)
	default: // nothing that any Go release would write
		o.t.ignored++
		at := o.t.stamp(o.c.Time)
		if o.t.past != nil {
			o.t.past.keep(g, at, 0, 0)
		}
		g.become(is.to, at)
		g.SinceKnown = false
	}
	return nil
}

// find returns a goroutine, making it if it was not heard of.
func (o *Old) find(id uint64) (*goroutine, error) {
	if g := o.t.gs.find(id); g != nil {
		return g, nil
	}
	return o.t.gs.add(id)
}

func (o *Old) created(ev *tracev1.Event, is change) error {
	t := o.t
	g, err := t.born(ev.Goroutine)
	if err != nil {
		return err
	}
	start, stack := o.stack(ev.Start), o.stack(ev.Stack)
	p := t.push(detectors.GoCreate, o.c.Time, &o.th)
	p.G = &g.Goroutine
	p.From, p.To = is.from, is.to
	p.Stack, p.ByStack = start, stack
	t.creates(o.th.current(), g, is.to, p.Time, start, stack)
	return nil
}

// listed is what the trace says of a goroutine that was there before it, and of one that a
// thread of C has been given.
func (o *Old) listed(ev *tracev1.Event, is change) error {
	g, err := o.find(ev.Goroutine)
	if err != nil {
		return err
	}
	p := o.t.push(detectors.GoList, o.c.Time, &o.th)
	p.G = &g.Goroutine
	p.From, p.To = is.from, is.to
	g.State, g.Since, g.SinceKnown = is.to, p.Time, false
	return nil
}

func (o *Old) started(g *goroutine) {
	t, row := o.t, o.th.p
	if row < 0 {
		row = limits.HeatRows // on no P: it is counted, but not in the heat map
	}
	t.delayed(g, row, t.moment(o.c.Time))
	p := t.transition(detectors.GoStart, &o.c, &o.th, g, detectors.Running)
	p.Reason, p.Stack = g.Reason, g.Stack
	t.starts(&o.th, g)
}

func (o *Old) woken(ev *tracev1.Event, g *goroutine) {
	t := o.t
	by := o.stack(ev.Stack)
	t.waited(g, t.moment(o.c.Time), o.th.gid == 0 && by == 0)
	g.Waker = by
	p := t.transition(detectors.GoUnpark, &o.c, &o.th, g, detectors.Runnable)
	p.Reason, p.Stack, p.ByStack = g.Reason, g.Stack, by
	t.wakes(o.th.gid != 0, g)
}

func (o *Old) stopped(ev *tracev1.Event, g *goroutine, to detectors.GoState) {
	t := o.t
	t.stopsAt(g, detectors.ParseReason(ev.Reason), o.stack(ev.Stack))
	t.ran(g, t.moment(o.c.Time))
	kind := detectors.GoPark
	if to == detectors.Waiting {
		t.parks(g)
	} else {
		kind = t.yields(g)
	}
	p := t.transition(kind, &o.c, &o.th, g, to)
	p.Reason, p.Stack = g.Reason, g.Stack
}

func (o *Old) entered(ev *tracev1.Event, g *goroutine) {
	t := o.t
	t.calls(g, o.stack(ev.Stack))
	t.ran(g, t.moment(o.c.Time))
	t.transition(detectors.GoSyscall, &o.c, &o.th, g, detectors.Syscall).Stack = g.Stack
}

// left is the end of a system call. Of one that kept its P the trace has the moment it was
// entered and no more: how long it took is unknown, and part of the run that follows.
func (o *Old) left(ev *tracev1.Event, g *goroutine, to detectors.GoState) {
	if to == detectors.Runnable {
		o.t.returned(g, o.t.moment(o.c.Time))
	}
	if ev.Instant {
		g.SinceKnown = false
	}
	p := o.t.transition(detectors.GoSyscallEnd, &o.c, &o.th, g, to)
	p.Stack = g.Stack
	if ev.Instant {
		p.Duration = 0
	}
}

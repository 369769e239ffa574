package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func (t *Timeline) syscallBegin(c *cursor) outcome {
	th := c.thread
	g := th.runs(detectors.Running)
	if g == nil {
		return t.notRunning(th)
	}
	p := t.proc(th.p)
	if p == nil {
		return t.broke(fmt.Errorf("P %d is not known", th.p))
	}
	if !succeeds(t.gen, c.Args[0], p.gen, p.seq) {
		return t.broke(fmt.Errorf("P %d's events are out of sequence: %d after %d", th.p, c.Args[0], p.seq))
	}
	t.calls(g, t.sym.stack(c.Args[1]))
	t.ran(g, t.moment(c.Time))
	o := t.transition(detectors.GoSyscall, c, th, g, detectors.Syscall)
	o.Stack = g.Stack
	p.seq++
	p.status = wire.ProcSyscall
	return happened
}

func (t *Timeline) syscallEnd(c *cursor) outcome {
	th := c.thread
	g := th.runs(detectors.Syscall)
	if g == nil {
		return t.notRunning(th)
	}
	p := t.proc(th.p)
	if p == nil || p.status != wire.ProcSyscall {
		return t.broke(fmt.Errorf("P %d is not in a system call", th.p))
	}
	o := t.transition(detectors.GoSyscallEnd, c, th, g, detectors.Running)
	o.Stack = g.Stack
	p.status = wire.ProcRunning
	return happened
}

func (t *Timeline) syscallEndBlocked(c *cursor) outcome {
	th := c.thread
	if th.p != noProc {
		p := t.proc(th.p)
		if p == nil {
			return t.broke(fmt.Errorf("P %d is not known", th.p))
		}
		if p.status == wire.ProcSyscall {
			return notYet // the P will be taken away first
		}
	}
	if err := th.check(needThread | needGo); err != nil {
		return t.broke(err)
	}
	g, err := th.holds(detectors.Syscall)
	if err != nil {
		return t.broke(err)
	}
	t.returned(g, t.moment(c.Time))
	o := t.transition(detectors.GoSyscallEnd, c, th, g, detectors.Runnable)
	o.Stack = g.Stack
	th.unbind()
	return happened
}

// goCreateSyscall is a C thread that calls into Go: a goroutine appears, in the
// system call that C code is to Go.
func (t *Timeline) goCreateSyscall(c *cursor) error {
	th := c.thread
	if err := th.check(needThread | needNoGo); err != nil {
		return err
	}
	g, err := t.born(c.Args[0])
	if err != nil {
		return err
	}
	o := t.push(detectors.GoCreate, c.Time, th)
	o.G = &g.Goroutine
	o.From, o.To = detectors.NotExist, detectors.Syscall
	g.gen, g.seq = t.gen, 0
	g.become(detectors.Syscall, o.Time)
	g.Born, g.CreatedAt = true, o.Time
	if t.past != nil {
		t.past.born(nil, g, o.Time, 0, 0)
	}
	t.created(g, false)
	th.bind(g)
	return nil
}

// goDestroySyscall is a C thread going back to C for good. It may leave a P behind,
// in a system call that nobody will return from; the thread's number may be used
// again at once, so the P must not be looked for there any more.
func (t *Timeline) goDestroySyscall(c *cursor) error {
	th := c.thread
	if err := th.check(needThread | needGo); err != nil {
		return err
	}
	g, err := th.holds(detectors.Syscall)
	if err != nil {
		return err
	}
	ctx := *th
	if th.p != noProc {
		p := t.proc(th.p)
		if p == nil || p.status != wire.ProcSyscall {
			return fmt.Errorf("P %d is not in a system call", th.p)
		}
		p.status = wire.ProcSyscallAbandoned
		t.pushProc(c, th, uint64(th.p), detectors.ProcRunning, detectors.ProcIdle)
		th.p = noProc
	}
	t.ended(c, &ctx, g)
	th.unbind()
	return nil
}

package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// procState translates a P's status on the wire. A P in a system call counts as
// running until it is taken away.
var procState = [...]detectors.ProcState{
	wire.ProcRunning:          detectors.ProcRunning,
	wire.ProcIdle:             detectors.ProcIdle,
	wire.ProcSyscall:          detectors.ProcRunning,
	wire.ProcSyscallAbandoned: detectors.ProcIdle,
}

func (t *Timeline) pushProc(c *cursor, th *thread, id uint64, from, to detectors.ProcState) {
	o := t.push(detectors.ProcChange, c.Time, th)
	o.Subject = detectors.ProcID(id)
	o.ProcFrom, o.ProcTo = from, to
	if p := t.past; p != nil && to != from {
		p.Procs = append(p.Procs, ProcChange{o.Time, o.Subject, to == detectors.ProcIdle})
	}
}

func (t *Timeline) procStatus(c *cursor) error {
	id, status := c.Args[0], wire.ProcStatus(min(c.Args[1], 255))
	if status == wire.ProcBad || int(status) >= len(procState) {
		return fmt.Errorf("P %d in status %d", id, c.Args[1])
	}
	from, to := procState[status], procState[status]
	ctx := *c.thread
	p := t.proc(int(min(id, 1<<30)))
	switch {
	case p == nil:
		var err error
		if p, err = t.addProc(id); err != nil {
			return err
		}
		p.status = status
		from = detectors.ProcNotExist
		if t.gen == t.initial {
			from = detectors.ProcUndetermined
		}
	case status == wire.ProcSyscallAbandoned && p.status == wire.ProcSyscall:
		// The runtime could not tell with whom the P is, because it is about to be
		// stolen; the last generation's events do tell.
		th := t.holder(int(id))
		if th == nil {
			return fmt.Errorf("P %d is about to be stolen from a thread that is not known", id)
		}
		from, to, ctx = detectors.ProcRunning, detectors.ProcRunning, *th
	case p.status != status:
		return fmt.Errorf("P %d is listed as %v, but was %v", id, procState[status], procState[p.status])
	}
	p.gen, p.seq = t.gen, 0
	t.pushProc(c, &ctx, id, from, to)
	if status == wire.ProcRunning || status == wire.ProcSyscall {
		c.thread.p = int(id)
	}
	return nil
}

// holder returns the thread that has a P. It is slow, and rare.
func (t *Timeline) holder(id int) *thread {
	for _, th := range t.threads {
		if th.p == id {
			return th
		}
	}
	return nil
}

func (t *Timeline) procStart(c *cursor) outcome {
	th := c.thread
	p := t.proc(int(min(c.Args[0], 1<<30)))
	if p == nil || p.status != wire.ProcIdle || !succeeds(t.gen, c.Args[1], p.gen, p.seq) || th.p != noProc {
		// Not listed or not stopped yet; or this thread is in a system call and
		// its P is still to be stolen.
		return notYet
	}
	if err := th.check(needThread | needNoProc); err != nil {
		return t.broke(err)
	}
	t.pushProc(c, th, c.Args[0], detectors.ProcIdle, detectors.ProcRunning)
	p.status, p.seq = wire.ProcRunning, c.Args[1]
	th.p = int(c.Args[0])
	return happened
}

func (t *Timeline) procStop(c *cursor) outcome {
	th := c.thread
	p := t.proc(th.p)
	if p == nil {
		return t.broke(fmt.Errorf("thread %d has no P to stop", th.id))
	}
	if p.status != wire.ProcRunning && p.status != wire.ProcSyscall {
		return t.broke(fmt.Errorf("P %d, which is to stop, is idle", th.p))
	}
	if err := th.check(needThread | needProc); err != nil {
		return t.broke(err)
	}
	t.pushProc(c, th, uint64(th.p), detectors.ProcRunning, detectors.ProcIdle)
	p.status = wire.ProcIdle
	th.p = noProc
	return happened
}

func (t *Timeline) procSteal(c *cursor) outcome {
	th, id := c.thread, c.Args[0]
	p := t.proc(int(min(id, 1<<30)))
	if p == nil || p.status != wire.ProcSyscall && p.status != wire.ProcSyscallAbandoned || !succeeds(t.gen, c.Args[1], p.gen, p.seq) {
		return notYet
	}
	if err := th.check(needThread); err != nil {
		return t.broke(err)
	}
	from := procState[p.status]
	abandoned := p.status == wire.ProcSyscallAbandoned
	var victim *thread
	if !abandoned {
		victim = t.threads[c.Args[2]]
		if victim == nil {
			return t.broke(fmt.Errorf("P %d is stolen from thread %d, which does not exist", id, c.Args[2]))
		}
		if victim.p != int(id) {
			return t.broke(fmt.Errorf("P %d is stolen from thread %d, which has P %d", id, c.Args[2], victim.p))
		}
	}
	t.pushProc(c, th, id, from, detectors.ProcIdle)
	p.status, p.seq = wire.ProcIdle, c.Args[1]
	if victim != nil {
		victim.p = noProc // it may now leave its system call
	}
	return happened
}

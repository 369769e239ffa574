package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// step lets a random thread do something that it can. Some steps find nothing
// to do and write nothing.
func (r *randomWorld) step() {
	m := r.anyThread()
	switch {
	case m.g == nil && m.proc == nil:
		r.stepAsleep(m)
	case m.g == nil:
		r.stepScheduling(m)
	case m.g.status == wire.GoSyscall:
		r.stepSyscall(m)
	default:
		r.stepRunning(m)
	}
	if m.g != nil || m.proc != nil {
		r.markBusy(m)
	}
}

// anyThread is mostly one that has a P or a goroutine: there may be many more
// threads than Ps.
func (r *randomWorld) anyThread() *Thread {
	for len(r.busy) > 0 && r.IntN(10) != 0 {
		i := r.IntN(len(r.busy))
		m := r.busy[i]
		if m.g != nil || m.proc != nil {
			return m
		}
		r.busy[i] = r.busy[len(r.busy)-1]
		r.busy = r.busy[:len(r.busy)-1]
		delete(r.isBusy, m)
	}
	return r.threads[r.IntN(len(r.threads))]
}

// stepAsleep is for a thread with nothing: it wakes up with an idle P, is
// sysmon, or comes from C.
func (r *randomWorld) stepAsleep(m *Thread) {
	switch n := r.IntN(20); {
	case n == 0 && len(r.waiting) > 0:
		r.wake(m, true)
	case n == 1:
		if len(r.live) < 2*r.shape.Goroutines {
			m.CgoCall(r.tick())
		}
	case n < 6:
		r.retake(m)
	default:
		if p := pick(r, &r.idle); p != nil {
			m.StartP(r.tick(), p)
		}
	}
}

// retake steals a P from some syscall.
func (r *randomWorld) retake(m *Thread) {
	p := pick(r, &r.abandoned)
	if p == nil {
		p = r.procs[r.IntN(len(r.procs))]
		if p.status != wire.ProcSyscall {
			return
		}
	}
	m.Steal(r.tick(), p)
	r.idle = append(r.idle, p)
}

// stepScheduling is for a thread with a P that looks for a goroutine.
func (r *randomWorld) stepScheduling(m *Thread) {
	switch n := r.IntN(20); {
	case n < 13 && len(r.runnable) > 0:
		m.Start(r.tick(), pick(r, &r.runnable))
	case n < 17 && len(r.waiting) > 0:
		r.wake(m, true)
	case n == 17 && len(r.live) < 2*r.shape.Goroutines:
		// A timer's function.
		r.runnable = append(r.runnable, m.Create(r.tick(), r.site(), 0))
	case n == 18:
		m.HeapGoal(r.tick(), r.Uint64N(1<<30))
	case n == 19:
		r.idle = append(r.idle, m.proc)
		m.StopP(r.tick())
	}
}

func (r *randomWorld) wake(m *Thread, netpoll bool) {
	g := pick(r, &r.waiting)
	if netpoll {
		m.NetpollUnblock(r.tick(), g)
	} else {
		m.Unblock(r.tick(), g, r.site())
	}
	r.runnable = append(r.runnable, g)
}

// stepSyscall is for a thread in a syscall, with its P or without.
func (r *randomWorld) stepSyscall(m *Thread) {
	switch n := r.IntN(20); {
	case m.proc == nil && n < 8:
		if p := pick(r, &r.idle); p != nil {
			r.comeBack(m, p)
		}
	case m.proc == nil && n < 10 && !m.g.cgo:
		r.runnable = append(r.runnable, m.g)
		m.SyscallEndBlocked(r.tick())
	case m.proc == nil && n < 12:
		// What a C thread does that finds its former P where it left it.
		if p := pick(r, &r.abandoned); p != nil {
			m.Steal(r.tick(), p)
			r.comeBack(m, p)
		}
	case m.proc == nil:
	case n < 12:
		m.SyscallEnd(r.tick())
	case n == 12:
		p := m.proc
		m.Steal(r.tick(), p)
		r.comeBack(m, p)
	case n == 13:
		r.idle = append(r.idle, m.proc)
		m.StopP(r.tick())
	}
}

// comeBack takes the thread's goroutine out of its syscall to run on with a P.
func (r *randomWorld) comeBack(m *Thread, p *Proc) {
	g := m.g
	m.StartP(r.tick(), p)
	m.SyscallEndBlocked(r.tick())
	m.Start(r.tick(), g)
}

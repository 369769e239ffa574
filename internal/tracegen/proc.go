package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// StartP gives an idle P to the thread, which has none. It may be on its way
// out of a syscall.
func (m *Thread) StartP(at int64, p *Proc) {
	m.at("StartP", at)
	m.needNoProc()
	if m.g != nil {
		m.needSyscall()
	}
	if p.status != wire.ProcIdle {
		m.fail("P %d is not idle", p.id)
	}
	m.world.listProc(p, p.status)
	m.list()
	p.seq++
	m.write(wire.EvProcStart, p.id, p.seq)
	m.proc, p.thread, p.status = p, m, wire.ProcRunning
}

// StopP makes the thread's P idle. In a syscall that is how the runtime hands
// it over when it knows that the call will take long.
func (m *Thread) StopP(at int64) {
	m.at("StopP", at)
	if m.proc == nil {
		m.fail("it has no P")
	}
	if m.g != nil {
		m.needSyscall()
	}
	m.list()
	m.write(wire.EvProcStop)
	m.proc.idle()
}

// idle takes the P from its thread.
func (p *Proc) idle() {
	if p.thread != nil {
		p.thread.proc = nil
	}
	p.thread, p.status, p.entered = nil, wire.ProcIdle, NoThread
}

// HasProc reports whether the thread has a P. At a generation's end it may have lost the one
// with which it was in a syscall: see [World.NextGeneration].
func (m *Thread) HasProc() bool { return m.proc != nil }

// Steal takes a P from the thread that is in a syscall with it, and leaves it
// idle. A thread may steal its own.
func (m *Thread) Steal(at int64, p *Proc) {
	m.at("Steal", at)
	m.steal(p)
}

func (m *Thread) steal(p *Proc) {
	if p.status != wire.ProcSyscall && p.status != wire.ProcSyscallAbandoned {
		m.fail("P %d is not in a syscall", p.id)
	}
	// The thief does not know the victim's state: it lists the P as abandoned.
	m.world.listProc(p, wire.ProcSyscallAbandoned)
	m.list()
	p.seq++
	m.write(wire.EvProcSteal, p.id, p.seq, p.entered)
	p.idle()
}

// ProcsChange tells GOMAXPROCS. The runtime does at every generation's start;
// a world leaves it to the author.
func (m *Thread) ProcsChange(at int64, n int, stack Stack) {
	m.at("ProcsChange", at)
	m.needRunning()
	m.list()
	m.write(wire.EvProcsChange, uint64(n), m.world.stackID(stack))
}

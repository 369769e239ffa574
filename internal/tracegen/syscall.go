package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// Syscall takes the running goroutine into a syscall, with its P.
func (m *Thread) Syscall(at int64, stack Stack) {
	m.at("Syscall", at)
	m.needRunning()
	m.list()
	m.proc.seq++
	m.write(wire.EvGoSyscallBegin, m.proc.seq, m.world.stackID(stack))
	m.proc.status, m.proc.entered = wire.ProcSyscall, m.id
	m.g.status, m.g.stack = wire.GoSyscall, stack
}

// SyscallEnd takes the goroutine out of the syscall and lets it run on: its P
// is still there.
func (m *Thread) SyscallEnd(at int64) {
	m.at("SyscallEnd", at)
	m.needSyscall()
	if m.proc == nil || m.proc.status != wire.ProcSyscall {
		m.fail("its P is gone: the syscall must end blocked")
	}
	m.list()
	m.write(wire.EvGoSyscallEnd)
	m.proc.status, m.proc.entered = wire.ProcRunning, NoThread
	m.g.status = wire.GoRunning
}

// SyscallEndBlocked takes the goroutine out of a syscall that has lost its P
// (see [Thread.Steal] and [Thread.StopP]). It is runnable then. The thread may
// have started a P before.
func (m *Thread) SyscallEndBlocked(at int64) {
	m.at("SyscallEndBlocked", at)
	m.needSyscall()
	if m.proc != nil && m.proc.status == wire.ProcSyscall {
		m.fail("nobody took its P %d", m.proc.id)
	}
	m.list()
	m.write(wire.EvGoSyscallEndBlocked)
	m.leave(wire.GoRunnable, m.g.stack)
}

// CgoCall makes a goroutine for a C thread that calls into Go. It is in a
// syscall, without a P, and comes out of it with [Thread.StartP],
// [Thread.SyscallEndBlocked] and [Thread.Start].
func (m *Thread) CgoCall(at int64) *Goroutine {
	m.at("CgoCall", at)
	m.needNoGoroutine()
	m.needNoProc()
	g := m.world.newGoroutine(wire.GoSyscall)
	g.listed, g.cgo = m.world.number, true
	m.write(wire.EvGoCreateSyscall, g.id)
	m.g, g.thread = g, m
	return g
}

// CgoReturn ends the goroutine of a C thread that is back in C, which it must
// have entered with [Thread.Syscall]. A P that it still has stays behind in the
// syscall until somebody steals it.
func (m *Thread) CgoReturn(at int64) {
	m.at("CgoReturn", at)
	m.needSyscall()
	w := m.world
	if m.proc != nil && m.proc.status != wire.ProcSyscall {
		m.fail("its P %d is not in the syscall", m.proc.id)
	}
	w.listGoroutine(m.g, m.id) // but not the P: it is not the thread's any more
	m.write(wire.EvGoDestroySyscall)
	w.bury(m.g)
	m.g = nil
	if m.proc != nil {
		m.proc.status, m.proc.thread = wire.ProcSyscallAbandoned, nil
		m.proc = nil
	}
}

package tracegen

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// at begins a call on the thread.
func (m *Thread) at(what string, at int64) { m.world.at(what, at) }

func (m *Thread) fail(format string, args ...any) {
	m.world.fail("thread %d: %s", m.id, fmt.Sprintf(format, args...))
}

func (m *Thread) isRunning() bool {
	return m.g != nil && m.g.status == wire.GoRunning && m.proc != nil
}

// needRunning wants a running goroutine, which has a P.
func (m *Thread) needRunning() {
	if !m.isRunning() {
		m.fail("it runs no goroutine")
	}
}

func (m *Thread) needNoGoroutine() {
	if m.g != nil {
		m.fail("it has goroutine %d", m.g.id)
	}
}

// needProc wants a P that is not in a syscall.
func (m *Thread) needProc() {
	if m.proc == nil || m.proc.status != wire.ProcRunning {
		m.fail("it has no running P")
	}
}

func (m *Thread) needNoProc() {
	if m.proc != nil {
		m.fail("it has P %d", m.proc.id)
	}
}

func (m *Thread) needSyscall() {
	if m.g == nil || m.g.status != wire.GoSyscall {
		m.fail("it is not in a syscall")
	}
}

func (m *Thread) need(g *Goroutine, status wire.GoStatus) {
	if g.status != status {
		m.fail("goroutine %d is %s, not %s", g.id, goStatusName(g.status), goStatusName(status))
	}
}

func goStatusName(s wire.GoStatus) string {
	switch s {
	case wire.GoRunnable:
		return "runnable"
	case wire.GoRunning:
		return "running"
	case wire.GoSyscall:
		return "in a syscall"
	case wire.GoWaiting:
		return "waiting"
	}
	return "ended"
}

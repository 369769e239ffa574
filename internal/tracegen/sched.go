package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// Create makes a goroutine that will begin in fn, runnable. The creator is the
// thread's running goroutine, or nobody: a timer's function comes from a
// thread that has a P and no goroutine, without a stack.
func (m *Thread) Create(at int64, fn, creator Stack) *Goroutine {
	m.at("Create", at)
	return m.create(wire.EvGoCreate, wire.GoRunnable, fn, creator)
}

// CreateBlocked makes a coroutine that will begin in fn, once it is switched
// to (Go 1.23).
func (m *Thread) CreateBlocked(at int64, fn, creator Stack) *Goroutine {
	m.at("CreateBlocked", at)
	m.world.since(wire.Go123)
	return m.create(wire.EvGoCreateBlocked, wire.GoWaiting, fn, creator)
}

func (m *Thread) create(t wire.EventType, status wire.GoStatus, fn, creator Stack) *Goroutine {
	m.needProc()
	if m.g != nil {
		m.needRunning()
	}
	w := m.world
	m.list()
	g := w.newGoroutine(status)
	g.listed, g.stack = w.number, fn
	m.write(t, g.id, w.stackID(fn), w.stackID(creator))
	return g
}

// Start lets the thread, which has a P, run a runnable goroutine.
func (m *Thread) Start(at int64, g *Goroutine) {
	m.at("Start", at)
	m.needProc()
	m.needNoGoroutine()
	m.need(g, wire.GoRunnable)
	m.list()
	m.world.listGoroutine(g, m.id)
	g.seq++
	m.write(wire.EvGoStart, g.id, uint64(g.seq))
	m.run(g)
}

func (m *Thread) run(g *Goroutine) {
	m.g, g.thread, g.status = g, m, wire.GoRunning
}

// leave takes the goroutine off the thread.
func (m *Thread) leave(status wire.GoStatus, stack Stack) {
	m.g.status, m.g.thread, m.g.stack = status, nil, stack
	m.g = nil
}

// End ends the running goroutine.
func (m *Thread) End(at int64) {
	m.at("End", at)
	m.needRunning()
	m.list()
	m.write(wire.EvGoDestroy)
	m.world.bury(m.g)
	m.g = nil
}

// Stop makes the running goroutine runnable, with the runtime's reason.
func (m *Thread) Stop(at int64, reason string, stack Stack) {
	m.at("Stop", at)
	m.needRunning()
	m.list()
	m.write(wire.EvGoStop, m.world.text(reason), m.world.stackID(stack))
	m.leave(wire.GoRunnable, stack)
}

// Preempt stops the running goroutine as the runtime does after its slice.
func (m *Thread) Preempt(at int64, stack Stack) { m.Stop(at, "preempted", stack) }

// Yield stops the running goroutine as runtime.Gosched does.
func (m *Thread) Yield(at int64, stack Stack) { m.Stop(at, "runtime.Gosched", stack) }

// Block parks the running goroutine, with the runtime's reason.
func (m *Thread) Block(at int64, reason string, stack Stack) {
	m.at("Block", at)
	m.needRunning()
	m.list()
	m.write(wire.EvGoBlock, m.world.text(reason), m.world.stackID(stack))
	m.leave(wire.GoWaiting, stack)
}

// Unblock makes a waiting goroutine runnable. The waker is the thread's
// goroutine, if it has one.
func (m *Thread) Unblock(at int64, g *Goroutine, stack Stack) {
	m.at("Unblock", at)
	m.need(g, wire.GoWaiting)
	// The woken goroutine's status goes first, as in the runtime.
	m.world.listGoroutine(g, NoThread)
	m.list()
	g.seq++
	m.write(wire.EvGoUnblock, g.id, uint64(g.seq), m.world.stackID(stack))
	g.status = wire.GoRunnable
}

// NetpollUnblock makes a waiting goroutine runnable as the network poller and
// timers do: by nobody, without a stack. The thread has no goroutine; it may
// have no P either, as sysmon does not.
func (m *Thread) NetpollUnblock(at int64, g *Goroutine) {
	m.at("NetpollUnblock", at)
	m.needNoGoroutine()
	m.Unblock(at, g, 0)
}

// Switch parks the running goroutine and runs a waiting one in its place, as
// coroutines do (Go 1.23).
func (m *Thread) Switch(at int64, to *Goroutine) {
	m.at("Switch", at)
	m.switchTo(wire.EvGoSwitch, to)
	m.leave(wire.GoWaiting, m.g.stack)
	m.run(to)
}

// SwitchEnd ends the running goroutine and runs a waiting one in its place
// (Go 1.23).
func (m *Thread) SwitchEnd(at int64, to *Goroutine) {
	m.at("SwitchEnd", at)
	m.switchTo(wire.EvGoSwitchDestroy, to)
	m.world.bury(m.g)
	m.run(to)
}

func (m *Thread) switchTo(t wire.EventType, to *Goroutine) {
	m.world.since(wire.Go123)
	m.needRunning()
	m.need(to, wire.GoWaiting)
	m.world.listGoroutine(to, NoThread)
	m.list()
	to.seq++
	m.write(t, to.id, uint64(to.seq))
}

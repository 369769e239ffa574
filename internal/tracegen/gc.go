package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// STWBegin stops the world, for one of the runtime's kinds, such as
// "GC mark termination". That nothing else happens until [Thread.STWEnd] is the
// author's business.
func (m *Thread) STWBegin(at int64, kind string, stack Stack) {
	m.at("STWBegin", at)
	m.needRunning()
	w := m.world
	if w.stopper != nil {
		m.fail("goroutine %d has stopped the world", w.stopper.id)
	}
	m.list()
	m.write(wire.EvSTWBegin, w.text(kind), w.stackID(stack))
	w.stopper = m.g
}

// STWEnd starts the world that the same goroutine has stopped.
func (m *Thread) STWEnd(at int64) {
	m.at("STWEnd", at)
	m.needRunning()
	if m.world.stopper != m.g {
		m.fail("goroutine %d has not stopped the world", m.g.id)
	}
	m.list()
	m.write(wire.EvSTWEnd)
	m.world.stopper = nil
}

// GCBegin begins a GC's mark phase.
func (m *Thread) GCBegin(at int64, stack Stack) {
	m.at("GCBegin", at)
	m.needRunning()
	w := m.world
	if w.gcRunning {
		m.fail("a GC is running")
	}
	m.list()
	m.write(wire.EvGCBegin, w.gcSeq, w.stackID(stack))
	w.gcSeq++
	w.gcRunning = true
}

// GCEnd ends the GC's mark phase.
func (m *Thread) GCEnd(at int64) {
	m.at("GCEnd", at)
	m.needRunning()
	w := m.world
	if !w.gcRunning {
		m.fail("no GC is running")
	}
	m.list()
	m.tellGC()
	m.write(wire.EvGCEnd, w.gcSeq)
	w.gcSeq++
	w.gcRunning = false
}

// tellGC says that a GC is running, once in a generation that began during
// one, as soon as a goroutine runs that can.
func (m *Thread) tellGC() {
	w := m.world
	if w.gcUntold && m.isRunning() {
		w.gcUntold, w.gcTold = false, w.now
		w.pend(wire.EvGCActive, w.gcSeq)
		w.gcSeq++
	}
}

// SweepBegin begins a sweep of the thread's P.
func (m *Thread) SweepBegin(at int64, stack Stack) {
	m.at("SweepBegin", at)
	m.needProc()
	if m.proc.sweeping {
		m.fail("P %d is sweeping", m.proc.id)
	}
	m.list()
	m.write(wire.EvGCSweepBegin, m.world.stackID(stack))
	m.proc.sweeping = true
}

// SweepEnd ends the sweep: bytes swept, and bytes of them reclaimed.
func (m *Thread) SweepEnd(at int64, swept, reclaimed uint64) {
	m.at("SweepEnd", at)
	m.needProc()
	if !m.proc.sweeping {
		m.fail("P %d is not sweeping", m.proc.id)
	}
	m.list()
	m.write(wire.EvGCSweepEnd, swept, reclaimed)
	m.proc.sweeping = false
}

// AssistBegin makes the running goroutine assist the GC. It may park meanwhile.
func (m *Thread) AssistBegin(at int64, stack Stack) {
	m.at("AssistBegin", at)
	m.needRunning()
	if m.g.assisting {
		m.fail("goroutine %d is assisting", m.g.id)
	}
	m.list()
	m.write(wire.EvGCMarkAssistBegin, m.world.stackID(stack))
	m.g.assisting = true
}

// AssistEnd ends the running goroutine's assist.
func (m *Thread) AssistEnd(at int64) {
	m.at("AssistEnd", at)
	m.needRunning()
	if !m.g.assisting {
		m.fail("goroutine %d is not assisting", m.g.id)
	}
	m.list()
	m.write(wire.EvGCMarkAssistEnd)
	m.g.assisting = false
}

// HeapAlloc tells the live heap's size in bytes.
func (m *Thread) HeapAlloc(at int64, bytes uint64) { m.heap("HeapAlloc", wire.EvHeapAlloc, at, bytes) }

// HeapGoal tells the heap's goal in bytes.
func (m *Thread) HeapGoal(at int64, bytes uint64) { m.heap("HeapGoal", wire.EvHeapGoal, at, bytes) }

func (m *Thread) heap(what string, t wire.EventType, at int64, bytes uint64) {
	m.at(what, at)
	m.needProc()
	m.list()
	m.write(t, bytes)
}

package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// pendingEvent is a status that goes before the next event.
type pendingEvent struct {
	kind wire.EventType
	n    uint8
	args [4]uint64
}

func (w *World) pend(t wire.EventType, args ...uint64) {
	e := pendingEvent{kind: t, n: uint8(len(args))}
	copy(e.args[:], args)
	w.pending = append(w.pending, e)
}

// listProc gives the P's status if this generation does not have it.
func (w *World) listProc(p *Proc, status wire.ProcStatus) {
	if p.listed == w.number {
		return
	}
	p.listed, p.seq = w.number, 0
	w.pend(wire.EvProcStatus, p.id, uint64(status))
	if p.sweeping {
		w.pend(wire.EvGCSweepActive, p.id)
	}
}

// listGoroutine gives the goroutine's status if this generation does not have
// it. The thread is what the runtime would say, which is not always where the
// goroutine is.
func (w *World) listGoroutine(g *Goroutine, thread uint64) {
	if g.listed == w.number {
		return
	}
	g.listed, g.seq = w.number, 0
	w.pend(wire.EvGoStatus, g.id, thread, uint64(g.status))
	if g.assisting {
		w.pend(wire.EvGCMarkAssistActive, g.id)
	}
}

// list gives the statuses of the thread's own P and goroutine, as nearly every
// event needs.
func (m *Thread) list() {
	if m.proc != nil {
		m.world.listProc(m.proc, m.proc.status)
	}
	if m.g != nil {
		m.world.listGoroutine(m.g, m.id)
	}
}

// write writes the pending statuses and then the event, at the present moment.
func (m *Thread) write(t wire.EventType, args ...uint64) {
	w := m.world
	m.tellGC()
	m.writePending()
	m.stamp(w.units(w.now+m.skew), t, args...)
	w.events++
}

// writePending writes the statuses one unit apart, so that the last is one
// unit before the present moment, if the thread's past leaves that room.
func (m *Thread) writePending() {
	w := m.world
	now, floor := w.units(w.now+m.skew), w.units(w.start+m.skew)
	for i := range w.pending {
		e := &w.pending[i]
		at := now - min(now, uint64(len(w.pending)-i))
		m.stamp(max(at, floor), e.kind, e.args[:e.n]...)
	}
	w.events += len(w.pending)
	w.pending = w.pending[:0]
}

// stamp adds an event to the thread's batch, never before its last one.
func (m *Thread) stamp(at uint64, t wire.EventType, args ...uint64) {
	at = m.world.claim(max(at, m.last))
	if m.batch == nil {
		// The runtime reads the clock for a new batch before it does for the
		// first event in it.
		before := at - min(at, 1)
		m.batch = m.world.gen.Batch(m.id, before)
		m.last = before
	}
	m.batch.Event(t, at-m.last, args...)
	m.last = at
}

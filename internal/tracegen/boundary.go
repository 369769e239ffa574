package tracegen

import (
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// NextGeneration ends the generation and begins the next, as the runtime does
// every second: Ps and goroutines that it has not mentioned are listed. A P
// among them that is in a syscall is taken from its thread. In the new
// generation a GC that is running is told as soon as a goroutine runs.
func (w *World) NextGeneration(at int64) {
	w.at("NextGeneration", at)
	w.endGeneration()
	w.handOver()
	w.number++
	w.beginGeneration(at)
}

// LoseGeneration says that the generation that goes on is lost: when it has ended, it is not
// in the trace. Readers find a gap there. (Before Go 1.26 a generation ends where the next
// one begins, and a gap is an error.)
func (w *World) LoseGeneration() {
	w.doing = "LoseGeneration"
	w.since(wire.Go126)
	if !w.begun || w.ended {
		w.fail("no generation goes on")
	}
	w.lost = true
}

func (w *World) beginGeneration(at int64) {
	// The reference reader takes a batch's time of 0 for none.
	w.start = max(at, w.unit)
	if w.distinct {
		// The clocks' snapshot takes a unit too, and readers that make all times
		// differ take the one before for the generation's beginning.
		w.start = max(w.start, (int64(w.taken)+3)*w.unit)
		w.taken = w.units(w.start)
	}
	w.gen = w.trace.Generation(w.number)
	w.gcUntold = w.gcRunning
	clear(w.stackIDs)
	for _, m := range w.threads {
		m.batch = nil
	}
	if w.version >= wire.Go125 {
		w.sync()
	}
}

func (w *World) endGeneration() {
	if w.stopper != nil {
		w.fail("goroutine %d has stopped the world: a generation cannot end then", w.stopper.id)
	}
	w.listProcs()
	w.listGoroutines()
	w.gen.seal()
	if w.version < wire.Go125 {
		w.sync()
	}
	if w.lost {
		w.trace.drop(w.gen)
		w.lost = false
	}
}

// listProcs lists the Ps that the generation has not mentioned: each running
// one by its own thread, the others by the thread that ends the generation.
func (w *World) listProcs() {
	for _, p := range w.procs {
		if p.listed == w.number {
			continue
		}
		m := p.thread
		if p.status != wire.ProcRunning {
			m = w.advancer()
		}
		switch {
		case p.status == wire.ProcSyscall || p.status == wire.ProcSyscallAbandoned:
			m.steal(p)
		default:
			w.listProc(p, p.status)
			m.writePending()
		}
	}
}

// advancer is the thread that ends the generation: one that can if possible.
func (w *World) advancer() *Thread {
	if len(w.threads) == 0 {
		w.fail("there are Ps and no thread to list them")
	}
	i := slices.IndexFunc(w.threads, (*Thread).isRunning)
	if i < 0 {
		i = slices.IndexFunc(w.threads, func(m *Thread) bool { return m.g == nil })
	}
	return w.threads[max(i, 0)]
}

// listGoroutines lists the goroutines that the generation has not mentioned:
// each running one by its own thread, the others, of which there may be very
// many, in batches of no thread.
func (w *World) listGoroutines() {
	last := w.units(w.now)
	if w.distinct {
		last = max(last, w.taken)
	}
	batch := w.gen.Batch(NoThread, last)
	list := func(t wire.EventType, args ...uint64) {
		at := w.claim(last)
		batch.Event(t, at-last, args...)
		last = at
	}
	// Room at once for what may be millions of statuses of about ten bytes.
	w.gen.body = slices.Grow(w.gen.body, 10*len(w.live))
	for _, g := range w.live {
		if g.listed == w.number {
			continue
		}
		if g.status == wire.GoRunning {
			w.listGoroutine(g, g.thread.id)
			g.thread.writePending()
			continue
		}
		g.listed, g.seq = w.number, 0
		thread := NoThread
		if g.thread != nil {
			thread = g.thread.id
		}
		if g.stack != 0 && w.version >= wire.Go123 {
			list(wire.EvGoStatusStack, g.id, thread, uint64(g.status), w.stackID(g.stack))
		} else {
			list(wire.EvGoStatus, g.id, thread, uint64(g.status))
		}
		if g.assisting {
			list(wire.EvGCMarkAssistActive, g.id)
		}
	}
}

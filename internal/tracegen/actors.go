package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// Proc is a P of a [World].
type Proc struct {
	id       uint64
	status   wire.ProcStatus
	thread   *Thread // the one it is with, running or in a syscall
	entered  uint64  // id of the thread that took it into its syscall
	seq      uint64  // in generation listed
	listed   uint64  // the latest generation that has its status
	sweeping bool
}

// Goroutine is a goroutine of a [World]. It is kept small: there may be
// millions.
type Goroutine struct {
	id        uint64
	thread    *Thread // the one it is on, running or in a syscall
	listed    uint64  // the latest generation that has its status
	seq       uint32  // in generation listed
	index     uint32  // in World.live
	stack     Stack   // where it was last seen
	status    wire.GoStatus
	assisting bool
	cgo       bool // made by a C thread's call
}

// ID returns the goroutine's number.
func (g *Goroutine) ID() uint64 { return g.id }

// Thread is a thread of a [World], with or without a P. What happens in the
// world happens on a thread, and is a method of it.
type Thread struct {
	world *World
	id    uint64
	proc  *Proc
	g     *Goroutine
	skew  int64
	last  uint64 // clock units of its latest event
	batch *Batch // of the current generation
}

// Proc declares an idle P.
func (w *World) Proc(id uint64) *Proc {
	w.doing = "Proc"
	for _, p := range w.procs {
		if p.id == id {
			w.fail("there is a P %d", id)
		}
	}
	p := &Proc{id: id, status: wire.ProcIdle, entered: NoThread}
	w.procs = append(w.procs, p)
	return p
}

// Thread declares a thread. Given a P, it has been running with it since
// before the trace began.
func (w *World) Thread(id uint64, with ...*Proc) *Thread {
	w.doing = "Thread"
	for _, m := range w.threads {
		if m.id == id {
			w.fail("there is a thread %d", id)
		}
	}
	m := &Thread{world: w, id: id}
	w.threads = append(w.threads, m)
	for _, p := range with {
		if w.begun {
			w.fail("the trace has begun: let it start P %d", p.id)
		}
		if m.proc != nil || p.status != wire.ProcIdle {
			w.fail("P %d and thread %d are not both free", p.id, id)
		}
		m.proc, p.thread, p.status = p, m, wire.ProcRunning
	}
	return m
}

// Goroutine declares a goroutine that has been runnable or waiting since
// before the trace began, at the given stack. Numbers must grow.
func (w *World) Goroutine(id uint64, status wire.GoStatus, stack Stack) *Goroutine {
	w.doing = "Goroutine"
	if id <= w.lastG {
		w.fail("goroutine %d after goroutine %d: numbers must grow", id, w.lastG)
	}
	if status != wire.GoRunnable && status != wire.GoWaiting {
		w.fail("goroutine %d must begin runnable or waiting (see Thread.Running and Thread.InSyscall)", id)
	}
	if w.number > 1 && w.begun {
		w.fail("goroutine %d cannot have been there unlisted in earlier generations", id)
	}
	w.lastG = id - 1
	g := w.newGoroutine(status)
	g.stack = stack
	return g
}

// newGoroutine adds the goroutine with the next number.
func (w *World) newGoroutine(status wire.GoStatus) *Goroutine {
	w.lastG++
	g := &Goroutine{id: w.lastG, status: status, index: uint32(len(w.live))}
	w.live = append(w.live, g)
	return g
}

// bury takes an ended goroutine off the list of the living.
func (w *World) bury(g *Goroutine) {
	if g.assisting || w.stopper == g {
		w.fail("goroutine %d ends while it assists the GC or has stopped the world", g.id)
	}
	last := w.live[len(w.live)-1]
	w.live[g.index] = last
	last.index = g.index
	w.live = w.live[:len(w.live)-1]
	delete(w.regions, g)
	g.status, g.thread = wire.GoBad, nil
}

// Running says that the thread, which has a P, was running the goroutine when
// the trace began.
func (m *Thread) Running(g *Goroutine) {
	m.world.declare("Running")
	m.needProc()
	m.adopt(g, wire.GoRunning)
}

// InSyscall says that the thread was in a syscall of the goroutine when the
// trace began. If it has a P, that is in the syscall too.
func (m *Thread) InSyscall(g *Goroutine) {
	m.world.declare("InSyscall")
	m.adopt(g, wire.GoSyscall)
	if m.proc != nil {
		m.proc.status = wire.ProcSyscall
	}
}

func (m *Thread) adopt(g *Goroutine, status wire.GoStatus) {
	m.needNoGoroutine()
	if g.thread != nil {
		m.fail("goroutine %d is on thread %d", g.id, g.thread.id)
	}
	m.g, g.thread, g.status = g, m, status
}

// Sweeping says that the P was sweeping when the trace began.
func (w *World) Sweeping(p *Proc) {
	w.declare("Sweeping")
	p.sweeping = true
}

// Assisting says that the goroutine was assisting the GC when the trace began.
func (w *World) Assisting(g *Goroutine) {
	w.declare("Assisting")
	g.assisting = true
}

// Skew makes the thread's clock run ahead of the others, or behind when
// negative: all its events are stamped that much later. Sequence numbers then
// tell the order, as they must on machines whose clocks disagree.
func (m *Thread) Skew(ns int64) {
	m.world.declare("Skew")
	if m.world.distinct {
		m.fail("times that all differ are times of one clock")
	}
	m.skew = ns
}

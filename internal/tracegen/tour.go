package tracegen

import (
	"math/rand/v2"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// tour does everything once, with two threads, one P and two goroutines that
// wait: the least that a shape can have.
func (r *randomWorld) tour() {
	m, other, p := r.threads[0], r.threads[1], r.procs[0]
	g := m.g
	if r.shape.AllocFree {
		r.tourAllocFree(m)
	}
	r.tellProcs()
	r.tourGC(m)
	r.tourUser(m)
	r.tourSched(m, g)
	if r.shape.Version >= wire.Go123 {
		r.tourCoroutine(m, g)
	}
	r.tourSyscalls(m, other, p, g)
	r.tourCgo(m, other, p)
	r.runnable = append(r.runnable, g)
}

// tellProcs is what the runtime says first in each generation.
func (r *randomWorld) tellProcs() {
	for _, m := range r.threads {
		if m.isRunning() {
			m.ProcsChange(r.tick(), len(r.procs), r.site())
			return
		}
	}
}

func (r *randomWorld) tourGC(m *Thread) {
	m.SweepEnd(r.tick(), 8192, 4096)
	m.HeapAlloc(r.tick(), 4<<20)
	m.HeapGoal(r.tick(), 8<<20)
	m.GCEnd(r.tick())
	m.STWBegin(r.tick(), "GC sweep termination", r.site())
	m.GCBegin(r.tick(), r.site())
	m.STWEnd(r.tick())
	r.cycled = r.now
	m.AssistBegin(r.tick(), r.site())
	m.AssistEnd(r.tick())
	m.SweepBegin(r.tick(), r.site())
	m.SweepEnd(r.tick(), 1, 0)
}

func (r *randomWorld) tourUser(m *Thread) {
	m.Label(r.tick(), "GC (dedicated)")
	task := m.TaskBegin(r.tick(), 0, "request", r.site())
	m.RegionBegin(r.tick(), task, "decode", r.site())
	m.Log(r.tick(), task, "user", "hello", r.site())
	m.RegionEnd(r.tick(), task, "decode", r.site())
	m.TaskEnd(r.tick(), task, r.site())
	m.Sample(r.tick(), r.site())
}

func (r *randomWorld) tourSched(m *Thread, g *Goroutine) {
	created := m.Create(r.tick(), r.site(), r.site())
	// The goroutine that has been assisting since before the trace.
	assistant := takeFirst(&r.waiting)
	m.Unblock(r.tick(), assistant, r.site())
	m.Yield(r.tick(), r.site())
	m.Start(r.tick(), assistant)
	m.AssistEnd(r.tick())
	m.Preempt(r.tick(), r.site())
	r.runnable = append(r.runnable, assistant)
	m.Start(r.tick(), created)
	m.End(r.tick())
	m.Start(r.tick(), g)
	m.Block(r.tick(), "network", r.site())
	m.NetpollUnblock(r.tick(), g)
	m.StopP(r.tick())
	m.StartP(r.tick(), r.procs[0])
	m.Start(r.tick(), g)
}

func (r *randomWorld) tourCoroutine(m *Thread, g *Goroutine) {
	c := m.CreateBlocked(r.tick(), r.site(), r.site())
	m.Switch(r.tick(), c)
	m.SwitchEnd(r.tick(), g)
}

// tourSyscalls ends syscalls in all ways. The goroutine is runnable, and the P
// idle, at the end.
func (r *randomWorld) tourSyscalls(m, other *Thread, p *Proc, g *Goroutine) {
	m.Syscall(r.tick(), r.site())
	m.SyscallEnd(r.tick())
	m.Syscall(r.tick(), r.site())
	other.Steal(r.tick(), p)
	other.StartP(r.tick(), p)
	m.SyscallEndBlocked(r.tick())
	other.Start(r.tick(), g)
	other.Syscall(r.tick(), r.site())
	other.Steal(r.tick(), p)
	other.StartP(r.tick(), p)
	other.SyscallEndBlocked(r.tick())
	other.StopP(r.tick())
}

// tourCgo lets a C thread call into Go twice.
func (r *randomWorld) tourCgo(m, other *Thread, p *Proc) {
	g := other.CgoCall(r.tick())
	other.StartP(r.tick(), p)
	other.SyscallEndBlocked(r.tick())
	other.Start(r.tick(), g)
	other.Syscall(r.tick(), r.site())
	other.CgoReturn(r.tick())
	m.Steal(r.tick(), p)
	m.StartP(r.tick(), p)
	r.markBusy(m)
}

func (r *randomWorld) tourAllocFree(m *Thread) {
	r.AllocFreeInfo(r.tick(), 0, 1, 2, 3)
	for t := wire.EvSpan; t <= wire.EvGoroutineStackFree; t++ {
		r.allocFree(m, t)
	}
}

func (r *randomWorld) allocFree(m *Thread, t wire.EventType) {
	m.AllocFree(r.tick(), t, randomArgs(r.Rand, t)...)
}

func randomArgs(rng *rand.Rand, t wire.EventType) []uint64 {
	spec, _ := wire.SpecOf(t)
	args := make([]uint64, spec.Args-1)
	for i := range args {
		args[i] = rng.Uint64N(1 << 20)
	}
	return args
}

package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// stepRunning is for a thread that runs a goroutine.
func (r *randomWorld) stepRunning(m *Thread) {
	switch n := r.IntN(100); {
	case m.proc.sweeping && n < 30:
		m.SweepEnd(r.tick(), r.Uint64N(1<<20), r.Uint64N(1<<16))
	case m.g.assisting && n < 40:
		m.AssistEnd(r.tick())
	case n < 55:
		r.stepLeave(m, n)
	case n < 75 && len(r.waiting) > 0:
		r.wake(m, false)
	case n < 82:
		r.stepCreate(m)
	case n < 90:
		r.stepGC(m)
	default:
		r.stepUser(m)
	}
}

// stepLeave makes the goroutine stop running in some way.
func (r *randomWorld) stepLeave(m *Thread, n int) {
	g := m.g
	switch {
	case m.proc.sweeping: // sweeps are not preempted
	case n < 10:
		m.Syscall(r.tick(), r.site())
		if g.cgo && r.IntN(2) == 0 {
			r.abandoned = append(r.abandoned, m.proc)
			m.CgoReturn(r.tick())
		}
	case g.cgo: // it stays on its thread
	case n < 35:
		m.Block(r.tick(), blockReason(r.IntN(8)), r.site())
		r.waiting = append(r.waiting, g)
	case n < 40:
		m.Preempt(r.tick(), r.site())
		r.runnable = append(r.runnable, g)
	case n < 43:
		m.Yield(r.tick(), r.site())
		r.runnable = append(r.runnable, g)
	case n < 48:
		if !g.assisting && len(r.live) > r.shape.Goroutines*9/10 {
			m.End(r.tick())
		}
	default:
		r.stepSwitch(m)
	}
}

func (r *randomWorld) stepSwitch(m *Thread) {
	g := m.g
	if g.assisting || len(r.coroutines) == 0 {
		return
	}
	to := pick(r, &r.coroutines)
	if r.IntN(4) == 0 {
		m.SwitchEnd(r.tick(), to)
		return
	}
	m.Switch(r.tick(), to)
	r.coroutines = append(r.coroutines, g)
}

func (r *randomWorld) stepCreate(m *Thread) {
	switch {
	case len(r.live) >= 2*r.shape.Goroutines:
	case r.shape.Version >= wire.Go123 && r.IntN(6) == 0:
		r.coroutines = append(r.coroutines, m.CreateBlocked(r.tick(), r.site(), r.site()))
	default:
		r.runnable = append(r.runnable, m.Create(r.tick(), r.site(), r.site()))
	}
}

func (r *randomWorld) stepGC(m *Thread) {
	switch n := r.IntN(16); {
	case n < 3:
		m.HeapAlloc(r.tick(), r.Uint64N(1<<30))
	case n == 3:
		m.HeapGoal(r.tick(), r.Uint64N(1<<30))
	case n < 7 && !m.proc.sweeping:
		m.SweepBegin(r.tick(), r.site())
	case n < 10 && r.gcRunning && !m.g.assisting && !m.g.cgo:
		m.AssistBegin(r.tick(), r.site())
	case n < 12:
		r.stepCycle(m)
	case n == 12 && r.shape.AllocFree:
		r.allocFree(m, wire.EvSpan+wire.EventType(r.IntN(9)))
	default:
		m.Sample(r.tick(), r.site())
	}
}

// stepCycle begins or ends a GC, in a stopped world. Not so soon after the
// last time that skewed clocks could turn the two around: in a trace's
// beginning the reference reader believes the first GC event it meets, whatever
// its sequence number.
func (r *randomWorld) stepCycle(m *Thread) {
	if r.now < r.cycled+2*r.shape.Skew+1000 {
		return
	}
	if r.gcRunning {
		m.STWBegin(r.tick(), "GC mark termination", r.site())
		m.GCEnd(r.tick())
	} else {
		m.STWBegin(r.tick(), "GC sweep termination", r.site())
		m.GCBegin(r.tick(), r.site())
	}
	m.STWEnd(r.tick())
	r.cycled = r.now
}

func (r *randomWorld) stepUser(m *Thread) {
	task := Task(0)
	if len(r.tasks) > 0 {
		task = r.tasks[r.IntN(len(r.tasks))]
	}
	open := r.regions[m.g]
	switch n := r.IntN(12); {
	case n < 2 && len(r.tasks) < r.shape.Tasks:
		r.tasks = append(r.tasks, m.TaskBegin(r.tick(), task, randomName("task", r.IntN(10)), r.site()))
	case n < 4 && len(r.tasks) > 0:
		i := r.IntN(len(r.tasks))
		m.TaskEnd(r.tick(), r.tasks[i], r.site())
		r.tasks[i] = r.tasks[len(r.tasks)-1]
		r.tasks = r.tasks[:len(r.tasks)-1]
	case n < 7 && len(open) < 10:
		m.RegionBegin(r.tick(), task, randomName("region", r.IntN(10)), r.site())
	case n < 9 && len(open) > 0:
		top := open[len(open)-1]
		m.RegionEnd(r.tick(), top.task, top.name, r.site())
	case n == 9:
		m.Label(r.tick(), randomName("label", r.IntN(3)))
	default:
		m.Log(r.tick(), task, "category", randomName("message ", r.IntN(1000)), r.site())
	}
}

// blockReason returns one of the runtime's reasons (runtime/traceruntime.go).
func blockReason(i int) string {
	reasons := [...]string{
		"network", "select", "sync", "chan send", "chan receive", "sleep",
		"sync.(*Cond).Wait", "GC mark assist wait for work",
	}
	return reasons[i%len(reasons)]
}

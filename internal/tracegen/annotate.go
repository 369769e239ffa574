package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// Task is a user task's number. The zero Task is the background task.
type Task uint64

type region struct {
	task Task
	name string
}

// Label labels the running goroutine, as the runtime labels GC workers.
func (m *Thread) Label(at int64, label string) {
	m.at("Label", at)
	m.needRunning()
	m.list()
	m.write(wire.EvGoLabel, m.world.text(label))
}

// TaskBegin begins a task with the next number.
func (m *Thread) TaskBegin(at int64, parent Task, name string, stack Stack) Task {
	m.at("TaskBegin", at)
	m.needRunning()
	w := m.world
	m.list()
	w.task++
	m.write(wire.EvUserTaskBegin, uint64(w.task), uint64(parent), w.text(name), w.stackID(stack))
	return w.task
}

// TaskEnd ends a task. One that the trace has not seen beginning, or ending
// already, is fine: programs do that.
func (m *Thread) TaskEnd(at int64, task Task, stack Stack) {
	m.at("TaskEnd", at)
	m.needRunning()
	m.list()
	m.write(wire.EvUserTaskEnd, uint64(task), m.world.stackID(stack))
}

// RegionBegin begins a region of the running goroutine.
func (m *Thread) RegionBegin(at int64, task Task, name string, stack Stack) {
	m.at("RegionBegin", at)
	m.needRunning()
	w := m.world
	m.list()
	m.write(wire.EvUserRegionBegin, uint64(task), w.text(name), w.stackID(stack))
	w.regions[m.g] = append(w.regions[m.g], region{task, name})
}

// RegionEnd ends a region: the running goroutine's innermost, or one that
// began before the trace if it has none.
func (m *Thread) RegionEnd(at int64, task Task, name string, stack Stack) {
	m.at("RegionEnd", at)
	m.needRunning()
	w := m.world
	if open := w.regions[m.g]; len(open) > 0 {
		if top := open[len(open)-1]; top != (region{task, name}) {
			m.fail("region %q of task %d is not the innermost, which is %q of task %d", name, task, top.name, top.task)
		}
		if w.regions[m.g] = open[:len(open)-1]; len(open) == 1 {
			delete(w.regions, m.g)
		}
	}
	m.list()
	m.write(wire.EvUserRegionEnd, uint64(task), w.text(name), w.stackID(stack))
}

// Log logs a message in a category.
func (m *Thread) Log(at int64, task Task, category, message string, stack Stack) {
	m.at("Log", at)
	m.needRunning()
	w := m.world
	m.list()
	m.write(wire.EvUserLog, uint64(task), w.text(category), w.text(message), w.stackID(stack))
}

// Sample takes a CPU profile sample of what the thread is doing.
func (m *Thread) Sample(at int64, stack Stack) {
	m.at("Sample", at)
	w := m.world
	proc, g := NoProc, uint64(0)
	if m.proc != nil {
		proc = m.proc.id
	}
	if m.g != nil {
		g = m.g.id
	}
	w.gen.CPUSample(w.claim(w.units(at+m.skew)), m.id, proc, g, w.stackID(stack))
}

// AllocFree writes an event of the AllocFree experiment (Go 1.23,
// GODEBUG=traceallocfree=1) with the arguments that its type has.
func (m *Thread) AllocFree(at int64, t wire.EventType, args ...uint64) {
	m.at("AllocFree", at)
	w := m.world
	w.since(wire.Go123)
	spec, ok := wire.SpecOf(t)
	if !ok || t < wire.EvSpan {
		m.fail("event type %d is not of the experiment", t)
	}
	if len(args) != int(spec.Args)-1 {
		m.fail("%s takes %d arguments, not %d", spec.Name, spec.Args-1, len(args))
	}
	m.list()
	m.write(t, args...)
}

// AllocFreeInfo writes the batch in which the experiment describes the heap,
// as the runtime does at the trace's beginning.
func (w *World) AllocFreeInfo(at int64, data ...byte) {
	w.at("AllocFreeInfo", at)
	w.since(wire.Go123)
	const allocFree = 1 // internal/trace/tracev2.AllocFree
	w.gen.Raw(AppendExperimentalBatch(nil, allocFree, w.number, NoThread, w.units(at), data)...)
}

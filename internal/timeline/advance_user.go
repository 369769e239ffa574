package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/reading"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func (t *Timeline) label(c *cursor) error {
	g, err := t.current(c.thread)
	if err != nil {
		return err
	}
	o := t.push(detectors.GoLabel, c.Time, c.thread)
	o.G, o.Text = &g.Goroutine, t.sym.text(c.Args[0])
	return nil
}

func (t *Timeline) taskBegin(c *cursor) error {
	id := detectors.TaskID(c.Args[0])
	if _, ok := t.tasks[id]; ok {
		return fmt.Errorf("task %d begins a second time", id)
	}
	if err := c.thread.checkUser(); err != nil {
		return err
	}
	t.beginTask(c.Time, c.thread, id, detectors.TaskID(c.Args[1]), t.sym.text(c.Args[2]), t.sym.stack(c.Args[3]))
	return nil
}

// beginTask follows a task. A task may end more than once, or never, or have begun
// before the trace did; only a second beginning contradicts.
func (t *Timeline) beginTask(at wire.Time, th *thread, id, parent detectors.TaskID, name string, stack detectors.StackID) {
	o := t.push(detectors.TaskBegin, at, th)
	o.Task, o.Parent = id, parent
	o.Text, o.Stack = name, stack
	if len(t.tasks) >= limits.Tasks {
		t.ignored++
		return
	}
	k := task{parent: parent, name: name, since: o.Time, by: uint32(th.gid)}
	if parent == 0 {
		t.roots++
		if t.divides() {
			k.first, k.arrived = t.arrival(th.current(), o.Time)
			k.stack = stack
		}
	}
	t.tasks[id] = k
}

func (t *Timeline) taskEnd(c *cursor) error {
	if err := c.thread.checkUser(); err != nil {
		return err
	}
	t.endTask(c.Time, c.thread, detectors.TaskID(c.Args[0]), t.sym.stack(c.Args[1]))
	return nil
}

func (t *Timeline) endTask(at wire.Time, th *thread, id detectors.TaskID, stack detectors.StackID) {
	o := t.push(detectors.TaskEnd, at, th)
	o.Task, o.Stack = id, stack
	if k, ok := t.tasks[id]; ok {
		o.Parent, o.Text = k.parent, k.name
		o.Duration, o.Known = max(0, o.Time.Sub(k.since)), true
		if t.divides() {
			t.past.spans(th, Span{
				Name: k.name, Begin: k.since, End: o.Time, BeganOn: k.by, Stack: stack,
				Arrived: k.arrived, First: k.first, BeginStack: k.stack,
			})
		}
		t.dropTask(id, k)
	}
}

// dropTask no longer follows a task.
func (t *Timeline) dropTask(id detectors.TaskID, k task) {
	if k.parent == 0 {
		t.roots--
	}
	delete(t.tasks, id)
}

func (t *Timeline) regionBegin(c *cursor) error {
	g, err := t.current(c.thread)
	if err != nil {
		return err
	}
	t.beginRegion(c.Time, c.thread, g, detectors.TaskID(c.Args[0]), t.sym.text(c.Args[1]), t.sym.stack(c.Args[2]))
	return nil
}

func (t *Timeline) beginRegion(at wire.Time, th *thread, g *goroutine, task detectors.TaskID, name string, stack detectors.StackID) {
	o := t.push(detectors.RegionBegin, at, th)
	o.G, o.Task = &g.Goroutine, task
	o.Text, o.Stack = name, stack
	if !t.regions.begin(g.ID, region{task, name, o.Time}) {
		t.ignored++
	}
}

func (t *Timeline) regionEnd(c *cursor) error {
	g, err := t.current(c.thread)
	if err != nil {
		return err
	}
	return t.endRegion(c.Time, c.thread, g, detectors.TaskID(c.Args[0]), t.sym.text(c.Args[1]), t.sym.stack(c.Args[2]))
}

func (t *Timeline) endRegion(at wire.Time, th *thread, g *goroutine, task detectors.TaskID, name string, stack detectors.StackID) error {
	o := t.push(detectors.RegionEnd, at, th)
	o.G, o.Task = &g.Goroutine, task
	o.Text, o.Stack = name, stack
	top, ok := t.regions.innermost(g.ID)
	if !ok {
		return nil // it began before the trace did
	}
	if top.task != task || top.name != name {
		return fmt.Errorf("region %q of goroutine %d ends inside region %q", name, g.ID, top.name)
	}
	o.Duration, o.Known = max(0, o.Time.Sub(top.since)), true
	if t.divides() {
		t.past.spans(th, Span{Name: name, Region: true, Begin: top.since, End: o.Time, BeganOn: uint32(g.ID), Stack: stack})
	}
	t.regions.end(g.ID)
	return nil
}

func (t *Timeline) log(c *cursor) error {
	if err := c.thread.checkUser(); err != nil {
		return err
	}
	t.logs(c.Time, c.thread, detectors.TaskID(c.Args[0]), t.sym.text(c.Args[1]), t.sym.text(c.Args[2]), t.sym.stack(c.Args[3]))
	return nil
}

func (t *Timeline) logs(at wire.Time, th *thread, task detectors.TaskID, category, message string, stack detectors.StackID) {
	o := t.push(detectors.Log, at, th)
	if category == reading.Category && t.byWatch(th.current(), stack) {
		t.read(message, o.Time)
	}
	o.Task = task
	o.Text, o.Text2 = category, message
	o.Stack = stack
}

// byWatch reports whether a goroutine that is at a stack is the watch's. Where a trace begins, as a dump
// does, nothing but that stack may have told yet what it began in.
func (t *Timeline) byWatch(g *goroutine, stack detectors.StackID) bool {
	switch {
	case g == nil:
		return false
	case g.Start == 0:
		return t.code.Stack(stack).Class == detectors.ClassWatch
	default:
		return g.Class == detectors.ClassWatch
	}
}

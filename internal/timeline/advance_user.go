package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
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

// taskBegin follows a task. A task may end more than once, or never, or have begun
// before the trace did; only a second beginning contradicts.
func (t *Timeline) taskBegin(c *cursor) error {
	id := detectors.TaskID(c.Args[0])
	if _, ok := t.tasks[id]; ok {
		return fmt.Errorf("task %d begins a second time", id)
	}
	if err := c.thread.checkUser(); err != nil {
		return err
	}
	o := t.push(detectors.TaskBegin, c.Time, c.thread)
	o.Task, o.Parent = id, detectors.TaskID(c.Args[1])
	o.Text, o.Stack = t.sym.text(c.Args[2]), t.sym.stack(c.Args[3])
	if len(t.tasks) >= limits.Tasks {
		t.ignored++
		return nil
	}
	t.tasks[id] = task{parent: o.Parent, name: o.Text, since: o.Time}
	return nil
}

func (t *Timeline) taskEnd(c *cursor) error {
	if err := c.thread.checkUser(); err != nil {
		return err
	}
	id := detectors.TaskID(c.Args[0])
	o := t.push(detectors.TaskEnd, c.Time, c.thread)
	o.Task, o.Stack = id, t.sym.stack(c.Args[1])
	if k, ok := t.tasks[id]; ok {
		o.Parent, o.Text = k.parent, k.name
		o.Duration, o.Known = max(0, o.Time.Sub(k.since)), true
		delete(t.tasks, id)
	}
	return nil
}

func (t *Timeline) regionBegin(c *cursor) error {
	g, err := t.current(c.thread)
	if err != nil {
		return err
	}
	o := t.push(detectors.RegionBegin, c.Time, c.thread)
	o.G, o.Task = &g.Goroutine, detectors.TaskID(c.Args[0])
	o.Text, o.Stack = t.sym.text(c.Args[1]), t.sym.stack(c.Args[2])
	open := t.regions[g.ID]
	if len(open) >= limits.Regions {
		t.ignored++
		return nil
	}
	t.regions[g.ID] = append(open, region{o.Task, o.Text, o.Time})
	return nil
}

func (t *Timeline) regionEnd(c *cursor) error {
	g, err := t.current(c.thread)
	if err != nil {
		return err
	}
	o := t.push(detectors.RegionEnd, c.Time, c.thread)
	o.G, o.Task = &g.Goroutine, detectors.TaskID(c.Args[0])
	o.Text, o.Stack = t.sym.text(c.Args[1]), t.sym.stack(c.Args[2])
	open := t.regions[g.ID]
	if len(open) == 0 {
		return nil // it began before the trace did
	}
	top := open[len(open)-1]
	if top.task != o.Task || top.name != o.Text {
		return fmt.Errorf("region %q of goroutine %d ends inside region %q", o.Text, g.ID, top.name)
	}
	o.Duration, o.Known = max(0, o.Time.Sub(top.since)), true
	if len(open) == 1 {
		delete(t.regions, g.ID)
	} else {
		t.regions[g.ID] = open[:len(open)-1]
	}
	return nil
}

func (t *Timeline) log(c *cursor) error {
	if err := c.thread.checkUser(); err != nil {
		return err
	}
	o := t.push(detectors.Log, c.Time, c.thread)
	o.Task = detectors.TaskID(c.Args[0])
	o.Text, o.Text2 = t.sym.text(c.Args[1]), t.sym.text(c.Args[2])
	o.Stack = t.sym.stack(c.Args[3])
	return nil
}

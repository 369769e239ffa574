package detectortest

import "github.com/gotracewatch/tracewatch/internal/tracegen"

// active fails unless a P can say something.
func (pl *player) active(p *proc) {
	if p.stopped || p.g != nil && p.g.state != running {
		pl.fail("P%d says nothing while it is idle or its goroutine is in a system call", p.id)
	}
}

func (pl *player) heap(p *proc, bytes uint64) {
	pl.active(p)
	p.m.HeapAlloc(pl.at(), bytes)
}

func (pl *player) goal(p *proc, bytes uint64) {
	pl.active(p)
	pl.goals = bytes
	p.m.HeapGoal(pl.at(), bytes)
}

// whereOn is where for a goroutine, or for none.
func (pl *player) whereOn(g *goroutine, at place) tracegen.Stack {
	if g == nil {
		return pl.stack(at.frames)
	}
	return pl.where(g, at)
}

func (pl *player) sweepBegin(p *proc, g *goroutine, at place) {
	pl.active(p)
	if p.sweeping {
		pl.fail("P%d is sweeping already", p.id)
	}
	p.m.SweepBegin(pl.at(), pl.whereOn(g, at))
	p.sweeping = true
}

func (pl *player) sweepEnd(p *proc, swept, reclaimed uint64) {
	pl.active(p)
	if !p.sweeping {
		pl.fail("P%d is not sweeping", p.id)
	}
	p.m.SweepEnd(pl.at(), swept, reclaimed)
	p.sweeping = false
}

func (pl *player) sample(p *proc, g *goroutine, at place) {
	p.m.Sample(pl.at(), pl.whereOn(g, at))
}

func (pl *player) gc(g *goroutine, begins bool, at place) {
	pl.running(g)
	switch {
	case begins && pl.mark:
		pl.fail("a collection is marking already")
	case begins:
		g.m.GCBegin(pl.at(), pl.where(g, at))
	case !pl.mark:
		pl.fail("no collection is marking (gc begins, or before the trace: gc was marking)")
	default:
		g.m.GCEnd(pl.at())
	}
	pl.mark = begins
}

func (pl *player) assist(g *goroutine, begins bool, at place) {
	pl.running(g)
	switch {
	case begins && g.helps:
		pl.fail("%s is in an assist already", g)
	case begins:
		g.m.AssistBegin(pl.at(), pl.where(g, at))
	case !g.helps:
		pl.fail("%s is not in an assist", g)
	default:
		g.m.AssistEnd(pl.at())
	}
	g.helps = begins
}

func (pl *player) stopTheWorld(g *goroutine, kind string, at place) {
	pl.running(g)
	if other := pl.stop; other != nil {
		pl.fail("%s has stopped the world already (line %d)", other, other.told)
	}
	g.m.STWBegin(pl.at(), kind, pl.where(g, at))
	pl.stop = g
	g.told = pl.line
}

func (pl *player) startTheWorld(g *goroutine) {
	pl.running(g)
	if pl.stop != g {
		pl.fail("%s has not stopped the world", g)
	}
	g.m.STWEnd(pl.at())
	pl.stop = nil
}

// inTask returns a task by the text's name of it.
func (pl *player) inTask(id string) tracegen.Task {
	task, ok := pl.tasks[id]
	if !ok && id != "" {
		pl.fail("the task %s has not begun", id)
	}
	return task
}

func (pl *player) taskBegin(g *goroutine, id, name, parent string, at place) {
	pl.running(g)
	pl.tasks[id] = g.m.TaskBegin(pl.at(), pl.inTask(parent), name, pl.where(g, at))
}

func (pl *player) taskEnd(g *goroutine, id string, at place) {
	pl.running(g)
	g.m.TaskEnd(pl.at(), pl.inTask(id), pl.where(g, at))
}

func (pl *player) regionBegin(g *goroutine, name, task string, at place) {
	pl.running(g)
	r := region{name, pl.inTask(task)}
	g.m.RegionBegin(pl.at(), r.task, r.name, pl.where(g, at))
	g.regions = append(g.regions, r)
}

func (pl *player) regionEnd(g *goroutine, at place) {
	pl.running(g)
	n := len(g.regions) - 1
	if n < 0 {
		pl.fail("%s is in no region", g)
	}
	r := g.regions[n]
	g.m.RegionEnd(pl.at(), r.task, r.name, pl.where(g, at))
	g.regions = g.regions[:n]
}

func (pl *player) log(g *goroutine, category, message, task string, at place) {
	pl.running(g)
	g.m.Log(pl.at(), pl.inTask(task), category, message, pl.where(g, at))
}

func (pl *player) label(g *goroutine, label string) {
	pl.running(g)
	g.m.Label(pl.at(), label)
}

func (pl *player) procsChange(g *goroutine, n int, at place) {
	pl.running(g)
	g.m.ProcsChange(pl.at(), n, pl.where(g, at))
}

package detectortest

import "github.com/gotracewatch/tracewatch/internal/tracegen"

// must fails unless a goroutine is in a state.
func (pl *player) must(g *goroutine, want state, todo string) {
	if g.state == want {
		return
	}
	switch {
	case g.finished:
		pl.fail("%s cannot %s: it ended at %v (line %d)", g, todo, g.since, g.told)
	case g.g == nil && g.createdBy != 0:
		pl.fail("%s cannot %s: it does not exist yet (line %d creates it)", g, todo, g.createdBy)
	}
	hint := ""
	switch {
	case want == waiting && g.state == runnable:
		hint = "; it goes on when it gets a P (on P0)"
		if g.told == g.line {
			hint += `, or else it should have parked when it was created (parks "chan receive")`
		}
	case want == runnable && g.state == waiting:
		hint = "; first it has to be woken"
	case want == running && g.state == waiting:
		hint = "; first it has to be woken and get a P (woken, +1us on P0)"
	case want == running && g.state == runnable:
		hint = "; first it has to get a P (on P0)"
	case want == running && g.state == inSyscall:
		hint = "; first it returns"
	case g.state == running:
		hint = " on P" + itoa(g.p.id)
	}
	pl.fail("%s cannot %s: it is %v since %v (line %d)%s", g, todo, g.state, g.since, g.told, hint)
}

// running returns a goroutine that has to run.
func (pl *player) running(g *goroutine) *goroutine {
	pl.must(g, running, "do that")
	return g
}

// free fails unless a P has nothing to run.
func (pl *player) free(p *proc, todo string) {
	if p.stopped {
		pl.fail("P%d cannot %s: it is idle (P%[1]d starts comes first)", p.id, todo)
	}
	if g := p.g; g != nil {
		hint := ""
		if g.state == inSyscall {
			hint = "; it has to return or to lose its P (loses P)"
		}
		pl.fail("P%d cannot %s: %s is %v there since %v (line %d)%s", p.id, todo, g, g.state, g.since, g.told, hint)
	}
}

func (pl *player) start(on int, g *goroutine) {
	p := pl.procs[on]
	pl.must(g, runnable, "get a P")
	pl.free(p, "run "+g.String())
	pl.startHere(p, g)
}

func (pl *player) startHere(p *proc, g *goroutine) {
	p.m.Start(pl.at(), g.g)
	g.p, g.m, p.g = p, p.m, g
	pl.set(g, running)
}

// leaves takes a running goroutine off its P.
func (pl *player) leaves(g *goroutine, to state) {
	if pl.stop == g {
		pl.fail("%s has stopped the world (line %d): it has to start it first (stw ends)", g, g.told)
	}
	g.p.g, g.p, g.m = nil, nil, nil
	pl.set(g, to)
}

func (pl *player) block(g *goroutine, reason string, at place) {
	pl.must(g, running, "block")
	g.m.Block(pl.at(), reason, pl.where(g, at))
	pl.leaves(g, waiting)
}

func (pl *player) yield(g *goroutine, at place) {
	pl.must(g, running, "yield")
	g.m.Yield(pl.at(), pl.where(g, at))
	pl.leaves(g, runnable)
}

func (pl *player) preempt(g *goroutine, at place) {
	pl.must(g, running, "be preempted")
	g.m.Preempt(pl.at(), pl.where(g, at))
	pl.leaves(g, runnable)
}

func (pl *player) end(g *goroutine) {
	pl.must(g, running, "end")
	if g.helps {
		pl.fail("%s cannot end in an assist (assist ends comes first)", g)
	}
	m := g.m
	pl.leaves(g, absent)
	g.finished = true
	m.End(pl.at())
}

func (pl *player) wake(by, g *goroutine, at place) {
	pl.must(by, running, "wake "+g.String())
	pl.must(g, waiting, "be woken")
	by.m.Unblock(pl.at(), g.g, pl.where(by, at))
	pl.set(g, runnable)
}

// pollerWakes lets the network poller or a timer wake a goroutine, on a P or on none.
func (pl *player) pollerWakes(on int, g *goroutine) {
	pl.must(g, waiting, "be woken")
	m := pl.none
	if on != noProc {
		pl.free(pl.procs[on], "look for work")
		m = pl.procs[on].m
	}
	pl.wakeBy(m, g)
}

func (pl *player) wakeBy(m *tracegen.Thread, g *goroutine) {
	m.NetpollUnblock(pl.at(), g.g)
	pl.set(g, runnable)
}

func (pl *player) create(by, g *goroutine, at place, coroutine bool) {
	pl.must(by, running, "create "+g.String())
	if !at.said {
		at = place{true, g.creator}
	}
	make, st := by.m.Create, runnable
	if coroutine {
		make, st = by.m.CreateBlocked, waiting
	}
	g.frames = g.begins
	pl.adopt(g, make(pl.at(), pl.stack(g.begins), pl.stack(at.frames)), st)
}

// timerCreates lets a timer (time.AfterFunc) create a goroutine on a P.
func (pl *player) timerCreates(on int, g *goroutine) {
	p := pl.procs[on]
	pl.free(p, "run a timer")
	g.frames = g.begins
	pl.adopt(g, p.m.Create(pl.at(), pl.stack(g.begins), 0), runnable)
}

// switchTo parks a goroutine and runs a coroutine in its place.
func (pl *player) switchTo(g, to *goroutine) {
	pl.must(g, running, "switch")
	pl.must(to, waiting, "be switched to")
	p := g.p
	g.m.Switch(pl.at(), to.g)
	pl.leaves(g, waiting)
	to.p, to.m, p.g = p, p.m, to
	pl.set(to, running)
}

func (pl *player) syscall(g *goroutine, at place) {
	pl.must(g, running, "enter a system call")
	g.m.Syscall(pl.at(), pl.where(g, at))
	pl.set(g, inSyscall)
}

// loseP lets the runtime's monitor take the P of a goroutine in a system call, and hand it
// to another thread.
func (pl *player) loseP(g *goroutine) {
	pl.must(g, inSyscall, "lose its P to the monitor")
	if g.p == nil {
		pl.fail("%s has lost its P already", g)
	}
	pl.none.Steal(pl.at(), g.p.p)
	pl.handOver(g.p)
}

// syscallReturns lets a goroutine go on if it still has its P. Else it is runnable.
func (pl *player) syscallReturns(g *goroutine) {
	pl.must(g, inSyscall, "return")
	if g.p != nil {
		g.m.SyscallEnd(pl.at())
		pl.set(g, running)
		return
	}
	g.m.SyscallEndBlocked(pl.at())
	pl.spare = append(pl.spare, g.m)
	g.m = nil
	pl.set(g, runnable)
}

func (pl *player) stopP(on int) {
	p := pl.procs[on]
	pl.free(p, "stop")
	p.m.StopP(pl.at())
	p.stopped = true
}

func (pl *player) startP(on int) {
	p := pl.procs[on]
	if !p.stopped {
		pl.fail("P%d cannot start: it is not idle", p.id)
	}
	p.m.StartP(pl.at(), p.p)
	p.stopped = false
}

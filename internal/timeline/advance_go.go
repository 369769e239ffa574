package timeline

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// transition pushes an observation of g's change to a state and makes it.
func (t *Timeline) transition(kind detectors.Kind, c *cursor, th *thread, g *goroutine, to detectors.GoState) *detectors.Observation {
	o := t.push(kind, c.Time, th)
	o.G = &g.Goroutine
	o.From, o.To = g.State, to
	o.Known = g.SinceKnown
	o.Duration = g.age(o.Time)
	if t.past != nil {
		t.past.changes(kind, th, g, o.Time)
	}
	g.become(to, o.Time)
	return o
}

func (t *Timeline) goStart(c *cursor) outcome {
	th, g := c.thread, t.gs.find(c.Args[0])
	if g == nil || g.State != detectors.Runnable || !succeeds(t.gen, c.Args[1], g.gen, g.seq) {
		// It may not be created, not listed or not woken yet, on a thread whose
		// events come later here.
		return notYet
	}
	if err := th.check(needThread | needProc | needNoGo); err != nil {
		return t.broke(err)
	}
	t.started(c, th, g)
	return happened
}

func (t *Timeline) goUnblock(c *cursor) outcome {
	th, g := c.thread, t.gs.find(c.Args[0])
	if g == nil || g.State != detectors.Waiting || !succeeds(t.gen, c.Args[1], g.gen, g.seq) {
		return notYet
	}
	by := t.sym.stack(c.Args[2])
	t.waited(g, t.moment(c.Time), th.gid == 0 && by == 0)
	g.Waker = by
	o := t.transition(detectors.GoUnpark, c, th, g, detectors.Runnable)
	o.Reason, o.Stack, o.ByStack = g.Reason, g.Stack, by
	t.wakes(th.gid != 0, g)
	return happened
}

// wakes notes that g is woken, by someone who is a goroutine or by nobody.
func (t *Timeline) wakes(someone bool, g *goroutine) {
	g.seq++
	// A goroutine that another one wakes from a channel is given something. Locks and
	// timers give nothing.
	if someone && (g.Reason == detectors.ReasonChanReceive || g.Reason == detectors.ReasonSelect) {
		g.given = true
	}
}

func (t *Timeline) goStopped(c *cursor) outcome {
	th := c.thread
	g := th.runs(detectors.Running)
	if g == nil {
		return t.notRunning(th)
	}
	t.stopsAt(g, t.sym.reason(c.Args[0]), t.sym.stack(c.Args[1]))
	t.ran(g, t.moment(c.Time))
	kind, to := detectors.GoPark, detectors.Waiting
	if c.Type == wire.EvGoBlock {
		t.parks(g)
	} else {
		kind, to = t.yields(g), detectors.Runnable
	}
	o := t.transition(kind, c, th, g, to)
	o.Reason, o.Stack = g.Reason, g.Stack
	th.unbind()
	return happened
}

// stopsAt notes where and why g stops running.
func (t *Timeline) stopsAt(g *goroutine, reason detectors.Reason, stack detectors.StackID) {
	g.Reason, g.Stack = reason, stack
	if g.Start == 0 && stack != 0 {
		s := t.code.Stack(stack)
		g.Start, g.Class = s.Bottom, s.Class
	}
}

// calls notes where g enters a system call.
func (t *Timeline) calls(g *goroutine, stack detectors.StackID) {
	t.stopsAt(g, detectors.ReasonNone, stack)
	g.wrote = g.wrote || t.code.Writes(stack)
}

// parks notes what g waits for.
func (t *Timeline) parks(g *goroutine) {
	if g.Reason == detectors.ReasonPreempted {
		t.totals.All.Suspended++
	}
	if t.exact {
		return
	}
	switch g.Reason {
	case detectors.ReasonNetwork:
		g.sited = true
		t.parksOnNet(g)
	case detectors.ReasonSelect:
		g.sited = false
		t.parksOnNet(g)
	case detectors.ReasonSync:
		g.sited = t.code.Stack(g.Stack).Lock.Excludes()
	default:
		g.sited = false
	}
}

// started lets g run on th.
func (t *Timeline) started(c *cursor, th *thread, g *goroutine) {
	t.delayed(g, th.p, t.moment(c.Time))
	o := t.transition(detectors.GoStart, c, th, g, detectors.Running)
	o.Reason, o.Stack = g.Reason, g.Stack
	t.starts(th, g)
}

// starts notes that g runs on th.
func (t *Timeline) starts(th *thread, g *goroutine) {
	g.seq++
	g.LastP = detectors.ProcID(th.p)
	g.NoPreempt = g.assist.active
	th.bind(g)
}

// notRunning is the outcome of an event whose thread does not run what it should.
func (t *Timeline) notRunning(th *thread) outcome {
	if err := th.check(needUser); err != nil {
		return t.broke(err)
	}
	return t.broke(th.notHeld())
}

func (t *Timeline) goDestroy(c *cursor) outcome {
	th := c.thread
	g := th.runs(detectors.Running)
	if g == nil {
		return t.notRunning(th)
	}
	t.ended(c, th, g)
	th.unbind()
	return happened
}

// ended lets g end. Its slot in the table must outlive the telling, so that it is
// copied into the observation's own.
func (t *Timeline) ended(c *cursor, th *thread, g *goroutine) {
	if g.State == detectors.Running {
		t.ran(g, t.moment(c.Time))
	}
	o := t.transition(detectors.GoEnd, c, th, g, detectors.NotExist)
	t.dead = g.Goroutine
	o.G = &t.dead
	t.forgets(g)
}

// forgets drops what is known of g, which has ended.
func (t *Timeline) forgets(g *goroutine) {
	t.gone(g)
	t.regions.forget(g.ID)
	t.gs.remove(g)
}

// goSwitch is a coroutine's hand-over: the goroutine named is woken, the running one
// parks or ends, the goroutine named starts, all at once.
func (t *Timeline) goSwitch(c *cursor) outcome {
	th := c.thread
	if err := th.checkUser(); err != nil {
		return t.broke(err)
	}
	cur, err := th.holds(detectors.Running)
	if err != nil {
		return t.broke(err)
	}
	next := t.gs.find(c.Args[0])
	if next == nil || next.State != detectors.Waiting || !succeeds(t.gen, c.Args[1], next.gen, next.seq) {
		return notYet
	}
	t.waited(next, t.moment(c.Time), false)
	next.Waker = 0 // none is recorded
	o := t.transition(detectors.GoUnpark, c, th, next, detectors.Runnable)
	o.Reason, o.Stack = next.Reason, next.Stack
	if c.Type == wire.EvGoSwitch {
		cur.Reason, cur.Stack, cur.sited = detectors.ReasonNone, 0, false // none is recorded
		t.ran(cur, t.moment(c.Time))
		t.transition(detectors.GoPark, c, th, cur, detectors.Waiting)
	} else {
		t.ended(c, th, cur)
	}
	th.unbind()
	t.started(c, th, next)
	return happened
}

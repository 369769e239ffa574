package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// goState translates a goroutine's status on the wire.
var goState = [...]detectors.GoState{
	wire.GoRunnable: detectors.Runnable,
	wire.GoRunning:  detectors.Running,
	wire.GoSyscall:  detectors.Syscall,
	wire.GoWaiting:  detectors.Waiting,
}

// transition pushes an observation of g's change to a state and makes it.
func (t *Timeline) transition(kind detectors.Kind, c *cursor, th *thread, g *goroutine, to detectors.GoState) *detectors.Observation {
	o := t.push(kind, c.Time, th)
	o.G = &g.Goroutine
	o.From, o.To = g.State, to
	o.Known = g.SinceKnown
	o.Duration = o.Time.Sub(g.Since)
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
	o := t.transition(detectors.GoUnpark, c, th, g, detectors.Runnable)
	o.Reason, o.Stack, o.ByStack = g.Reason, g.Stack, by
	t.wakes(th, g)
	return happened
}

// wakes notes that th's goroutine wakes g.
func (t *Timeline) wakes(th *thread, g *goroutine) {
	g.seq++
	// A goroutine that another one wakes from a channel is given something. Locks and
	// timers give nothing.
	if th.gid != 0 && (g.Reason == detectors.ReasonChanReceive || g.Reason == detectors.ReasonSelect) {
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

// parks notes what g waits for.
func (t *Timeline) parks(g *goroutine) {
	g.network = g.Reason == detectors.ReasonNetwork
	if g.network || g.Reason == detectors.ReasonSelect {
		t.parksOnNet(g)
	}
}

func (t *Timeline) parksOnNet(g *goroutine) {
	if s := t.code.Stack(g.Stack); s.Net.FD != detectors.FDNone {
		g.network = true
		t.parkedOnNet(g, s)
	}
}

func (t *Timeline) syscallBegin(c *cursor) outcome {
	th := c.thread
	g := th.runs(detectors.Running)
	if g == nil {
		return t.notRunning(th)
	}
	p := t.proc(th.p)
	if p == nil {
		return t.broke(fmt.Errorf("P %d is not known", th.p))
	}
	if !succeeds(t.gen, c.Args[0], p.gen, p.seq) {
		return t.broke(fmt.Errorf("P %d's events are out of sequence: %d after %d", th.p, c.Args[0], p.seq))
	}
	t.stopsAt(g, detectors.ReasonNone, t.sym.stack(c.Args[1]))
	t.ran(g, t.moment(c.Time))
	o := t.transition(detectors.GoSyscall, c, th, g, detectors.Syscall)
	o.Stack = g.Stack
	p.seq++
	p.status = wire.ProcSyscall
	return happened
}

func (t *Timeline) syscallEnd(c *cursor) outcome {
	th := c.thread
	g := th.runs(detectors.Syscall)
	if g == nil {
		return t.notRunning(th)
	}
	p := t.proc(th.p)
	if p == nil || p.status != wire.ProcSyscall {
		return t.broke(fmt.Errorf("P %d is not in a system call", th.p))
	}
	o := t.transition(detectors.GoSyscallEnd, c, th, g, detectors.Running)
	o.Stack = g.Stack
	p.status = wire.ProcRunning
	return happened
}

// parkedOnNet notes whether a network wait is on somebody's behalf. Request handlers
// always are. For others what came between this wait and the last one tells: see
// given. A newborn of an accept loop, or one that reads in the very function it began
// in, is a connection's loop; any other is an errand. To where it read first of all,
// before it was given anything, a server's loop comes back for the next request,
// whatever it waited for in between.
func (t *Timeline) parkedOnNet(g *goroutine, s *detectors.Stack) {
	first := g.netSite == 0 && g.Born && !g.given
	if s.Net.Mode == detectors.NetAccept {
		g.accepts = true
	}
	if g.netSite == 0 && g.Born && !g.accepted {
		g.given = g.given || t.code.Site(s.Site).Func != t.code.Site(g.Start).Func
	}
	elsewhere := g.netSite != 0 && g.netSite != s.Site
	g.OnBehalf = s.Request || (g.given || elsewhere) && s.Site != g.home
	if first {
		g.home = s.Site
	}
	g.netSite, g.given = s.Site, false
}

func (t *Timeline) goStatus(c *cursor) error {
	id, tid, status := c.Args[0], c.Args[1], wire.GoStatus(min(c.Args[2], 255))
	if status == wire.GoBad || int(status) >= len(goState) {
		return fmt.Errorf("goroutine %d in status %d", id, c.Args[2])
	}
	g := t.gs.find(id)
	state := goState[status]
	from := state
	switch {
	case g == nil && t.gen != t.initial:
		return fmt.Errorf("goroutine %d is listed, but was never created", id)
	case g == nil:
		var err error
		if g, err = t.gs.add(id); err != nil {
			return err
		}
		g.State = state
		from = detectors.Undetermined
	case g.State != state:
		return fmt.Errorf("goroutine %d is listed as %v, but was %v", id, state, g.State)
	}
	g.gen, g.seq = t.gen, 0

	ctx := *c.thread
	switch {
	case state == detectors.Running:
		c.thread.bind(g)
	case state != detectors.Syscall:
	case tid == wire.NoThread:
		return fmt.Errorf("goroutine %d is in a system call on no thread", id)
	case detectors.ThreadID(tid) == c.thread.id:
		if t.gen != t.initial && c.thread.gid != id {
			return fmt.Errorf("goroutine %d is in a system call on thread %d, which runs goroutine %d", id, tid, c.thread.gid)
		}
		c.thread.bind(g)
	default:
		// It has been in the system call, on another thread, since before the
		// generation began.
		other := t.threads[tid]
		if other == nil {
			t.thread(tid).bind(g)
		} else if other.gid != id {
			return fmt.Errorf("goroutine %d is in a system call on thread %d, which runs goroutine %d", id, tid, other.gid)
		} else {
			ctx.gid = id
		}
		ctx.id = detectors.ThreadID(tid)
	}

	o := t.push(detectors.GoList, c.Time, &ctx)
	o.G = &g.Goroutine
	o.From, o.To = from, state
	if from == detectors.Undetermined {
		g.Since = o.Time
	}
	if c.Type == wire.EvGoStatusStack {
		o.Stack = t.sym.stack(c.Args[3])
		t.listedAt(g, o.Stack)
	}
	o.Duration, o.Known = o.Time.Sub(g.Since), g.SinceKnown
	return nil
}

// listedAt notes the stack that a generation's list gives for a goroutine.
func (t *Timeline) listedAt(g *goroutine, stack detectors.StackID) {
	if stack == 0 {
		return
	}
	s := t.code.Stack(stack)
	if g.Start == 0 {
		g.Start, g.Class = s.Bottom, s.Class
	}
	if g.State == detectors.Waiting && s.Net.FD != detectors.FDNone && g.netSite == 0 {
		g.netSite, g.OnBehalf = s.Site, s.Request
		g.accepts = s.Net.Mode == detectors.NetAccept
	}
	g.Stack = stack
}

func (t *Timeline) goCreate(c *cursor) outcome {
	th := c.thread
	if err := th.check(needThread | needProc); err != nil {
		return t.broke(err)
	}
	if !th.mayCreate() {
		return t.broke(fmt.Errorf("goroutine %d creates one while it is not running", th.gid))
	}
	state := detectors.Runnable
	if c.Type == wire.EvGoCreateBlocked {
		state = detectors.Waiting
	}
	g, err := t.born(c.Args[0])
	if err != nil {
		return t.broke(err)
	}
	start, stack := t.sym.stack(c.Args[1]), t.sym.stack(c.Args[2])
	o := t.push(detectors.GoCreate, c.Time, th)
	o.G = &g.Goroutine
	o.From, o.To = detectors.NotExist, state
	o.Stack, o.ByStack = start, stack
	t.creates(th, g, state, o.Time, start, stack)
	return happened
}

// mayCreate reports whether th's goroutine, if it has one, is running.
func (th *thread) mayCreate() bool {
	return th.g == nil || uint64(th.g.ID) != th.gid || th.g.State == detectors.Running
}

// creates fills in what is known of g, which th has just created.
func (t *Timeline) creates(th *thread, g *goroutine, state detectors.GoState, at detectors.Time, start, stack detectors.StackID) {
	g.become(state, at)
	g.Born, g.CreatedAt = true, at
	g.Parent, g.Creator = detectors.GoID(th.gid), stack
	g.accepted = th.g != nil && th.g.accepts
	s := t.code.Stack(start)
	g.Start, g.Class = s.Bottom, s.Class
	t.created(g, th.gid == 0 && stack == 0 && state == detectors.Runnable)
}

// born makes a new goroutine.
func (t *Timeline) born(id uint64) (*goroutine, error) {
	if t.gs.find(id) != nil {
		return nil, fmt.Errorf("goroutine %d is created, but exists already", id)
	}
	g, err := t.gs.add(id)
	if err != nil {
		return nil, err
	}
	g.gen, g.seq = t.gen, 0
	g.LastP = detectors.NoProc
	return g, nil
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
	g.Assisted = g.assist.active
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
	if len(t.regions) > 0 {
		delete(t.regions, g.ID)
	}
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
	o := t.transition(detectors.GoUnpark, c, th, next, detectors.Runnable)
	o.Reason, o.Stack = next.Reason, next.Stack
	if c.Type == wire.EvGoSwitch {
		cur.Reason, cur.Stack, cur.network = detectors.ReasonNone, 0, false // none is recorded
		t.ran(cur, t.moment(c.Time))
		t.transition(detectors.GoPark, c, th, cur, detectors.Waiting)
	} else {
		t.ended(c, th, cur)
	}
	th.unbind()
	t.started(c, th, next)
	return happened
}

func (t *Timeline) syscallEndBlocked(c *cursor) outcome {
	th := c.thread
	if th.p != noProc {
		p := t.proc(th.p)
		if p == nil {
			return t.broke(fmt.Errorf("P %d is not known", th.p))
		}
		if p.status == wire.ProcSyscall {
			return notYet // the P will be taken away first
		}
	}
	if err := th.check(needThread | needGo); err != nil {
		return t.broke(err)
	}
	g, err := th.holds(detectors.Syscall)
	if err != nil {
		return t.broke(err)
	}
	t.returned(g, t.moment(c.Time))
	o := t.transition(detectors.GoSyscallEnd, c, th, g, detectors.Runnable)
	o.Stack = g.Stack
	th.unbind()
	return happened
}

// goCreateSyscall is a C thread that calls into Go: a goroutine appears, in the
// system call that C code is to Go.
func (t *Timeline) goCreateSyscall(c *cursor) error {
	th := c.thread
	if err := th.check(needThread | needNoGo); err != nil {
		return err
	}
	g, err := t.born(c.Args[0])
	if err != nil {
		return err
	}
	o := t.push(detectors.GoCreate, c.Time, th)
	o.G = &g.Goroutine
	o.From, o.To = detectors.NotExist, detectors.Syscall
	g.become(detectors.Syscall, o.Time)
	g.Born, g.CreatedAt = true, o.Time
	t.created(g, false)
	th.bind(g)
	return nil
}

// goDestroySyscall is a C thread going back to C for good. It may leave a P behind,
// in a system call that nobody will return from; the thread's number may be used
// again at once, so the P must not be looked for there any more.
func (t *Timeline) goDestroySyscall(c *cursor) error {
	th := c.thread
	if err := th.check(needThread | needGo); err != nil {
		return err
	}
	g, err := th.holds(detectors.Syscall)
	if err != nil {
		return err
	}
	ctx := *th
	if th.p != noProc {
		p := t.proc(th.p)
		if p == nil || p.status != wire.ProcSyscall {
			return fmt.Errorf("P %d is not in a system call", th.p)
		}
		p.status = wire.ProcSyscallAbandoned
		o := t.push(detectors.ProcChange, c.Time, th)
		o.Subject = detectors.ProcID(th.p)
		o.ProcFrom, o.ProcTo = detectors.ProcRunning, detectors.ProcIdle
		th.p = noProc
	}
	t.ended(c, &ctx, g)
	th.unbind()
	return nil
}

package detectortest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// noProc stands for the thread without a P through which timers and the poller wake.
const noProc = -1

// A player lets a scene happen. It follows all goroutines and Ps itself, so that it can
// tell a contradiction in the words of the text.
type player struct {
	scene  *scene
	w      *tracegen.World
	now    time.Duration // of the step that is done
	line   int           // of it
	procs  []*proc
	none   *tracegen.Thread          // has no P and no goroutine
	spare  []*tracegen.Thread        // that have none now
	last   uint64                    // the latest thread's number
	stacks map[*frame]tracegen.Stack // by the first: the same stack is the same slice
	tasks  map[string]tracegen.Task
	goals  uint64 // the latest goal of the heap
	main   *goroutine
	stop   *goroutine // that has stopped the world
	mark   bool       // the GC is marking
	names  map[uint64]*goroutine
}

// A proc is a P. It always has a thread; what it runs may be in a system call.
type proc struct {
	id       int
	p        *tracegen.Proc
	m        *tracegen.Thread
	g        *goroutine
	sweeping bool
	stopped  bool
}

// actor is what a goroutine is doing.
type actor struct {
	g        *tracegen.Goroutine // nil: it does not exist yet
	state    state
	since    time.Duration
	told     int // the line that brought it there
	p        *proc
	m        *tracegen.Thread // while running or in a system call
	frames   []frame          // where it is
	helps    bool             // in an assist
	regions  []region
	finished bool
}

type region struct {
	name string
	task tracegen.Task
}

type state uint8

const (
	absent state = iota
	runnable
	running
	waiting
	inSyscall
)

func (s state) String() string {
	return [...]string{"not there", "runnable", "running", "waiting", "in a system call"}[s]
}

// play makes the trace of a scene. It may be called once.
func (sc *scene) play() (trace []byte, names map[uint64]*goroutine, err error) {
	defer catch(&err)
	pl := &player{
		scene: sc, w: tracegen.NewWorld(sc.version),
		last: 99, stacks: make(map[*frame]tracegen.Stack), tasks: make(map[string]tracegen.Task), names: make(map[uint64]*goroutine),
	}
	defer pl.caught()
	pl.begin()
	pl.setUp()
	pl.schedule()
	for i := range sc.steps {
		s := &sc.steps[i]
		pl.now, pl.line = s.at, max(s.line, 1)
		s.do(pl)
	}
	return pl.w.Bytes(), pl.names, nil
}

// caught makes a problem of what the world does not let happen. The player asks first, so
// that it hardly ever comes to this.
func (pl *player) caught() {
	switch v := recover().(type) {
	case nil:
	case string:
		if !strings.HasPrefix(v, "tracegen: ") {
			panic(v)
		}
		pl.fail("this cannot happen: %s", strings.TrimPrefix(v, "tracegen: "))
	default:
		panic(v)
	}
}

func (pl *player) fail(format string, args ...any) {
	panic(&problem{pl.scene.file, pl.line, fmt.Sprintf("at %v: ", pl.now) + fmt.Sprintf(format, args...)})
}

// at is the present moment on the trace's clock.
func (pl *player) at() int64 { return base + int64(pl.now) }

// begin says what there was when the trace began.
func (pl *player) begin() {
	sc, w := pl.scene, pl.w
	w.ClockUnit(1)
	w.Clocks(sc.readClocks)
	for i := range sc.procs {
		p := w.Proc(uint64(i))
		pl.procs = append(pl.procs, &proc{id: i, p: p, m: pl.thread(p)})
	}
	pl.none = pl.thread()
	id := uint64(1)
	pl.main = &goroutine{group: &group{name: "main"}}
	if len(sc.atFirst()) > 0 {
		pl.adopt(pl.main, w.Goroutine(id, wire.GoWaiting, 0), waiting)
	}
	for _, gr := range sc.groups {
		pl.line = gr.line
		for _, g := range gr.gs {
			if gr.was != "" {
				id++
				pl.there(g, id)
			}
		}
	}
	if sc.marking {
		w.GCRunning()
		pl.mark = true
	}
	w.Begin(base)
}

func (pl *player) thread(with ...*tracegen.Proc) *tracegen.Thread {
	pl.last++
	return pl.w.Thread(pl.last, with...)
}

// spareThread returns a thread that has nothing.
func (pl *player) spareThread() *tracegen.Thread {
	if n := len(pl.spare); n > 0 {
		m := pl.spare[n-1]
		pl.spare = pl.spare[:n-1]
		return m
	}
	return pl.thread()
}

func (pl *player) adopt(g *goroutine, made *tracegen.Goroutine, s state) {
	g.g = made
	pl.names[made.ID()] = g
	pl.set(g, s)
}

func (pl *player) set(g *goroutine, s state) { g.state, g.since, g.told = s, pl.now, pl.line }

// there declares a goroutine that was there before the trace.
func (pl *player) there(g *goroutine, id uint64) {
	status, st := wire.GoWaiting, waiting
	if g.was != "waiting" {
		status, st = wire.GoRunnable, runnable
	}
	g.frames = g.group.at
	pl.adopt(g, pl.w.Goroutine(id, status, pl.stack(g.frames)), st)
	if g.assisting {
		pl.w.Assisting(g.g)
		g.helps = true
	}
	if g.was != "running" && g.was != "syscall" {
		return
	}
	g.m = nil
	if g.on >= 0 {
		p := pl.procs[g.on]
		if p.g != nil {
			pl.fail("%s was on P%d, where %s was too (line %d)", g, p.id, p.g, p.g.line)
		}
		g.p, g.m, p.g = p, p.m, g
	}
	if g.was == "running" {
		g.m.Running(g.g)
		g.state = running
		return
	}
	if g.m == nil {
		g.m = pl.thread()
	}
	g.m.InSyscall(g.g)
	g.state = inSyscall
}

// stack returns the world's number of a stack.
func (pl *player) stack(frames []frame) tracegen.Stack {
	if len(frames) == 0 {
		return 0
	}
	id, ok := pl.stacks[&frames[0]]
	if !ok {
		all := make([]tracegen.Frame, len(frames))
		for i, f := range frames {
			all[i] = tracegen.Frame{Func: f.fn, File: f.file, Line: f.line}
			if f.file == "" {
				all[i].File, all[i].Line = "main.go", 10
			}
		}
		id = pl.w.Frames(all...)
		pl.stacks[&frames[0]] = id
	}
	return id
}

// where returns the stack that a step says, or else the one that the goroutine is at.
func (pl *player) where(g *goroutine, at place) tracegen.Stack {
	if at.said {
		g.frames = at.frames
	}
	return pl.stack(g.frames)
}

// atFirst returns the goroutines that are created at the trace's beginning.
func (sc *scene) atFirst() (all []*goroutine) {
	for _, gr := range sc.groups {
		for _, g := range gr.gs {
			if gr.was == "" && g.createdBy == 0 {
				all = append(all, g)
			}
		}
	}
	return all
}

// setUp lets main create, at the trace's beginning, the goroutines that nothing else
// creates, and each that parks run up to there. That takes a microsecond a step, on P0.
func (pl *player) setUp() {
	all := pl.scene.atFirst()
	if len(all) == 0 {
		return
	}
	p := pl.procs[0]
	tick := func(line int) {
		pl.now += time.Microsecond
		pl.line = line
	}
	tick(all[0].group.line)
	pl.wakeBy(pl.none, pl.main)
	tick(pl.line)
	pl.startHere(p, pl.main)
	for _, g := range all {
		tick(g.line)
		pl.create(pl.main, g, place{true, g.creator}, false)
	}
	tick(pl.line)
	pl.block(pl.main, "sleep", place{true, []frame{{fn: "time.Sleep"}, {fn: "main.main"}}})
	for _, g := range all {
		if !g.parks {
			continue
		}
		tick(g.line)
		pl.start(0, g)
		tick(pl.line)
		pl.block(g, g.reason, place{true, g.group.at})
	}
	if pl.now >= pl.scene.window-10*time.Microsecond {
		pl.fail("it takes longer than a window to create all these goroutines, a microsecond each and two more until it parks")
	}
}

// schedule puts all that happens in order, with the windows' ends in it.
func (pl *player) schedule() {
	sc := pl.scene
	for _, s := range sc.steps {
		if s.at <= pl.now {
			pl.line = s.line
			ready := pl.now
			pl.now = s.at
			pl.fail("the goroutines that are there at the beginning are created and park until %v: what happens comes after that", ready)
		}
	}
	var ends []step
	for i := 1; i <= sc.windows; i++ {
		end := time.Duration(i) * sc.window
		ends = append(ends, step{end - time.Microsecond, 0, (*player).fill})
		if sc.lost[i] && sc.version >= wire.Go126 { // before, nothing but the reader can lose one
			ends = append(ends, step{end - time.Microsecond, 0, func(pl *player) { pl.w.LoseGeneration() }})
		}
		if i < sc.windows {
			ends = append(ends, step{end, 0, (*player).nextWindow})
		}
	}
	// A window's end comes before what happens in the same moment.
	sc.steps = append(ends, sc.steps...)
	slices.SortStableFunc(sc.steps, func(a, b step) int { return int(a.at - b.at) })
}

// fill says the heap's goal once more just before a window ends, so that something is known
// to happen then: a window ends with the last event in it.
func (pl *player) fill() {
	for _, p := range pl.procs {
		if !p.stopped && (p.g == nil || p.g.state == running) {
			p.m.HeapGoal(pl.at(), pl.goals)
			return
		}
	}
}

// nextWindow ends a window. The runtime takes Ps from goroutines that were in a system call
// all the time.
func (pl *player) nextWindow() {
	if g := pl.stop; g != nil {
		pl.line = g.told
		pl.fail("a window ends while %s has stopped the world", g)
	}
	pl.w.NextGeneration(pl.at())
	for _, p := range pl.procs {
		if p.g != nil && p.g.state == inSyscall && !p.m.HasProc() {
			pl.handOver(p)
		}
	}
}

// handOver gives a P that was taken from a goroutine in a system call another thread.
func (pl *player) handOver(p *proc) {
	p.g.p, p.g = nil, nil
	p.m = pl.spareThread()
	p.m.StartP(pl.at(), p.p)
}

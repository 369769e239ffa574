package oldgen

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// A Shape says what a random trace has.
type Shape struct {
	Version    int    // 11, 19 or 21
	Procs      int    // default 1
	Goroutines int    // there before the trace begins, default 8
	Events     int    // about so many, default 500
	Seconds    int    // that they are spread over, default 1
	Quiet      uint64 // in seconds: nothing happens for as long in the middle
}

// TimerOfGo111 is the number of the goroutine that serves timers in a random trace of
// version 11.
const TimerOfGo111 = 2

// Random returns the trace of a program that does everything there is an event for. The
// same seed gives the same program.
func Random(seed uint64, shape Shape) []byte {
	w := newWorld(seed, shape)
	w.list()
	for i := range w.shape.Events {
		w.now += 1 + w.rand.Uint64N(w.step)
		if i == w.shape.Events/2 {
			w.now += shape.Quiet * TicksPerSecond
		}
		w.act(w.procs[w.rand.IntN(len(w.procs))])
	}
	return w.Bytes()
}

// world is the program's state, as far as the next event depends on it.
type world struct {
	*Trace
	shape Shape
	rand  *rand.Rand
	now   uint64
	step  uint64 // twice the mean time between two events
	procs []*proc
	gs    map[uint64]*goroutine
	ids   []uint64 // of the goroutines that are alive
	next  uint64   // goroutine
	tasks []uint64
	made  uint64 // tasks
	gc    uint64 // how many there were
	mark  bool
	stop  *proc // that has stopped the world
}

type proc struct {
	id      uint64
	started bool
	g       *goroutine
	sweeps  bool
}

type goroutine struct {
	id      uint64
	seq     uint64
	state   state
	assists bool
	timer   bool
	regions []uint64 // the tasks of those that are open
}

type state int

const (
	runnable state = iota
	running
	waiting
	inSyscall
)

func newWorld(seed uint64, s Shape) *world {
	s.Procs = max(s.Procs, 1)
	if s.Goroutines == 0 {
		s.Goroutines = 8
	}
	if s.Events == 0 {
		s.Events = 500
	}
	s.Seconds = max(s.Seconds, 1)
	w := &world{
		Trace: New(s.Version), shape: s, rand: rand.New(rand.NewPCG(seed, 0)),
		now: 1000, step: max(1, uint64(s.Seconds)*TicksPerSecond*2/uint64(s.Events)),
		gs: make(map[uint64]*goroutine), next: 1,
	}
	for i := range s.Procs {
		w.procs = append(w.procs, &proc{id: uint64(i)})
	}
	return w
}

// at returns the stack of a line of a function.
func (w *world) at(fn string, line uint64) uint64 {
	return w.Stack(
		Frame{PC: 0x1000 + line, Func: "runtime.gopark", File: "runtime/proc.go", Line: 300 + line},
		Frame{PC: 0x2000 + line, Func: "main." + fn, File: "main/main.go", Line: line},
	)
}

func (w *world) born(timer bool) *goroutine {
	g := &goroutine{id: w.next, seq: 1, timer: timer}
	w.next++
	w.gs[g.id] = g
	w.ids = append(w.ids, g.id)
	return g
}

func (w *world) gone(g *goroutine) {
	delete(w.gs, g.id)
	w.ids = slices.DeleteFunc(w.ids, func(id uint64) bool { return id == g.id })
}

// list begins the trace as the runtime does: it names all goroutines, starts its own P and
// goroutine, and says how many Ps there are.
func (w *world) list() {
	p := w.procs[0]
	for i := range w.shape.Goroutines {
		g := w.born(w.shape.Version == 11 && w.next == TimerOfGo111)
		w.Event(p.id, w.now, GoCreate, g.id, w.begin(g), w.at("start", 1))
		w.now++
		switch {
		case g.timer || i%4 == 1:
			w.Event(p.id, w.now, GoWaiting, g.id)
			g.state, g.seq = waiting, 2
		case i%4 == 2 && i > 0:
			w.Event(p.id, w.now, GoInSyscall, g.id)
			g.state, g.seq = inSyscall, 2
		}
		if g.timer {
			w.Timer(g.id)
		}
		w.now++
	}
	w.Event(p.id, w.now, ProcStart, 0)
	p.started = true
	w.start(p, w.gs[1], GoStart)
	w.Event(p.id, w.now, Gomaxprocs, uint64(len(w.procs)), w.at("start", 2))
}

// begin returns the stack that a goroutine begins with.
func (w *world) begin(g *goroutine) uint64 {
	if g.timer {
		return w.Stack(Frame{PC: 0x99, Func: "runtime.timerproc", File: "runtime/time.go", Line: 250})
	}
	k := g.id % 3
	return w.Stack(Frame{PC: 0x3000 + k, Func: fmt.Sprintf("main.work%d", k), File: "main/work.go", Line: k})
}

func (w *world) start(p *proc, g *goroutine, typ Type) {
	args := []uint64{g.id, g.seq}
	if typ == GoStartLabel {
		args = append(args, w.String("GC (idle)"))
	}
	w.Event(p.id, w.now, typ, args...)
	g.seq++
	g.state, p.g = running, g
	w.now++
}

// pick returns a goroutine in a state, or nil.
func (w *world) pick(s state) *goroutine {
	if len(w.ids) == 0 {
		return nil
	}
	first := w.rand.IntN(len(w.ids))
	for i := range w.ids {
		if g := w.gs[w.ids[(first+i)%len(w.ids)]]; g.state == s {
			return g
		}
	}
	return nil
}

// act lets one thing happen on a P.
func (w *world) act(p *proc) {
	switch {
	case !p.started:
		w.Event(p.id, w.now, ProcStart, 1+w.rand.Uint64N(9))
		p.started = true
	case p.g == nil:
		w.idle(p)
	case w.rand.IntN(3) == 0:
		w.leave(p)
	default:
		w.work(p)
	}
}

// idle is what a P does without a goroutine.
func (w *world) idle(p *proc) {
	switch n := w.rand.IntN(10); {
	case n == 0:
		w.Event(p.id, w.now, ProcStop)
		p.started = false
	case n == 1:
		w.wake(p, 0)
	case n == 2:
		if g := w.pick(inSyscall); g != nil {
			w.Event(p.id, w.now, GoSysExit, g.id, g.seq, w.now-1)
			g.seq++
			g.state = runnable
		}
	case n == 3:
		g := w.born(false)
		w.Event(p.id, w.now, GoCreate, g.id, w.begin(g), 0)
	default:
		if g := w.pick(runnable); g != nil {
			typ := GoStart
			if n == 4 {
				typ = GoStartLabel
			}
			w.start(p, g, typ)
		}
	}
}

// wake wakes a goroutine that waits.
func (w *world) wake(p *proc, stack uint64) {
	if g := w.pick(waiting); g != nil {
		w.Event(p.id, w.now, GoUnblock, g.id, g.seq, stack)
		g.seq++
		g.state = runnable
	}
}

// waits are the ways to wait.
var waits = []Type{
	GoSleep, GoBlock, GoBlockSend, GoBlockRecv, GoBlockSelect, GoBlockSync, GoBlockCond, GoBlockNet, GoBlockGC,
}

// leave is how a goroutine loses its P.
func (w *world) leave(p *proc) {
	g := p.g
	stack := w.at("leave", g.id%5)
	switch n := w.rand.IntN(12); {
	case w.stop == p || p.sweeps:
		return // first it has to end what it has begun
	case n == 0 && g.id > 1 && !g.timer && !g.assists && len(g.regions) == 0:
		w.Event(p.id, w.now, GoEnd)
		w.gone(g)
	case n == 1:
		w.Event(p.id, w.now, GoSched, stack)
		g.state = runnable
	case n == 2:
		w.Event(p.id, w.now, GoPreempt, stack)
		g.state = runnable
	case n == 3:
		w.Event(p.id, w.now, GoSysCall, stack)
		w.now += 1 + w.rand.Uint64N(w.step)
		w.Event(p.id, w.now, GoSysBlock)
		g.state = inSyscall
	default:
		w.Event(p.id, w.now, waits[w.rand.IntN(len(waits))], stack)
		g.state = waiting
	}
	p.g = nil
}

// work is what a goroutine does without losing its P.
func (w *world) work(p *proc) {
	g := p.g
	line := w.rand.Uint64N(20)
	stack := w.at("work", line)
	switch w.rand.IntN(16) {
	case 0, 1:
		created := w.born(false)
		w.Event(p.id, w.now, GoCreate, created.id, w.begin(created), stack)
	case 2, 3, 4:
		w.wake(p, stack)
	case 5:
		w.Event(p.id, w.now, GoSysCall, stack)
	case 6:
		w.Event(p.id, w.now, HeapAlloc, line<<20)
	case 7:
		w.Event(p.id, w.now, HeapGoal, line<<21)
	case 8:
		typ, args := GCMarkAssistStart, []uint64{stack}
		if g.assists {
			typ, args = GCMarkAssistDone, nil
		}
		w.Event(p.id, w.now, typ, args...)
		g.assists = !g.assists
	case 9:
		if p.sweeps {
			w.Event(p.id, w.now, GCSweepDone, line<<10, line<<9)
		} else {
			w.Event(p.id, w.now, GCSweepStart, stack)
		}
		p.sweeps = !p.sweeps
	case 10:
		w.collect(p, stack)
	case 11:
		w.stopTheWorld(p)
	case 12:
		w.task(p, stack)
	case 13:
		w.region(p, stack)
	case 14:
		w.Log(p.id, w.now, line, "category", fmt.Sprint("message ", line), stack)
	case 15:
		if w.shape.Version >= 19 {
			// The profiler has a batch of its own: what is in it does not count as time.
			w.Event(^uint64(0), w.now, CPUSample, w.now-1, p.id, g.id, stack)
		} else {
			w.Event(p.id, w.now, Gomaxprocs, uint64(len(w.procs)), stack)
		}
	}
}

func (w *world) collect(p *proc, stack uint64) {
	if w.mark {
		w.Event(p.id, w.now, GCDone)
	} else {
		w.Event(p.id, w.now, GCStart, w.gc, stack)
		w.gc++
	}
	w.mark = !w.mark
}

func (w *world) stopTheWorld(p *proc) {
	switch w.stop {
	case nil:
		kinds := uint64(2)
		if w.shape.Version == 21 {
			kinds = 18 // the last one is none that there is
		}
		w.Event(p.id, w.now, STWStart, w.rand.Uint64N(kinds))
		w.stop = p
	case p:
		w.Event(p.id, w.now, STWDone)
		w.stop = nil
	}
}

func (w *world) task(p *proc, stack uint64) {
	if len(w.tasks) > 3 {
		i := w.rand.IntN(len(w.tasks))
		w.Event(p.id, w.now, UserTaskEnd, w.tasks[i], stack)
		w.tasks = slices.Delete(w.tasks, i, i+1)
		return
	}
	w.made++
	parent := uint64(0)
	if len(w.tasks) > 0 {
		parent = w.tasks[0]
	}
	w.Event(p.id, w.now, UserTaskCreate, w.made, parent, w.String("request"), stack)
	w.tasks = append(w.tasks, w.made)
}

func (w *world) region(p *proc, stack uint64) {
	g := p.g
	if n := len(g.regions); n > 1 {
		w.Event(p.id, w.now, UserRegion, g.regions[n-1], 1, w.String("region"), stack)
		g.regions = g.regions[:n-1]
		return
	}
	g.regions = append(g.regions, w.made)
	w.Event(p.id, w.now, UserRegion, w.made, 0, w.String("region"), stack)
}

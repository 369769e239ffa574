package tracegen

import (
	"io"
	"math/rand/v2"
	"strconv"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Random returns a valid random trace of the shape: the same one for the same
// seed. Whatever the shape, it begins with a tour that has every event type of
// the version at least once (those of the AllocFree experiment only if asked
// for), so that even the smallest has about 70 events.
//
// All that can happen happens about equally often and anywhere: its threads
// take turns at nearly every event, and goroutines are on another thread each
// time. No program's trace is like that; see [Service] for one that is.
func Random(seed uint64, shape Shape) []byte {
	r := newRandomWorld(randomRand(seed), shape.withDefaults(), nil)
	r.play(true)
	return r.Bytes()
}

// WriteRandom is [Random] for traces that are better not kept in memory.
func WriteRandom(dst io.Writer, seed uint64, shape Shape) error {
	r := newRandomWorld(randomRand(seed), shape.withDefaults(), dst)
	r.play(true)
	return r.Close()
}

func randomRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x7472616365)) }

func (r *randomWorld) play(tour bool) {
	if tour {
		r.tour()
	} else {
		r.tellProcs() // and that a GC is running: the first generation must say it
	}
	for gen := 1; ; gen++ {
		for r.events < r.shape.Events*gen/r.shape.Generations {
			r.step()
		}
		if gen == r.shape.Generations {
			return
		}
		r.NextGeneration(r.tick())
		r.poolProcs() // those in syscalls may have been taken
		r.tellProcs()
	}
}

// randomWorld plays a world by chance. The pools hold the goroutines and Ps
// that chance may pick from, so that a step costs the same at any size.
type randomWorld struct {
	*World
	shape Shape
	*rand.Rand

	sites      []Stack
	runnable   []*Goroutine
	waiting    []*Goroutine
	coroutines []*Goroutine // waiting to be switched to
	idle       []*Proc
	abandoned  []*Proc // left in a syscall by a thread that is back in C
	busy       []*Thread
	isBusy     map[*Thread]bool
	tasks      []Task
	cycled     int64 // when a GC last began or ended
}

func newRandomWorld(rng *rand.Rand, shape Shape, dst io.Writer) *randomWorld {
	r := &randomWorld{
		World:  NewWorld(shape.Version),
		shape:  shape,
		Rand:   rng,
		isBusy: make(map[*Thread]bool),
	}
	r.To(dst)
	r.ClockUnit(shape.ClockUnit)
	r.FirstGeneration(1 + r.Uint64N(1000))
	if shape.Distinct {
		r.Distinct()
	}
	r.makeSites()
	r.makeWorld()
	r.Begin(1_000_000_000 + r.Int64N(1_000_000_000))
	return r
}

// makeSites makes the stacks. They share functions, as real ones do.
func (r *randomWorld) makeSites() {
	funcs := make([]Frame, 4+r.shape.Stacks)
	for i := range funcs {
		funcs[i] = Frame{Func: randomName("pkg.f", i), File: randomName("/src/file", i%50) + ".go", Line: uint64(1 + i)}
	}
	for range r.shape.Stacks {
		frames := make([]Frame, 1+r.IntN(r.shape.Depth))
		for i := range frames {
			frames[i] = funcs[r.IntN(len(funcs))]
		}
		r.sites = append(r.sites, r.Frames(frames...))
	}
}

func randomName(prefix string, i int) string { return prefix + strconv.Itoa(i) }

// makeWorld makes what there was when the trace began: a running thread, one
// without anything (the tour needs both), and the rest by chance.
func (r *randomWorld) makeWorld() {
	for i := range r.shape.Goroutines {
		r.makeGoroutine(uint64(i + 1))
	}
	for i := range r.shape.Procs {
		r.Proc(uint64(i))
	}
	for i := range r.shape.Threads {
		r.makeThread(i)
	}
	r.poolProcs()
	r.GCRunning()
	r.Sweeping(r.procs[0])
	r.Assisting(r.live[1])
}

// makeGoroutine makes a goroutine that may be picked later, or one that stays
// quiet. The third is quiet always: every trace has one to list.
func (r *randomWorld) makeGoroutine(id uint64) {
	switch {
	case id == 3 || id > 4 && r.IntN(100) < r.shape.Quiet:
		r.Goroutine(id, wire.GoWaiting, r.site())
	case id > 4 && r.IntN(8) == 0:
		r.runnable = append(r.runnable, r.Goroutine(id, wire.GoRunnable, r.site()))
	default:
		r.waiting = append(r.waiting, r.Goroutine(id, wire.GoWaiting, r.site()))
	}
}

func (r *randomWorld) makeThread(i int) {
	id := uint64(1000 + 7*i)
	state := r.IntN(4)
	if i == 0 {
		state = 0
	}
	p := i
	if i > 1 {
		p = i - 1 // the second thread has none
	}
	if i == 1 || p >= len(r.procs) || state == 3 {
		m := r.Thread(id)
		if i > 1 && state == 2 && len(r.waiting) > 3 {
			m.InSyscall(takeLast(&r.waiting))
			r.markBusy(m)
		}
		r.skewed(m)
		return
	}
	m := r.Thread(id, r.procs[p])
	r.skewed(m)
	r.markBusy(m)
	switch {
	case i == 0:
		m.Running(takeFirst(&r.waiting))
	case len(r.waiting) <= 3: // the tour needs some
	case state == 1:
		m.InSyscall(takeLast(&r.waiting))
	default:
		m.Running(takeLast(&r.waiting))
	}
}

func (r *randomWorld) poolProcs() {
	r.idle, r.abandoned = r.idle[:0], r.abandoned[:0]
	for _, p := range r.procs {
		switch p.status {
		case wire.ProcIdle:
			r.idle = append(r.idle, p)
		case wire.ProcSyscallAbandoned:
			r.abandoned = append(r.abandoned, p)
		}
	}
}

func (r *randomWorld) skewed(m *Thread) {
	if r.shape.Skew > 0 {
		m.Skew(r.Int64N(2*r.shape.Skew+1) - r.shape.Skew)
	}
}

// tick lets some time pass and returns the moment.
func (r *randomWorld) tick() int64 {
	r.now += 20 + r.Int64N(600)
	if r.IntN(200) == 0 {
		r.now += r.Int64N(200_000)
	}
	return r.now
}

func (r *randomWorld) site() Stack { return r.sites[r.IntN(len(r.sites))] }

func (r *randomWorld) markBusy(m *Thread) {
	if !r.isBusy[m] {
		r.isBusy[m] = true
		r.busy = append(r.busy, m)
	}
}

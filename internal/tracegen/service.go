package tracegen

import (
	"io"
	"math/rand/v2"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Service returns a valid trace of what Go's scheduler makes of a busy network
// service: the same one for the same seed.
//
// Connections wait in the network poller; requests arrive for some of them,
// which read, hand work to a pool or to a goroutine of its own, wait for the
// answer, and write. A thread with a P starts what is in its own run queue, then
// what is in the common one or in the poller, then steals; woken goroutines go
// onto the waker's P; a P without work goes idle, and work wakes an idle one.
// Sysmon takes Ps from syscalls that last. The GC runs with its workers, assists
// and sweeps, and stops the world. BenchmarkReadScale's comment in package
// timeline says what of this makes reading cheap or dear.
//
// Event types have about the shares that they have in a real HTTP service's
// trace, and a thread that runs has an event every 400 ns on average, mostly
// in bursts: half of the gaps are under 200 ns.
//
// Of the shape, Procs is by default three quarters of Threads: the others are
// sysmon and those in syscalls that have lost their P. Quiet is by default 90:
// a connection that is kept alive mostly waits for its client to come back, and
// a service with very many goroutines has so many because of that. The other
// tenth is what can be active in the trace; which connection is next is chance.
// Tasks is the number of requests of a hundred that are user tasks.
func Service(seed uint64, shape Shape) []byte {
	s := newService(serviceRand(seed), shape.forService(), nil)
	s.play()
	return s.Bytes()
}

// WriteService is [Service] for traces that are better not kept in memory.
func WriteService(dst io.Writer, seed uint64, shape Shape) error {
	s := newService(serviceRand(seed), shape.forService(), dst)
	s.play()
	return s.Close()
}

// service plays a world as a scheduler would.
type service struct {
	*World
	shape Shape
	*rand.Rand
	sites  [numPlaces][]Stack
	agenda agenda

	ps       []*processor
	idle     []*processor
	ms       []*machine // the first is sysmon's
	parked   []*machine
	spinning *machine // the one that wakes up to look for work: one at a time
	global   queue

	listening []*routine // connections that the network has nothing for
	readable  queue      // those it has
	due       []*routine // whose timers have fired; nil makes a new goroutine
	workers   queue      // of the pool, without work
	jobs      queue      // connections whose work no worker has taken yet
	acceptor  *routine
	accepting bool // it waits
	dialing   int  // clients that it has not accepted yet
	mutexes   []mutex
	inFlight  int   // requests
	pace      int64 // nanoseconds between two arrivals
	counted   int   // events, by the monitor
	countedAt int64

	gc collector
}

// processor is a P with its run queue.
type processor struct {
	*Proc
	m     *machine // nil: idle
	next  *routine // what it starts first: the latest that was woken here
	queue queue
}

// machine is a thread.
type machine struct {
	*Thread
	p       *processor // nil: none. In a syscall it may have lost it meanwhile.
	r       *routine   // that it runs, or that it is in a syscall with
	wants   *processor // that it will start when it has woken up
	polling int        // how many more the poller has for it
	entered int64      // when its syscall began
	lost    int64      // when it last lost a P
	ticket  uint64     // of its appointment; others are void
}

// mutex is a lock of the program's.
type mutex struct {
	owner   *routine
	waiters queue
}

func serviceRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x73657276696365)) }

func newService(rng *rand.Rand, shape Shape, dst io.Writer) *service {
	s := &service{
		World: NewWorld(shape.Version),
		shape: shape,
		Rand:  rng,
		// A request has about 18 events, and some Ps should be idle at times.
		pace: max(1, 18*400*10/9/int64(shape.Procs)),
	}
	s.To(dst)
	s.ClockUnit(shape.ClockUnit)
	s.FirstGeneration(1 + s.Uint64N(1000))
	if shape.Distinct {
		s.Distinct()
	}
	s.makeSites()
	s.makeProcs()
	s.makeGoroutines()
	s.makeThreads()
	s.Begin(1_000_000_000 + s.Int64N(1_000_000_000))
	s.begin()
	return s
}

// forService is withDefaults, which are others here.
func (s Shape) forService() Shape {
	if s.Threads == 0 {
		s.Threads = 8
	}
	s.Threads = max(s.Threads, 2)
	if s.Procs == 0 {
		s.Procs = s.Threads * 3 / 4
	}
	s.Procs = min(s.Procs, s.Threads-1)
	if s.Quiet == 0 {
		s.Quiet = 90
	}
	if s.Tasks == 0 {
		s.Tasks = 5
	}
	return s.withDefaults()
}

func (s *service) play() {
	for gen := 1; ; gen++ {
		for s.events < s.shape.Events*gen/s.shape.Generations {
			s.step()
		}
		if gen == s.shape.Generations {
			return
		}
		s.NextGeneration(s.now)
		s.tellProcs()
		s.retakeUnlisted()
	}
}

// step lets the next thing happen.
func (s *service) step() {
	a := s.agenda.pop()
	s.now = max(s.now, a.at)
	switch a.what {
	case turn:
		if a.ticket == a.m.ticket {
			s.turn(a.m)
		}
	case arrival:
		s.arrive()
		s.appoint(arrival, s.gapOf(s.pace))
	case timer:
		s.due = append(s.due, a.r)
		s.wake()
	case monitor:
		s.monitor()
		s.appoint(monitor, 20_000+s.Int64N(20_000))
	}
}

func (s *service) appoint(what happening, after int64) {
	s.agenda.push(appointment{at: s.now + after, what: what})
}

// after gives the thread its next turn.
func (s *service) after(m *machine, ns int64) {
	m.ticket++
	s.agenda.push(appointment{at: s.now + ns, what: turn, m: m, ticket: m.ticket})
}

// pass lets time pass inside of a turn.
func (s *service) pass(ns int64) { s.now += ns/2 + s.Int64N(ns) }

// gap is the time between two events of a thread.
func (s *service) gap() int64 {
	switch n := s.IntN(10); {
	case n < 4:
		return 64 + s.Int64N(128)
	case n < 8:
		return 130 + s.Int64N(300)
	}
	return 400 + s.Int64N(1600)
}

// gapOf is about exponential, of that mean.
func (s *service) gapOf(mean int64) int64 { return int64(s.ExpFloat64()*float64(mean)) + 1 }

// arrive lets a request arrive at a connection, unless there is more to do than
// a service would let in.
func (s *service) arrive() {
	n := len(s.listening)
	if n == 0 || s.inFlight >= 8*len(s.ps) {
		return
	}
	i := s.IntN(n)
	r := s.listening[i]
	if !s.seen(r) {
		return
	}
	s.listening[i] = s.listening[n-1]
	s.listening = s.listening[:n-1]
	s.inFlight++
	s.readable.put(r)
	s.wake()
}

// monitor is sysmon: it takes Ps from syscalls that have lasted, and sees to it
// that somebody looks after what has come meanwhile.
func (s *service) monitor() {
	for _, m := range s.ms {
		if m.p != nil && m.p.status == wire.ProcSyscall && s.now-m.entered > 20_000 {
			p := m.p
			s.ms[0].Steal(s.now, p.Proc)
			s.release(p)
		}
	}
	if s.readable.len() > 0 || s.global.len() > 0 {
		s.wake()
	}
	if s.events != s.counted {
		s.counted, s.countedAt = s.events, s.now
	} else if s.now-s.countedAt > 1_000_000_000 {
		s.doing = "monitor"
		s.fail("all goroutines wait for each other: a mistake in this package")
	}
}

// tellProcs is what the runtime says first in each generation.
func (s *service) tellProcs() {
	for _, m := range s.ms {
		if m.isRunning() {
			m.ProcsChange(s.now, len(s.ps), s.site(atStart))
			return
		}
	}
}

// retakeUnlisted notes which Ps the generation's end has taken from syscalls.
func (s *service) retakeUnlisted() {
	for _, m := range s.ms {
		if m.p != nil && m.p.status == wire.ProcIdle {
			s.release(m.p)
		}
	}
}

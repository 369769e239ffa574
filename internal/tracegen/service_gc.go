package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// collector is the GC of a [service].
type collector struct {
	heap, goal uint64
	marking    bool
	until      int64 // when the marking is done
	last       int64 // when a cycle last began or ended
	wanted     int   // workers that should run
	running    int
	paused     int64      // until when the only P is the program's
	workers    []*routine // those that rest
	assisting  queue      // goroutines that have no work to assist with
	sweeper    *routine
	sweeps     int // left for goroutines that allocate
}

// growth is how much the heap grows in a cycle, some 50,000 to 200,000 events: as
// many as in a real service, whose heap is the larger the larger the machine is.
func (*collector) growth(procs int) uint64 { return 16<<20 + uint64(procs)<<18 }

// collect is what goroutines do with the heap, and the GC's own.
func (s *service) collect(m *machine, do op) {
	r := m.r
	switch do {
	case opAlloc:
		s.alloc(m)
	case opSweep:
		s.gc.sweeps--
		m.SweepBegin(s.now, s.site(atAlloc))
		r.first(opSweepEnd)
	case opSweepEnd:
		m.SweepEnd(s.now, 8192*(1+s.Uint64N(8)), 1024*s.Uint64N(8))
	case opSweepWait:
		s.gc.sweeper = r
		s.block(m, "GC background sweeper wait", atSweeper)
	case opAssist:
		m.AssistBegin(s.now, s.site(atAlloc))
		r.first(opAssistEnd)
		if s.IntN(4) == 0 {
			r.first(opAssistWait)
		}
	case opAssistWait:
		if s.gc.marking {
			s.gc.assisting.put(r)
			s.block(m, "GC mark assist wait for work", atAlloc)
		}
	case opAssistEnd:
		m.AssistEnd(s.now)
	case opMark:
		if s.gc.marking && s.now >= s.gc.until {
			s.endGC(m)
		} else if s.gc.marking {
			s.gc.paused = s.now + 100_000
		}
		s.rest(m)
	}
}

// alloc is an allocation that needs a new span. It may have to assist, to sweep,
// or to begin a cycle.
func (s *service) alloc(m *machine) {
	gc := &s.gc
	gc.heap += 8192 * (1 + s.Uint64N(4))
	m.HeapAlloc(s.now, gc.heap)
	if s.shape.AllocFree {
		s.pass(64)
		t := wire.EvSpan + wire.EventType(s.IntN(9))
		m.AllocFree(s.now, t, randomArgs(s.Rand, t)...)
	}
	switch {
	case gc.marking && s.IntN(3) == 0:
		m.r.first(opAssist)
	case gc.marking:
	case gc.heap >= gc.goal && s.now > gc.last+2*s.shape.Skew+1000:
		s.pass(200)
		s.beginGC(m)
	case gc.sweeps > 0 && s.IntN(2) == 0:
		m.r.first(opSweep)
	}
}

// beginGC begins a cycle, a sixth of which will be marking, with a quarter of the
// Ps. (Where that is less than one P, the runtime has workers for a part of the
// time.)
func (s *service) beginGC(m *machine) {
	gc := &s.gc
	m.GCBegin(s.now, s.site(atAlloc))
	s.pass(3000)
	s.stopTheWorld(m, "GC sweep termination", func() {})
	since := s.now - gc.last
	if gc.last == 0 {
		since = 0
	}
	gc.marking, gc.last = true, s.now
	gc.until = s.now + min(max(since/6, 100_000), 20_000_000)
	gc.wanted = max(1, len(s.ps)/4)
	s.wake()
}

// endGC ends the cycle on the worker that has found nothing more to mark.
func (s *service) endGC(m *machine) {
	gc := &s.gc
	if s.now <= gc.last+2*s.shape.Skew+1000 {
		return // see randomWorld.stepCycle
	}
	for gc.assisting.len() > 0 {
		r := gc.assisting.take()
		m.Unblock(s.now, r.g, 0)
		s.ready(m, r)
		s.pass(100)
	}
	s.stopTheWorld(m, "GC mark termination", func() {
		m.GCEnd(s.now)
		s.pass(1000)
		gc.heap /= 2
		gc.goal = gc.heap + gc.growth(len(s.ps))
		m.HeapGoal(s.now, gc.goal)
	})
	gc.marking, gc.last = false, s.now
	gc.sweeps = 60 + len(s.ps)
	if r := gc.sweeper; r != nil {
		gc.sweeper = nil
		s.pass(200)
		m.Unblock(s.now, r.g, 0)
		s.ready(m, r)
	}
}

// wantsWorker reports whether the next P should mark rather than run the program.
func (s *service) wantsWorker() bool {
	gc := &s.gc
	return gc.marking && gc.running < gc.wanted && len(gc.workers) > 0 && s.now >= gc.paused
}

// startWorker runs a GC worker: for the whole of the marking if it has a P of its
// own, else for a while, because there are few Ps or because this one has nothing
// else to do.
func (s *service) startWorker(m *machine, idle bool) {
	gc := &s.gc
	r := gc.workers[len(gc.workers)-1]
	gc.workers = gc.workers[:len(gc.workers)-1]
	gc.running++
	m.NetpollUnblock(s.now, r.g)
	s.pass(64)
	s.start(m, r)
	s.pass(64)
	left := max(gc.until-s.now, 1000)
	switch {
	case idle:
		m.Label(s.now, "GC (idle)")
		s.after(m, min(left, 25_000))
	case len(s.ps) < 4:
		m.Label(s.now, "GC (fractional)")
		s.after(m, min(left, 25_000))
	default:
		m.Label(s.now, "GC (dedicated)")
		s.after(m, left)
	}
}

// rest parks a GC worker.
func (s *service) rest(m *machine) {
	s.gc.running--
	s.gc.workers = append(s.gc.workers, m.r)
	s.block(m, "system goroutine wait", atWorker)
}

// stopTheWorld does something while no other thread has a P: whoever runs is
// preempted, or loses the P in its syscall. Then as many go on as there is work
// for.
func (s *service) stopTheWorld(m *machine, kind string, do func()) {
	m.STWBegin(s.now, kind, s.site(atStart))
	for _, other := range s.ms {
		if other != m && other.p != nil {
			s.pass(1 + 2000/int64(len(s.ps))) // they stop at the same time, more or less
			s.halt(m, other)
		}
	}
	s.pass(10_000)
	do()
	s.pass(10_000)
	m.STWEnd(s.now)
	s.restart()
}

func (s *service) halt(by, m *machine) {
	p, r := m.p, m.r
	if r != nil && r.g.status == wire.GoSyscall {
		if p.status == wire.ProcSyscall {
			by.Steal(s.now, p.Proc)
		} else {
			m.StopP(s.now) // it has just got this one on its way out
		}
		s.release(p)
		return
	}
	if r != nil && p.sweeping {
		r.left-- // it would end now
		m.SweepEnd(s.now, 8192, 0)
	}
	switch {
	case r == nil:
	case r.kind == marker:
		s.rest(m)
	default:
		m.Preempt(s.now, s.site(atLoop))
		m.r = nil
		s.global.put(r)
	}
	m.ticket++ // it has no turn any more
	m.polling = 0
	s.stop(m)
}

// restart wakes a thread for each P that has work, and for as many others as
// there are goroutines in the common queue.
func (s *service) restart() {
	common := s.global.len()
	left := s.idle[:0]
	for _, p := range s.idle {
		if len(s.parked) == 0 || p.next == nil && p.queue.len() == 0 && common == 0 {
			left = append(left, p)
			continue
		}
		if p.next == nil && p.queue.len() == 0 {
			common--
		}
		s.wakeWith(p)
	}
	s.idle = left
}

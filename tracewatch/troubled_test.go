package tracewatch

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A troubled program is one in which every default detector finds something at once, or, if
// it is healthy, one that does the same things without trouble.
type troubled struct {
	version wire.Version
	healthy bool
	first   uint64        // number of its first generation; 0: 1
	begins  time.Duration // on the trace's clock; 0: after 100 s
	windows int           // of a second each; 0: 9
}

// stage is where it is played: what happens is planned in any order and then told in that
// of time. No two events have the same time, so that time alone orders them.
type stage struct {
	troubled
	*tracegen.World
	p     []*tracegen.Thread // p[i] has P i
	none  *tracegen.Thread   // has no P: the poller and timers wake through it
	main  *tracegen.Goroutine
	plans []planned
}

type planned struct {
	at time.Duration
	do func(at int64)
}

const (
	µs = time.Microsecond
	ms = time.Millisecond

	// hogs is how many Ps are kept busy. All are eight, so that they stay eight under
	// other names, see [tracegen.Scrambled].
	hogs = 4
)

// play returns the trace.
func (c troubled) play() []byte {
	c.begins = cmp.Or(c.begins, 100*time.Second)
	c.windows = cmp.Or(c.windows, 9)
	s := &stage{troubled: c, World: tracegen.NewWorld(c.version)}
	s.ClockUnit(1)
	s.Distinct()
	s.FirstGeneration(cmp.Or(c.first, 1))
	for i := range hogs + 4 {
		s.p = append(s.p, s.Thread(uint64(100+i), s.Proc(uint64(i))))
	}
	s.none = s.Thread(99)
	if !s.healthy {
		s.Clocks(drifting)
	}
	s.main = s.Goroutine(1, wire.GoWaiting, s.Stack("time.Sleep", "main.main"))
	s.Begin(int64(c.begins))
	s.leaks()
	for p := range hogs {
		s.hogs(1 + p)
	}
	s.assists(hogs + 1)
	s.awaits(hogs + 2)
	s.storms(hogs + 3)
	s.locks(0)
	s.stops(1)
	s.reads(0)
	return s.end()
}

// calm reports whether all is well at a time: in the first window it always is. So what takes two
// windows to be found is found in the third, unless something of before the trace is taken for
// the first's.
func (s *stage) calm(at time.Duration) bool { return s.healthy || at < time.Second }

// at plans what is to happen at a time after the beginning.
func (s *stage) at(d time.Duration, do func(at int64)) { s.plans = append(s.plans, planned{d, do}) }

// born plans that main creates a goroutine, which parks at once. It is created when the
// plan is played: what else is planned for it has to ask for it then.
func (s *stage) born(at time.Duration, begins string, creator tracegen.Stack, reason string, parked tracegen.Stack) (g func() *tracegen.Goroutine) {
	var born *tracegen.Goroutine
	s.at(at, func(at int64) { s.none.NetpollUnblock(at, s.main) })
	s.at(at+µs, func(at int64) { s.p[0].Start(at, s.main) })
	s.at(at+2*µs, func(at int64) { born = s.p[0].Create(at, s.Stack(begins), creator) })
	s.at(at+3*µs, func(at int64) { s.p[0].Block(at, "sleep", s.Stack("time.Sleep", "main.main")) })
	s.at(at+4*µs, func(at int64) { s.p[0].Start(at, born) })
	s.at(at+5*µs, func(at int64) { s.p[0].Block(at, reason, parked) })
	return func() *tracegen.Goroutine { return born }
}

// wake plans that the poller or a timer wakes one, and that it starts on P p after a delay.
func (s *stage) wake(p int, g func() *tracegen.Goroutine, at, delay time.Duration) {
	s.at(at, func(at int64) { s.none.NetpollUnblock(at, g()) })
	s.at(at+delay, func(at int64) { s.p[p].Start(at, g()) })
}

func (s *stage) park(p int, at time.Duration, reason string, stack tracegen.Stack) {
	s.at(at, func(at int64) { s.p[p].Block(at, reason, stack) })
}

// setUp is when all who are there from the beginning have been created.
const setUp = 10 * ms

// leaks creates a goroutine every 100 ms, which blocks for good.
func (s *stage) leaks() {
	creator := s.Frames(tracegen.Frame{Func: "main.(*server).handle", File: "handle.go", Line: 42}, tracegen.Frame{Func: "main.main", File: "main.go", Line: 7})
	parked := s.Stack("runtime.chansend1", "main.(*client).request", "main.(*server).handle.func1")
	for i := range s.windows * 10 {
		at := time.Duration(i)*100*ms + 50*ms
		g := s.born(at, "main.(*server).handle.func1", creator, "chan send", parked)
		if s.calm(at) {
			s.wake(0, g, at+5*ms, µs)
			s.at(at+6*ms, func(at int64) { s.p[0].End(at) })
		}
	}
}

// hogs lets a goroutine keep P p for most of the time, while another one waits for it. For
// four seconds it has to be stopped again and again, then it cannot be.
func (s *stage) hogs(p int) {
	creator, work, wait := s.Stack("main.main"), s.Stack("main.crunch", "main.(*pool).worker"), s.Stack("runtime.chanrecv1", "main.serve")
	hog := s.born(time.Duration(p)*20*µs, "main.(*pool).worker", creator, "chan receive", work)
	victim := s.born(time.Duration(p)*20*µs+10*µs, "main.serve", creator, "chan receive", wait)
	for i := range s.windows * 25 {
		at := time.Duration(i)*40*ms + setUp + time.Duration(p)*7*µs
		if at%time.Second > resting {
			continue
		}
		s.wake(p, hog, at, µs)
		end := at + 32*ms + time.Duration(i)*µs
		late := time.Duration(21+i%7)*ms + time.Duration(i*hogs+p)*100*time.Nanosecond
		switch {
		case s.calm(at):
			end, late = at+3*ms, time.Duration(i*hogs+p)*100*time.Nanosecond+µs
		case i < 100:
			for k := range 3 {
				end = at + time.Duration(1+k)*9900*µs
				s.at(end, func(at int64) { s.p[p].Preempt(at, work) })
				s.at(end+2*µs, func(at int64) { s.p[p].Start(at, hog()) })
			}
			end += 3 * µs
		}
		s.park(p, end, "chan receive", work)
		s.wake(p, victim, end+5*µs-late, late)
		s.park(p, end+10*µs, "chan receive", wait)
	}
}

// assists lets a goroutine on P p allocate, and pay for it the more the more it does.
func (s *stage) assists(p int) {
	stack := s.Stack("runtime.gcAssistAlloc", "runtime.mallocgc", "main.build", "main.render")
	g := s.born(200*µs, "main.render", s.Stack("main.main"), "chan receive", stack)
	heap := uint64(100e6)
	s.at(setUp+13*µs, func(at int64) { s.p[p].GCBegin(at, stack) })
	for i := range s.windows*4 - 1 {
		at := time.Duration(i)*250*ms + setUp + 11*µs
		n, length := 1+i/2%3, 20*ms
		if s.calm(at) {
			length = ms
		}
		s.wake(p, g, at, µs)
		s.at(at+3*µs, func(at int64) { heap += uint64(n) * 1e6; s.p[p].HeapAlloc(at, heap) })
		at += 4 * µs
		for k := range n {
			s.at(at, func(at int64) { s.p[p].AssistBegin(at, stack) })
			at += length + time.Duration(4*i+k)*µs
			s.at(at, func(at int64) { s.p[p].AssistEnd(at) })
			at += µs
		}
		s.park(p, at, "chan receive", stack)
	}
}

// awaits lets goroutines wait for the network all the time, and run on P p in between.
func (s *stage) awaits(p int) {
	stack := s.Stack("internal/poll.runtime_pollWait", "internal/poll.(*pollDesc).wait", "internal/poll.(*pollDesc).waitRead",
		"internal/poll.(*FD).Read", "net.(*netFD).Read", "net.(*conn).Read", "main.(*store).query", "main.handle",
		"net/http.HandlerFunc.ServeHTTP", "net/http.serverHandler.ServeHTTP", "net/http.(*conn).serve")
	pause := s.Stack("time.Sleep", "main.handle", "net/http.HandlerFunc.ServeHTTP", "net/http.serverHandler.ServeHTTP", "net/http.(*conn).serve")
	for i := range 15 {
		g := s.born(300*µs+time.Duration(i)*10*µs, "net/http.(*conn).serve", s.Stack("main.main"), "sleep", pause)
		at := setUp + time.Duration(i)*300*µs
		for k := 0; at < time.Duration(s.windows)*time.Second-250*ms; k++ {
			s.wake(p, g, at, µs)
			wait, rest := 198*ms+time.Duration(15*k+i)*100*time.Nanosecond, 2*ms
			if s.calm(at) {
				wait, rest = rest, wait
			}
			s.park(p, at+2*µs, "network", stack)
			at += 2*µs + wait
			s.wake(p, g, at, µs)
			s.park(p, at+2*µs, "sleep", pause)
			at += 2*µs + rest
		}
	}
}

// end plays what was planned, in windows of a second.
func (s *stage) end() []byte {
	for i := 1; i <= s.windows; i++ {
		end := time.Duration(i) * time.Second
		s.at(end-µs, func(at int64) { s.p[0].HeapGoal(at, 0) }) // so that the last one is as long
		if i < s.windows {
			s.at(end, s.NextGeneration)
		}
	}
	slices.SortStableFunc(s.plans, func(a, b planned) int { return cmp.Compare(a.at, b.at) })
	for _, p := range s.plans {
		s.do(p)
	}
	return s.Bytes()
}

func (s *stage) do(p planned) { p.do(int64(s.begins + p.at)) }

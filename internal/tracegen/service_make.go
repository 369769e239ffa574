package tracegen

import (
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// place is where in the program something happens. Each has several stacks.
type place uint8

const (
	atRead place = iota
	atReadWait
	atWrite
	atAccept
	atSend // of work or of an answer
	atAnswer
	atPool
	atGo // where a goroutine is created
	atLock
	atUnlock
	atSleep
	atTask
	atAlloc
	atLoop
	atSelect
	atStart // of the runtime's own
	atWorker
	atSweeper
	inConn // first stacks of goroutines
	inPool
	inHelper
	inTicker
	inMain
	numPlaces
)

// placeFrames are a place's innermost frames; the program's own follow.
var placeFrames = [numPlaces][]string{
	atRead:     {"syscall.read", "syscall.Read", "internal/poll.(*FD).Read", "net.(*netFD).Read", "net.(*conn).Read", "net/http.(*connReader).Read"},
	atReadWait: {"internal/poll.runtime_pollWait", "internal/poll.(*FD).Read", "net.(*netFD).Read", "net.(*conn).Read", "net/http.(*connReader).Read"},
	atWrite:    {"syscall.write", "syscall.Write", "internal/poll.(*FD).Write", "net.(*netFD).Write", "net.(*conn).Write"},
	atAccept:   {"internal/poll.runtime_pollWait", "internal/poll.(*FD).Accept", "net.(*netFD).accept", "net.(*TCPListener).Accept", "net/http.(*Server).Serve"},
	atSend:     {"runtime.chansend1"},
	atAnswer:   {"runtime.chanrecv1"},
	atPool:     {"runtime.chanrecv2"},
	atGo:       {},
	atLock:     {"sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"},
	atUnlock:   {"sync.(*Mutex).unlockSlow", "sync.(*Mutex).Unlock"},
	atSleep:    {"time.Sleep"},
	atTask:     {"runtime/trace.NewTask"},
	atAlloc:    {"runtime.mallocgc", "runtime.makeslice"},
	atLoop:     {"runtime.asyncPreempt2", "runtime.asyncPreempt"},
	atSelect:   {"runtime.selectgo"},
	atStart:    {"runtime.startTheWorldGC"},
	atWorker:   {"runtime.gcBgMarkWorker"},
	atSweeper:  {"runtime.bgsweep"},
	inConn:     {"net/http.(*conn).serve"},
	inPool:     {"app.(*pool).work"},
	inHelper:   {"app.(*handler).ServeHTTP.func1"},
	inTicker:   {"app.(*cache).expire"},
	inMain:     {"runtime.main"},
}

// rootOnly are places whose stacks have no frames of the program's.
func rootOnly(at place) bool { return at >= inConn || at >= atStart && at <= atSweeper }

// makeSites gives each place its share of the stacks. They share functions.
func (s *service) makeSites() {
	funcs := make([]Frame, 4+s.shape.Stacks)
	for i := range funcs {
		funcs[i] = Frame{Func: randomName("app.f", i), File: randomName("/src/app/file", i%50) + ".go", Line: uint64(1 + i)}
	}
	several := 0
	for at := range numPlaces {
		if !rootOnly(at) {
			several++
		}
	}
	for at := range numPlaces {
		n := 1
		if !rootOnly(at) {
			n = max(1, s.shape.Stacks/several)
		}
		for range n {
			var frames []Frame
			for i, name := range placeFrames[at] {
				frames = append(frames, Frame{Func: name, File: "/go/src/" + name + ".go", Line: uint64(10 + i)})
			}
			if !rootOnly(at) {
				for range 1 + s.IntN(s.shape.Depth) {
					frames = append(frames, funcs[s.IntN(len(funcs))])
				}
			}
			s.sites[at] = append(s.sites[at], s.Frames(frames[:min(len(frames), maxFrames)]...))
		}
	}
}

// maxFrames is the format's limit on a stack (internal/trace/tracev2.MaxFramesPerStack).
const maxFrames = 128

// site picks one of a place's stacks: some are hot, most are not.
func (s *service) site(at place) Stack {
	n := len(s.sites[at])
	return s.sites[at][s.IntN(1+s.IntN(n))]
}

func (s *service) makeProcs() {
	for i := range s.shape.Procs {
		s.ps = append(s.ps, &processor{Proc: s.Proc(uint64(i))})
	}
	s.mutexes = make([]mutex, 2+len(s.ps)/4)
}

// makeGoroutines makes the goroutines that there are when the trace begins: the
// runtime's own, the program's few, its pool, and connections, of which most
// stay quiet. The quiet ones are among the others, as they are in a program.
func (s *service) makeGoroutines() {
	id := uint64(0)
	waiting := func(at place) *Goroutine {
		id++
		return s.Goroutine(id, wire.GoWaiting, s.site(at))
	}
	waiting(inMain)
	s.gc.sweeper = &routine{g: waiting(atSweeper), kind: sweeper}
	for range s.ps {
		s.gc.workers = append(s.gc.workers, &routine{g: waiting(atWorker), kind: marker})
	}
	s.acceptor = &routine{g: waiting(atAccept), kind: acceptor}
	s.accepting = true
	for range 4 {
		r := &routine{g: waiting(atSleep), kind: ticker}
		s.agenda.push(appointment{at: s.Int64N(1_000_000), what: timer, r: r})
	}
	for range 2*len(s.ps) + 2 {
		s.workers.put(&routine{g: waiting(atPool), kind: poolWorker})
	}
	for n := 0; n < 4 || int(id) < s.shape.Goroutines; n++ {
		g := waiting(atReadWait)
		if n < 4 || s.IntN(100) >= s.shape.Quiet {
			s.listening = append(s.listening, &routine{g: g, kind: connection})
		}
	}
}

// makeThreads makes the threads, half of the Ps being with one that runs a
// connection.
func (s *service) makeThreads() {
	for i := range s.shape.Threads {
		m := &machine{}
		s.ms = append(s.ms, m)
		id := uint64(1000 + 7*i)
		if p := i - 1; i > 0 && p < (len(s.ps)+1)/2 && len(s.listening) > 1 {
			m.Thread, m.p = s.Thread(id, s.ps[p].Proc), s.ps[p]
			m.p.m = m
			last := len(s.listening) - 1
			m.r, s.listening = s.listening[last], s.listening[:last]
			m.Running(m.r.g)
			s.request(m.r)
			s.inFlight++
		} else {
			m.Thread = s.Thread(id)
			if i > 0 {
				s.parked = append(s.parked, m)
			}
		}
		if s.shape.Skew > 0 {
			m.Skew(s.Int64N(2*s.shape.Skew+1) - s.shape.Skew)
		}
	}
	for _, p := range s.ps {
		if p.m == nil {
			s.idle = append(s.idle, p)
		}
	}
}

// begin makes the first appointments.
func (s *service) begin() {
	for i := range s.agenda {
		s.agenda[i].at += s.now // the tickers', which stay a heap
	}
	for _, m := range s.ms {
		if m.r != nil {
			s.after(m, s.gap())
		}
	}
	s.gc.goal = s.gc.growth(len(s.ps))
	s.appoint(arrival, 0)
	s.appoint(monitor, 20_000)
}

package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// stage is a world for one goroutine: it runs on one thread, and what wakes it comes
// from another.
type stage struct {
	*tracegen.World
	m, other *tracegen.Thread
	at       int64
}

func newStage() *stage {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	s := &stage{World: w, m: w.Thread(100, w.Proc(0)), other: w.Thread(101, w.Proc(1))}
	s.other.Running(w.Goroutine(1, wire.GoRunnable, 0))
	return s
}

func (s *stage) tick() int64 {
	s.at += 1_000
	return s.at
}

// netRead lets the running goroutine wait for the network, called from the given
// functions, innermost first, and come back.
func (s *stage) netRead(g *tracegen.Goroutine, funcs ...string) {
	s.m.Block(s.tick(), "network", s.Stack(append([]string{"internal/poll.(*FD).Read", "net.(*conn).Read"}, funcs...)...))
	s.other.Unblock(s.tick(), g, 0)
	s.m.Start(s.tick(), g)
}

// wait lets it wait for something else, until another goroutine or a timer ends that.
func (s *stage) wait(g *tracegen.Goroutine, reason string, byTimer bool) {
	s.m.Block(s.tick(), reason, s.Stack("main.wait"))
	if byTimer {
		s.m.NetpollUnblock(s.tick(), g)
	} else {
		s.other.Unblock(s.tick(), g, s.Stack("main.hand"))
	}
	s.m.Start(s.tick(), g)
}

// born creates a goroutine that begins in fn, and starts it.
func (s *stage) born(fn string) *tracegen.Goroutine {
	g := s.other.Create(s.tick(), s.Stack(fn), s.Stack("main.main"))
	s.m.Start(s.tick(), g)
	return g
}

// onBehalf returns OnBehalf of each network wait, at its beginning and at its end.
func onBehalf(t *testing.T, s *stage, g *tracegen.Goroutine) []bool {
	t.Helper()
	r := readWorld(t, s.World)
	var got []bool
	for _, o := range r.of(g, detectors.GoPark) {
		if o.Reason == detectors.ReasonNetwork {
			got = append(got, o.G.OnBehalf)
		}
	}
	var atEnd []bool
	for _, o := range r.of(g, detectors.GoUnpark) {
		if o.Reason == detectors.ReasonNetwork {
			atEnd = append(atEnd, o.G.OnBehalf)
		}
	}
	require.Equal(t, got, atEnd)
	return got
}

// TestConnectionLoop: a goroutine that was made to read from a connection, over and over
// in its own function, waits for nobody.
func TestConnectionLoop(t *testing.T) {
	s := newStage()
	g := s.born("main.serveConn")
	for range 3 {
		s.netRead(g, "main.serveConn")
	}
	require.Equal(t, []bool{false, false, false}, onBehalf(t, s, g))
}

// TestServerLoop: one that was made to read requests and asks elsewhere for each of them
// does only that on behalf. The next request is nobody's yet.
func TestServerLoop(t *testing.T) {
	s := newStage()
	g := s.born("main.serveConn")
	for range 2 {
		s.netRead(g, "main.serveConn")
		s.netRead(g, "main.query", "main.serveConn")
		s.netRead(g, "main.render", "main.serveConn")
	}
	s.netRead(g, "main.serveConn")
	require.Equal(t, []bool{false, true, true, false, true, true, false}, onBehalf(t, s, g))
}

// TestErrand: one that was made to do something, and reads in another function for
// it, does that on behalf. From then on it is a loop unless it gets something to do.
func TestErrand(t *testing.T) {
	s := newStage()
	g := s.born("main.handle.func1")
	s.netRead(g, "main.query", "main.handle.func1")
	s.netRead(g, "main.query", "main.handle.func1")
	require.Equal(t, []bool{true, false}, onBehalf(t, s, g))
}

// TestStranger: nothing is known of one that was there before the trace.
func TestStranger(t *testing.T) {
	s := newStage()
	g := s.Goroutine(2, wire.GoRunnable, 0)
	s.m.Start(s.tick(), g)
	s.netRead(g, "main.query", "main.worker")
	require.Equal(t, []bool{false}, onBehalf(t, s, g))
}

// TestHanded: what another goroutine gives through a channel is something to do; what
// a timer or a lock gives is not.
func TestHanded(t *testing.T) {
	for _, test := range []struct {
		name    string
		reason  string
		byTimer bool
		want    bool
	}{
		{"chan receive", "chan receive", false, true},
		{"select", "select", false, true},
		{"select, timed out", "select", true, false},
		{"sleep", "sleep", true, false},
		{"lock", "sync", false, false},
		{"cond", "sync.(*Cond).Wait", false, false},
		{"chan send", "chan send", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage()
			g := s.Goroutine(2, wire.GoRunnable, 0)
			s.m.Start(s.tick(), g)
			s.netRead(g, "main.query", "main.worker")
			s.wait(g, test.reason, test.byTimer)
			s.netRead(g, "main.query", "main.worker")
			s.netRead(g, "main.query", "main.worker")
			require.Equal(t, []bool{false, test.want, false}, onBehalf(t, s, g))
		})
	}
}

// TestElsewhere: who reads here and then there reads there because of what came here.
func TestElsewhere(t *testing.T) {
	s := newStage()
	g := s.Goroutine(2, wire.GoRunnable, 0)
	s.m.Start(s.tick(), g)
	s.netRead(g, "main.accept", "main.worker")
	s.netRead(g, "main.query", "main.worker")
	s.netRead(g, "main.query", "main.worker")
	require.Equal(t, []bool{false, true, false}, onBehalf(t, s, g))
}

// TestRequest: a request's handler waits on its client's behalf, however often.
func TestRequest(t *testing.T) {
	s := newStage()
	g := s.Goroutine(2, wire.GoRunnable, 0)
	s.m.Start(s.tick(), g)
	for range 2 {
		s.netRead(g, "main.query", "main.handle", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve")
	}
	require.Equal(t, []bool{true, true}, onBehalf(t, s, g))
}

// TestListedRequest: the list of a generation tells it too, where it has stacks.
func TestListedRequest(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	read := []string{"internal/poll.(*FD).Read", "net.(*conn).Read"}
	request := w.Goroutine(1, wire.GoWaiting, w.Stack(append(read, "main.handle", "net/http.(*conn).serve")...))
	loop := w.Goroutine(2, wire.GoWaiting, w.Stack(append(read, "main.serveConn")...))
	m.HeapAlloc(1_000, 1)
	r := readWorld(t, w)
	require.True(t, r.of(request, detectors.GoList)[0].G.OnBehalf)
	require.False(t, r.of(loop, detectors.GoList)[0].G.OnBehalf)
}

// TestOtherWaits: a wait that is not for the network changes nothing.
func TestOtherWaits(t *testing.T) {
	s := newStage()
	g := s.born("main.handle.func1")
	s.wait(g, "sync", false)
	s.netRead(g, "main.query", "main.handle.func1")
	require.Equal(t, []bool{true}, onBehalf(t, s, g))
}

// TestAccepted: what an accept loop creates serves a connection, even if it reads in
// another function than it began in.
func TestAccepted(t *testing.T) {
	s := newStage()
	acceptor := s.born("main.listen")
	s.m.Block(s.tick(), "network", s.Stack("internal/poll.(*FD).Accept", "net.(*netFD).accept", "net.(*TCPListener).accept", "main.listen"))
	s.other.Unblock(s.tick(), acceptor, 0)
	s.m.Start(s.tick(), acceptor)
	g := s.m.Create(s.tick(), s.Stack("main.serve"), s.Stack("main.listen"))
	s.m.Block(s.tick(), "network", s.Stack("internal/poll.(*FD).Accept", "net.(*netFD).accept", "net.(*TCPListener).accept", "main.listen"))
	s.m.Start(s.tick(), g)
	s.netRead(g, "main.readQuery", "main.serve")
	s.netRead(g, "main.readQuery", "main.serve")
	require.Equal(t, []bool{false, false}, onBehalf(t, s, g))
}

// ask lets the running goroutine send something and wait for the answer.
func (s *stage) ask(g *tracegen.Goroutine, funcs ...string) {
	s.m.Syscall(s.tick(), s.Stack(append([]string{"syscall.write", "internal/poll.(*FD).Write", "net.(*conn).Write"}, funcs...)...))
	s.m.SyscallEnd(s.tick())
	s.netRead(g, funcs...)
}

// asked returns Asked of each network wait.
func asked(r *hearing, g *tracegen.Goroutine) []bool {
	var got []bool
	for _, o := range r.of(g, detectors.GoPark) {
		if o.Reason == detectors.ReasonNetwork {
			got = append(got, o.G.Asked)
		}
	}
	return got
}

// TestAsks: a worker that sends something each time asks, also if it had to wait for the
// connection first, in the same call. A server's connection answers, and then waits for who asks it.
func TestAsks(t *testing.T) {
	s := newStage()
	worker := s.born("main.work")
	for range 2 {
		s.ask(worker, "main.query", "main.work")
	}
	s.m.End(s.tick())
	connects := s.born("main.work")
	s.m.Block(s.tick(), "network", s.Stack("internal/poll.(*FD).WaitWrite", "net.(*netFD).connect", "net.(*Dialer).Dial", "main.query", "main.work"))
	s.other.Unblock(s.tick(), connects, 0)
	s.m.Start(s.tick(), connects)
	s.netRead(connects, "main.query", "main.work") // the server's greeting
	for range 2 {
		s.ask(connects, "main.query", "main.work")
	}
	s.m.End(s.tick())
	server := s.born("main.serveConn")
	s.netRead(server, "main.serveConn")
	for range 2 {
		s.ask(server, "main.serveConn")
	}
	r := readWorld(t, s.World)
	require.Equal(t, []bool{false, true}, asked(r, worker)) // the first is on behalf of who started it
	require.Equal(t, []bool{false, false, true, true}, asked(r, connects))
	require.Equal(t, []bool{false, false, false}, asked(r, server))
}

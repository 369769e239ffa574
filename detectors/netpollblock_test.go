package detectors_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// The stacks of this file, without the frames that all have.
var (
	poll       = []string{"internal/poll.runtime_pollWait", "internal/poll.(*pollDesc).wait", "internal/poll.(*pollDesc).waitRead"}
	tcpRead    = append(slices.Clone(poll), "internal/poll.(*FD).Read", "net.(*netFD).Read", "net.(*conn).Read")
	tcpWrite   = []string{"internal/poll.runtime_pollWait", "internal/poll.(*pollDesc).wait", "internal/poll.(*pollDesc).waitWrite", "internal/poll.(*FD).Write", "net.(*netFD).Write", "net.(*conn).Write"}
	tcpAccept  = append(slices.Clone(poll), "internal/poll.(*FD).Accept", "net.(*netFD).accept", "net.(*TCPListener).accept", "net.(*TCPListener).Accept")
	underHTTP  = []string{"net/http.HandlerFunc.ServeHTTP", "net/http.(*ServeMux).ServeHTTP", "net/http.serverHandler.ServeHTTP", "net/http.(*conn).serve"}
	awaitsHTTP = []string{"runtime.selectgo", "net/http.(*persistConn).roundTrip", "net/http.(*Transport).roundTrip", "net/http.(*Transport).RoundTrip", "net/http.send", "net/http.(*Client).send", "net/http.(*Client).do", "net/http.(*Client).Do"}
)

// A wait is one that a goroutine comes back to again and again.
type wait struct {
	reason string
	stack  tracegen.Stack
	length time.Duration
	given  bool // another goroutine ends it, else the poller or a timer
}

// A network is a world in which goroutines wait and hardly ever run. P 0 is for setting
// up, P 1 for a goroutine that gives others something, and each group has one of the rest.
type network struct {
	*world
	giver *tracegen.Goroutine
	last  int // the P of the last group
	spans [][2]time.Duration
}

func newNetwork(v wire.Version) *network {
	n := &network{world: newWorld(v, 6), last: 1}
	n.giver = n.spawn(n.Stack("main.dispatch"), n.Stack("main.main"))
	n.p[1].Start(n.tick(), n.giver)
	return n
}

// calls returns a wait for the network with what called it: functions, innermost first.
func (n *network) calls(length time.Duration, lowest []string, funcs ...[]string) wait {
	return wait{"network", n.Stack(slices.Concat(append([][]string{lowest}, funcs...)...)...), length, false}
}

// group makes goroutines that begin in fn and go through the same waits from a time on,
// again and again until another; they have been in the first wait since the beginning.
func (n *network) group(count int, fn string, from, until time.Duration, waits ...wait) {
	gs := n.park(count, fn, waits[0])
	n.cycle(gs, from, until, waits...)
}

// park makes goroutines that begin in fn and are in a wait.
func (n *network) park(count int, fn string, first wait) []*tracegen.Goroutine {
	gs := make([]*tracegen.Goroutine, count)
	for i := range gs {
		gs[i] = n.spawn(n.Stack(fn), n.Stack("main.main"))
	}
	for _, g := range gs {
		n.begin(g, first.reason, first.stack)
	}
	return gs
}

// cycle lets goroutines that are in the first of the waits come out of it at a time, and go
// on through them.
func (n *network) cycle(gs []*tracegen.Goroutine, from, until time.Duration, waits ...wait) {
	n.last++
	p := n.last
	for i, g := range gs {
		at, k := from+time.Duration(i)*5*time.Microsecond, 0
		for ; at < until; k++ {
			if waits[k%len(waits)].given {
				n.at(at, func(at int64) { n.p[1].Unblock(at, g, n.Stack("runtime.chansend1", "main.dispatch")) })
			} else {
				n.wake(g, at)
			}
			next := waits[(k+1)%len(waits)]
			n.turn(p, g, at+time.Microsecond, time.Microsecond, next.reason, next.stack)
			began := at + 2*time.Microsecond
			at = began + next.length
			n.spans = append(n.spans, [2]time.Duration{began, at})
		}
	}
}

// concurrent returns how many of the cycles' waits went on at once in a window, on the
// average.
func (n *network) concurrent(w detectors.Window) float64 {
	var sum time.Duration
	for _, s := range n.spans {
		began, ended := detectors.Time(base).Add(s[0]), detectors.Time(base).Add(s[1])
		sum += max(0, min(ended, w.End).Sub(max(began, w.Start)))
	}
	return float64(sum) / float64(w.Duration())
}

// A phase of 60 ms keeps all waits here that are in flight when a window ends longer
// than 50 ms, so that all of them count.
const phase = 60 * time.Millisecond

func TestNetpollBlock(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprint("go1.", v), func(t *testing.T) {
			n := newNetwork(v)
			n.group(15, "net/http.(*conn).serve", phase, 3*window, n.calls(200*time.Millisecond, tcpRead, []string{"main.(*store).query", "main.handle"}, underHTTP))
			all := watch(t, detectors.NetpollBlock{}, n.play(3))
			require.Equal(t, []string{"", "main.(*store).query", "main.(*store).query"}, found(all))
			require.Equal(t, "not for long enough yet", all[0].verdict.Note)
			for _, j := range all[1:] {
				f := one(t, j)
				want := n.concurrent(j.Window)
				require.InDelta(t, 15, want, 0.01)
				require.InDelta(t, want, j.verdict.Value, 1e-9)
				require.Equal(t, 10.0, j.verdict.Threshold)
				require.InDelta(t, want/10, f.Score, 1e-9)
				require.InDelta(t, want, measure(t, f, "goroutines waiting at once").Value, 1e-9)
				require.Equal(t, detectors.Warning, f.Severity)
				require.Equal(t, all[0].Start, f.Start)
				require.Equal(t, j.End, f.End)
				require.Contains(t, f.Summary, "15 goroutines at once waited for the network in main.(*store).query (tcp read)")
				require.Contains(t, f.Summary, "at most 200 ms")
				require.Zero(t, measure(t, f, "wait mean").Baseline, "nothing is known of what was before")

				require.Len(t, f.Evidence.Sites, 1)
				s := f.Evidence.Sites[0]
				require.Equal(t, "main.(*store).query", j.in(s))
				require.Equal(t, 15*(5+1), s.Count, "five of each have ended, one is in flight")
				require.Equal(t, 200*time.Millisecond, s.Max)
				require.InDelta(t, want*float64(j.Duration()), s.Total, 1)
				require.Len(t, f.Evidence.Goroutines, 1)
				g := f.Evidence.Goroutines[0]
				require.Equal(t, 200*time.Millisecond, g.Duration)
				require.Equal(t, "waited for tcp read", g.What)
			}
		})
	}
}

// From a mean of a second on it is critical.
func TestNetpollBlockCritical(t *testing.T) {
	n := newNetwork(wire.Go126)
	n.group(15, "net/http.(*conn).serve", phase, 4*window, n.calls(2*time.Second, tcpRead, []string{"main.query"}, underHTTP))
	all := watch(t, detectors.NetpollBlock{}, n.play(4))
	require.Equal(t, detectors.Critical, one(t, all[3]).Severity)
}

// Waits that somebody waits for.
func TestNetpollBlockInFlight(t *testing.T) {
	for _, c := range []struct {
		name, begins string
		waits        func(n *network) []wait
		site         string
		op           string
	}{
		{"a worker that is handed work", "main.worker", func(n *network) []wait {
			return []wait{
				{"chan receive", n.Stack("runtime.chanrecv2", "main.worker"), time.Millisecond, true},
				n.calls(200*time.Millisecond, tcpRead, []string{"main.fetch", "main.worker"}),
			}
		}, "main.fetch", "(tcp read)"},
		{"one that selects what to do", "main.worker", func(n *network) []wait {
			return []wait{
				{"select", n.Stack("runtime.selectgo", "main.worker"), time.Millisecond, true},
				n.calls(200*time.Millisecond, tcpWrite, []string{"main.push", "main.worker"}),
			}
		}, "main.push", "(tcp write)"},
		{"a handler that reads its request's body", "net/http.(*conn).serve", func(n *network) []wait {
			return []wait{n.calls(200*time.Millisecond, tcpRead, []string{"net/http.(*connReader).Read", "bufio.(*Reader).Read", "io.(*LimitedReader).Read", "net/http.(*body).readLocked", "net/http.(*body).Read", "io.ReadAll", "main.upload"}, underHTTP)}
		}, "main.upload", "(tcp read)"},
		{"an HTTP client's caller", "main.crawl", func(n *network) []wait {
			return []wait{{"select", n.Stack(append(slices.Clone(awaitsHTTP), "main.get", "main.crawl")...), 200 * time.Millisecond, true}}
		}, "main.get", "(tcp read)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(wire.Go126)
			n.group(15, c.begins, phase, 3*window, c.waits(n)...)
			all := watch(t, detectors.NetpollBlock{}, n.play(3))
			require.Equal(t, []string{"", c.site, c.site}, found(all))
			require.Contains(t, all[2].findings[0].Summary, c.op)
		})
	}
}

// Callers wait for those who wait for the network: the end of the chain is at fault,
// though fewer wait there.
func TestNetpollBlockEndOfChain(t *testing.T) {
	n := newNetwork(wire.Go126)
	n.group(30, "main.crawl", phase, 3*window, wait{"select", n.Stack(append(slices.Clone(awaitsHTTP), "main.get", "main.crawl")...), 200 * time.Millisecond, true})
	n.group(12, "net/http.(*conn).serve", phase, 3*window, n.calls(200*time.Millisecond, tcpRead, []string{"main.query"}, underHTTP))
	all := watch(t, detectors.NetpollBlock{}, n.play(3))
	require.Equal(t, []string{"", "main.query", "main.query"}, found(all))
	f := all[2].findings[0]
	require.Len(t, f.Evidence.Sites, 2)
	require.Equal(t, "main.get", all[2].in(f.Evidence.Sites[0]))
	require.InDelta(t, 30, all[2].verdict.Value, 0.01)
}

// Waits that nobody waits for, or not for long.
func TestNetpollBlockSilence(t *testing.T) {
	const ms = time.Millisecond
	own := []string{"main.(*server).serveConn"}
	for _, c := range []struct {
		name, begins string
		count        int
		waits        func(n *network) []wait
	}{
		{"idle connections", "net/http.(*conn).serve", 2000, func(n *network) []wait {
			return []wait{n.calls(400*ms, tcpRead, []string{"net/http.(*connReader).Read", "bufio.(*Reader).fill", "bufio.(*Reader).Peek", "net/http.(*conn).serve"})}
		}},
		{"connections that read a request", "net/http.(*conn).serve", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, []string{"net/http.(*connReader).Read", "bufio.(*Reader).fill", "net/http.readRequest", "net/http.(*conn).readRequest", "net/http.(*conn).serve"})}
		}},
		{"accept loops", "main.listen", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpAccept, []string{"main.accept", "main.listen"})}
		}},
		{"servers' background readers", "net/http.(*connReader).backgroundRead", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, []string{"net/http.(*connReader).backgroundRead"})}
		}},
		{"clients' connections", "net/http.(*persistConn).readLoop", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, []string{"net/http.(*persistConn).Read", "bufio.(*Reader).fill", "bufio.(*Reader).Peek", "net/http.(*persistConn).readLoop"})}
		}},
		{"gRPC connections", "google.golang.org/grpc.(*Server).handleRawConn.func1", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, []string{"bufio.(*Reader).Read", "io.ReadAtLeast", "io.ReadFull", "golang.org/x/net/http2.readFrameHeader", "golang.org/x/net/http2.(*Framer).ReadFrame", "google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams", "google.golang.org/grpc.(*Server).serveStreams"})}
		}},
		{"a loop around one read", "main.(*server).serveConn", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, own)}
		}},
		{"a loop of a library", "example.com/redis.(*Server).loop", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, []string{"bufio.(*Reader).ReadSlice", "example.com/redis.(*Server).loop"})}
		}},
		{"read, think, write", "main.(*server).serveConn", 20, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, own), {"sleep", n.Stack("time.Sleep", own[0]), 5 * ms, false}, {"sync", n.Stack("sync.(*Mutex).Lock", own[0]), ms, true}}
		}},
		{"what a ticker does", "main.poll", 20, func(n *network) []wait {
			return []wait{{"chan receive", n.Stack("runtime.chanrecv2", "main.poll"), 5 * ms, false}, n.calls(200*ms, tcpRead, []string{"main.poll"})}
		}},
		{"eight waiters", "net/http.(*conn).serve", 8, func(n *network) []wait {
			return []wait{n.calls(200*ms, tcpRead, []string{"main.query"}, underHTTP)}
		}},
		{"short waits", "net/http.(*conn).serve", 20, func(n *network) []wait {
			return []wait{n.calls(40*ms, tcpRead, []string{"main.query"}, underHTTP)}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(wire.Go126)
			n.group(c.count, c.begins, phase, 3*window, c.waits(n)...)
			all := watch(t, detectors.NetpollBlock{}, n.play(3))
			silent(t, all)
			want := 0.0
			if c.count == 8 {
				want = n.concurrent(all[2].Window)
			}
			require.Equal(t, "{goroutine}", all[2].verdict.Unit)
			require.InDelta(t, want, all[2].verdict.Value, 1e-9)
			require.True(t, all[2].verdict.Applicable)
		})
	}
}

// A server's connection is nobody's errand between two requests, whatever its own
// protocol does for one: the goroutine waits for the network elsewhere or is handed an
// answer, and then comes back to where it reads requests.
func TestNetpollBlockOwnServer(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		busy func(n *network) wait // with a request
	}{
		{"writes its answer to a slow client", func(n *network) wait {
			return n.calls(5*ms, tcpWrite, []string{"main.(*server).answer", "main.(*server).serveConn"})
		}},
		{"asks a database", func(n *network) wait {
			return n.calls(5*ms, tcpRead, []string{"main.query", "main.(*server).serveConn"})
		}},
		{"asks another goroutine", func(n *network) wait {
			return wait{"chan receive", n.Stack("runtime.chanrecv1", "main.(*server).serveConn"), 5 * ms, true}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := newNetwork(wire.Go126)
			read := n.calls(200*ms, tcpRead, []string{"bufio.(*Reader).ReadSlice", "main.(*server).next", "main.(*server).serveConn"})
			n.group(20, "main.(*server).serveConn", phase, 3*window, read, c.busy(n))
			silent(t, watch(t, detectors.NetpollBlock{}, n.play(3)))
		})
	}
}

// A handler that has taken over its connection for a WebSocket reads messages in a loop.
// A client that says something every second is healthy.
func TestNetpollBlockWebSocket(t *testing.T) {
	n := newNetwork(wire.Go126)
	n.group(100, "net/http.(*conn).serve", phase, 4*window, n.calls(time.Second, tcpRead,
		[]string{"bufio.(*Reader).fill", "bufio.(*Reader).Peek", "github.com/gorilla/websocket.(*Conn).read", "github.com/gorilla/websocket.(*Conn).advanceFrame",
			"github.com/gorilla/websocket.(*Conn).NextReader", "github.com/gorilla/websocket.(*Conn).ReadMessage", "main.chat"}, underHTTP))
	silent(t, watch(t, detectors.NetpollBlock{}, n.play(4)))
}

// Whose wait is longer than five seconds waits for news, not for an answer. Of those that
// began before the trace it is not known how long they are.
func TestNetpollBlockSubscriptions(t *testing.T) {
	n := newNetwork(wire.Go126)
	subscription := n.calls(time.Hour, tcpRead, []string{"main.next"}, underHTTP)
	n.park(20, "net/http.(*conn).serve", subscription)
	all := watch(t, detectors.NetpollBlock{}, n.play(8))
	for _, j := range all[:5] {
		require.InDelta(t, 20, j.verdict.Value, 0.01, "they could still be calls")
	}
	for _, j := range all[5:] {
		require.Empty(t, j.findings)
		require.Zero(t, j.verdict.Value)
	}

	n = newNetwork(wire.Go126)
	subscription = n.calls(time.Hour, tcpRead, []string{"main.next"}, underHTTP)
	n.tick()
	for i := range 20 {
		g := n.Goroutine(uint64(100+i), wire.GoWaiting, subscription.stack)
		n.wake(g, 3500*time.Millisecond+time.Duration(i)*time.Microsecond)
	}
	all = watch(t, detectors.NetpollBlock{}, n.play(4))
	silent(t, all)
	require.Zero(t, all[3].verdict.Value)
}

// What is usual at a site is learnt while little waits there. Then as many more as there
// may be wait as long without being news, up to twice as long.
func TestNetpollBlockGrowth(t *testing.T) {
	const quiet = 6 * window
	for _, c := range []struct {
		length time.Duration
		found  bool
	}{
		{200 * time.Millisecond, false},
		{300 * time.Millisecond, false},
		{600 * time.Millisecond, true},
	} {
		t.Run(c.length.String(), func(t *testing.T) {
			n := newNetwork(wire.Go126)
			site := []string{"main.query"}
			usual := n.calls(200*time.Millisecond, tcpRead, site, underHTTP)
			few := n.park(5, "net/http.(*conn).serve", usual)
			n.cycle(few, phase, quiet, usual)
			many := n.park(20, "net/http.(*conn).serve", wait{"chan receive", n.Stack("runtime.chanrecv1", "main.handle"), 0, false})
			n.cycle(many, quiet+phase, quiet+3*window, n.calls(c.length, tcpRead, site, underHTTP))
			all := watch(t, detectors.NetpollBlock{}, n.play(9))
			silent(t, all[:7])
			require.Greater(t, all[8].verdict.Value, 19.0)
			if !c.found {
				silent(t, all)
				return
			}
			require.Equal(t, []string{"main.query", "main.query"}, found(all)[7:])
			f := all[8].findings[0]
			require.Equal(t, all[6].Start, f.Start)
			m := measure(t, f, "wait mean")
			// A window has five waits that ended and one in flight, of each of the five.
			require.InDelta(t, 0.190, m.Baseline, 0.001)
			require.Greater(t, m.Value, 2*m.Baseline)
		})
	}
}

// Five windows are needed to know what is usual; with four, many waits at once are news.
func TestNetpollBlockHistory(t *testing.T) {
	n := newNetwork(wire.Go126)
	usual := n.calls(200*time.Millisecond, tcpRead, []string{"main.query"}, underHTTP)
	n.cycle(n.park(5, "net/http.(*conn).serve", usual), phase, 4*window, usual)
	many := n.park(20, "net/http.(*conn).serve", wait{"chan receive", n.Stack("runtime.chanrecv1", "main.handle"), 0, false})
	n.cycle(many, 4*window+phase, 6*window, usual)
	all := watch(t, detectors.NetpollBlock{}, n.play(6))
	require.Equal(t, []string{"", "", "", "", "", "main.query"}, found(all))
	require.Zero(t, measure(t, all[5].findings[0], "wait mean").Baseline)
}

func TestNetpollBlockGap(t *testing.T) {
	n := newNetwork(wire.Go126)
	n.group(15, "net/http.(*conn).serve", phase, 4*window, n.calls(200*time.Millisecond, tcpRead, []string{"main.query"}, underHTTP))
	all := watch(t, detectors.NetpollBlock{}, n.play(4), 2)
	require.Equal(t, []string{"", "", "main.query"}, found(all))
	require.Equal(t, all[1].Start, all[2].findings[0].Start)
}

// Two sites are equally bad. Which of them is named must not be chance: a dump has to
// show what was found.
func TestNetpollBlockTie(t *testing.T) {
	n := newNetwork(wire.Go126)
	for _, fn := range []string{"main.query", "main.ask"} {
		n.group(15, "net/http.(*conn).serve", phase, 2*window, n.calls(200*time.Millisecond, tcpRead, []string{fn}, underHTTP))
	}
	trace := n.play(2)
	first := found(watch(t, detectors.NetpollBlock{}, trace))
	for range 20 {
		require.Equal(t, first, found(watch(t, detectors.NetpollBlock{}, trace)))
	}
}

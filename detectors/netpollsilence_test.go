package detectors_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

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
	for _, j := range all {
		require.Empty(t, j.findings)
		require.Zero(t, j.verdict.Value, "nobody has been answered there yet")
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

package detectors_test

import (
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Stacks of waits for the network, innermost first, as far as Go's own frames go.
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

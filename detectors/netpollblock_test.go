package detectors_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

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

				require.Contains(t, f.Why, "since it was first seen")
				require.Zero(t, measure(t, f, "waits of less than 50 ms").Value)
				require.Equal(t, 15*(5+1.0), measure(t, f, "waits from 50 ms to 200 ms").Value)
				require.Zero(t, measure(t, f, "waits from 200 ms to 500 ms").Value)
				require.Zero(t, measure(t, f, "waits from 500 ms to 2 s").Value)
				require.Zero(t, measure(t, f, "waits from 2 s on").Value)

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
	// Of the thirty those that still wait do not count yet: there is no history.
	require.Greater(t, all[2].verdict.Value, 25.0)
	require.Less(t, all[2].verdict.Value, 30.0)
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
			require.Equal(t, all[0].Start, f.Start, "a dump shows what was usual")
			m := measure(t, f, "wait mean")
			// A window has five waits that ended and one in flight, of each of the five.
			require.InDelta(t, 0.190, m.Baseline, 0.010)
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

// A peer that always takes 300 ms is told for ten seconds, then it is what is usual. That it takes
// a second is news again.
func TestNetpollBlockAlwaysSlow(t *testing.T) {
	n := newNetwork(wire.Go126)
	calls := func(length time.Duration) wait { return n.calls(length, tcpRead, []string{"main.forward"}, underHTTP) }
	gs := n.park(24, "net/http.(*conn).serve", calls(300*time.Millisecond))
	n.cycle(gs, phase, 26*window, calls(300*time.Millisecond))
	n.cycle(gs, 26*window+phase, 30*window, calls(time.Second))
	all := watch(t, detectors.NetpollBlock{}, n.play(30))
	require.Equal(t, "main.forward", found(all)[1])
	silent(t, all[16:26])
	require.Equal(t, "main.forward", found(all)[29])
	f := one(t, all[29])
	require.InDelta(t, 0.270, measure(t, f, "wait mean").Baseline, 0.020) // those in flight are shorter yet
	require.NotContains(t, f.Why, "not known")
}

func TestNetpollBlockGap(t *testing.T) {
	n := newNetwork(wire.Go126)
	n.group(15, "net/http.(*conn).serve", phase, 4*window, n.calls(200*time.Millisecond, tcpRead, []string{"main.query"}, underHTTP))
	all := watch(t, detectors.NetpollBlock{}, n.play(4), 2)
	require.Equal(t, []string{"", "", "main.query"}, found(all))
	require.Equal(t, all[1].Start, all[2].findings[0].Start)
}

package detectors_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A nursery is a world in which one goroutine creates others, on P 0.
type nursery struct {
	*world
	mother *tracegen.Goroutine
	sleep  tracegen.Stack
	births map[tracegen.Stack][]time.Duration // by go statement
}

func newNursery(v wire.Version) *nursery {
	n := &nursery{world: newWorld(v, 1), births: make(map[tracegen.Stack][]time.Duration)}
	n.mother = n.spawn(n.Stack("main.serve"), n.Stack("main.main"))
	n.sleep = n.Stack("time.Sleep", "main.serve")
	n.begin(n.mother, "sleep", n.sleep)
	return n
}

// gives is a go statement in a function.
func (n *nursery) gives(fn string, line uint64) tracegen.Stack {
	return n.Frames(tracegen.Frame{Func: fn, File: "handle.go", Line: line}, tracegen.Frame{Func: "main.serve", File: "main.go", Line: 10})
}

// bear plans that a go statement creates a goroutine, which begins at once in a function of
// its own and parks. It ends after a while if that is not 0.
func (n *nursery) bear(at time.Duration, gives tracegen.Stack, reason string, parked tracegen.Stack, life time.Duration) {
	const µs = time.Microsecond
	n.births[gives] = append(n.births[gives], at)
	var g *tracegen.Goroutine
	n.wake(n.mother, at-2*µs)
	n.at(at-µs, func(at int64) { n.p[0].Start(at, n.mother) })
	n.at(at, func(at int64) { g = n.p[0].Create(at, n.Stack("main.handle.func1"), gives) })
	n.at(at+µs, func(at int64) { n.p[0].Block(at, "sleep", n.sleep) })
	n.at(at+2*µs, func(at int64) { n.p[0].Start(at, g) })
	n.at(at+3*µs, func(at int64) { n.p[0].Block(at, reason, parked) })
	if life > 0 {
		n.at(at+life, func(at int64) { n.none.NetpollUnblock(at, g) })
		n.at(at+life+µs, func(at int64) { n.p[0].Start(at, g) })
		n.at(at+life+2*µs, func(at int64) { n.p[0].End(at) })
	}
}

// each plans births at a rate, from a time on until another.
func (n *nursery) each(interval, from, until time.Duration, bear func(at time.Duration)) {
	for at := from + interval/2; at < until; at += interval {
		bear(at)
	}
}

// born returns how many a go statement created between two moments.
func (n *nursery) born(gives tracegen.Stack, from, to detectors.Time) (count int) {
	for _, at := range n.births[gives] {
		if t := detectors.Time(base).Add(at); t >= from && t <= to {
			count++
		}
	}
	return count
}

func TestGoroutineLeak(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprint("go1.", v), func(t *testing.T) {
			n := newNursery(v)
			gives, parked := n.gives("main.(*server).handle", 42), n.Stack("runtime.chansend1", "main.(*client).request", "main.handle.func1")
			n.each(100*time.Millisecond, 0, 9*window, func(at time.Duration) { n.bear(at, gives, "chan send", parked, 0) })
			all := watch(t, detectors.GoroutineLeak{}, n.play(9))
			for i, j := range all {
				if j.End.Sub(all[0].Start) < 6*time.Second {
					require.Empty(t, j.findings, "after %d s", i+1)
					require.Contains(t, j.verdict.Note, "growth is judged over 6 s")
				}
			}
			for _, j := range all[6:] {
				checkLeak(t, n, j, gives)
			}
		})
	}
}

func checkLeak(t *testing.T, n *nursery, j judgement, gives tracegen.Stack) {
	t.Helper()
	f := one(t, j)
	site := j.Code.Site(f.Site)
	require.Equal(t, "main.(*server).handle", site.Func)
	require.Equal(t, 42, site.Line, "of the go statement")
	require.Equal(t, detectors.Critical, f.Severity)
	require.Equal(t, j.End, f.End)
	span := f.End.Sub(f.Start)
	require.Greater(t, span, 6*time.Second)
	require.LessOrEqual(t, span, 8*time.Second)
	created := float64(n.born(gives, f.Start, f.End))
	require.Equal(t, created, measure(t, f, "created").Value)
	require.Zero(t, measure(t, f, "ended").Value)
	require.Equal(t, created/10, measure(t, f, "ended").Threshold)
	growth := measure(t, f, "growth")
	require.InDelta(t, created/span.Seconds(), growth.Value, 1e-9)
	require.Equal(t, 3.0, growth.Threshold)
	require.InDelta(t, growth.Value/3, f.Score, 1e-9)
	require.Equal(t, detectors.Verdict{Applicable: true, Value: 10, Threshold: 3, Unit: "{goroutine}/s"}, j.verdict)

	// Those that are older than a second, of all times.
	stuck := n.born(gives, 0, j.End.Add(-time.Second))
	require.Equal(t, float64(stuck), measure(t, f, "parked for good").Value)
	require.Len(t, f.Evidence.Sites, 2)
	require.Equal(t, "main.(*server).handle", j.in(f.Evidence.Sites[0]))
	require.Equal(t, int(created), f.Evidence.Sites[0].Count)
	require.Equal(t, "main.(*client).request", j.in(f.Evidence.Sites[1]))
	require.Equal(t, stuck, f.Evidence.Sites[1].Count)
	require.Len(t, f.Evidence.Goroutines, 1)
	g := f.Evidence.Goroutines[0]
	require.EqualValues(t, base+int64(50*time.Millisecond), g.At, "the oldest")
	require.Equal(t, j.End.Sub(g.At), g.Duration)
	require.Contains(t, g.What, "chan send")
	require.Contains(t, f.Advice, "At handle.go:42 ")
}

func TestGoroutineLeakGap(t *testing.T) {
	n := newNursery(wire.Go126)
	gives, parked := n.gives("main.handle", 42), n.Stack("runtime.chansend1", "main.request", "main.handle.func1")
	n.each(100*time.Millisecond, 0, 10*window, func(at time.Duration) { n.bear(at, gives, "chan send", parked, 0) })
	all := watch(t, detectors.GoroutineLeak{}, n.play(10), 3)
	silent(t, all[:7])
	require.Contains(t, all[6].verdict.Note, "watched for 5 s")
	f := one(t, all[8])
	require.Equal(t, all[2].Start, f.Start)
	require.Equal(t, float64(n.born(gives, all[2].Start, f.End)), measure(t, f, "created").Value)
}

// A look-back may be short or long: growth has to be there in all of it.
func TestGoroutineLeakLookBack(t *testing.T) {
	plan := func(windows int, rate func(win int) int) []byte {
		n := newNursery(wire.Go126)
		gives, parked := n.gives("main.handle", 42), n.Stack("runtime.chansend1", "main.request", "main.handle.func1")
		for win := range windows {
			if k := rate(win); k > 0 {
				from := time.Duration(win) * window
				n.each(window/time.Duration(k), from, from+window, func(at time.Duration) { n.bear(at, gives, "chan send", parked, 0) })
			}
		}
		return n.play(windows)
	}
	t.Run("a second", func(t *testing.T) {
		slow := watch(t, detectors.GoroutineLeak{LookBack: time.Second}, plan(4, func(int) int { return 1 }))
		silent(t, slow)
		require.InDelta(t, 1, slow[3].verdict.Value, 1e-9)
		fast := watch(t, detectors.GoroutineLeak{LookBack: time.Second, Parked: 100 * time.Millisecond}, plan(4, func(int) int { return 10 }))
		require.Equal(t, "main.handle", found(fast)[3])
		require.InDelta(t, 10, fast[3].verdict.Value, 1e-9)
	})
	t.Run("a minute", func(t *testing.T) {
		d := detectors.GoroutineLeak{LookBack: time.Minute}
		late := watch(t, d, plan(62, func(win int) int {
			if win < 40 {
				return 0
			}
			return 5
		}))
		silent(t, late)
		require.Equal(t, "main.handle", found(watch(t, d, plan(62, func(int) int { return 4 })))[61])
	})
	t.Run("five minutes", func(t *testing.T) {
		// The specification's: growth for more than five minutes.
		all := watch(t, detectors.GoroutineLeak{LookBack: 5 * time.Minute}, plan(302, func(int) int { return 4 }))
		require.Equal(t, "main.handle", found(all)[301])
	})
}

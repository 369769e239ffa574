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

// piece is the grain of the correlation here.
const (
	piece  = 250 * time.Millisecond
	pieces = int(window / piece)
)

// A pressure is a collection that never ends, and two goroutines: one in main.build,
// which allocates, and one in main.render, which has to assist more often.
type pressure struct {
	windows int
	length  time.Duration       // of an assist; 0: 20 ms
	assists func(piece int) int // of main.build; three times as many in all
	bytes   func(piece int) uint64
	parked  bool // the assists find no work and wait
}

const megabyte = 1_000_000

func oneTwoThree(piece int) int { return 1 + piece%3 }

// play returns the trace. Every window begins with the heap's size, so that no growth
// lies between two windows.
func (c pressure) play(v wire.Version) []byte {
	if c.length == 0 {
		c.length = 20 * time.Millisecond
	}
	w := newWorld(v, 1)
	creator := w.Stack("main.main")
	build := w.Stack("runtime.gcAssistAlloc", "runtime.mallocgc", "main.build", "main.serve")
	render := w.Stack("runtime.gcAssistAlloc", "runtime.mallocgc", "main.render", "main.show")
	gs := [...]*tracegen.Goroutine{w.spawn(w.Stack("main.serve"), creator), w.spawn(w.Stack("main.show"), creator)}
	w.p[0].GCBegin(w.tick(), w.Stack("runtime.gcStart", "main.main"))
	w.begin(gs[0], "chan receive", build)
	w.begin(gs[1], "chan receive", render)

	heap := uint64(100 * megabyte)
	for i := range c.windows * pieces {
		at := time.Duration(i)*piece + time.Millisecond
		if i%pieces == 0 {
			said := heap
			w.at(at-100*time.Microsecond, func(at int64) { w.p[0].HeapAlloc(at, said) })
		}
		for k, stack := range [...]tracegen.Stack{build, render} {
			g, bytes := gs[k], c.bytes(i)
			if k == 1 {
				bytes /= 100
			}
			heap += bytes
			grown := heap
			w.wake(g, at)
			w.at(at+1*time.Microsecond, func(at int64) { w.p[0].Start(at, g) })
			w.at(at+2*time.Microsecond, func(at int64) { w.p[0].HeapAlloc(at, grown) })
			at += 3 * time.Microsecond
			for range (k + 1) * c.assists(i) {
				c.assist(w, g, at, stack)
				at += c.length + 10*time.Microsecond
			}
			w.at(at, func(at int64) { w.p[0].Block(at, "chan receive", stack) })
			at += time.Microsecond
		}
	}
	return w.play(c.windows)
}

func (c pressure) assist(w *world, g *tracegen.Goroutine, at time.Duration, stack tracegen.Stack) {
	w.at(at, func(at int64) { w.p[0].AssistBegin(at, stack) })
	if c.parked {
		w.at(at+time.Microsecond, func(at int64) { w.p[0].Block(at, "GC mark assist wait for work", stack) })
		w.wake(g, at+c.length-2*time.Microsecond)
		w.at(at+c.length-time.Microsecond, func(at int64) { w.p[0].Start(at, g) })
	}
	w.at(at+c.length, func(at int64) { w.p[0].AssistEnd(at) })
}

// With a megabyte more in a piece of time, both assist for 60 ms more.
func TestGCAssist(t *testing.T) {
	for _, v := range versions {
		for _, parked := range []bool{false, true} {
			t.Run(fmt.Sprintf("go1.%d parked=%v", v, parked), func(t *testing.T) {
				trace := pressure{
					windows: 3,
					assists: oneTwoThree,
					bytes:   func(i int) uint64 { return uint64(oneTwoThree(i)) * megabyte },
					parked:  parked,
				}.play(v)
				all := watch(t, detectors.GCAssist{Bucket: piece}, trace)
				require.Equal(t, []string{"", "main.build", "main.build"}, found(all))
				checkGCAssist(t, all, 1)
				checkGCAssist(t, all, 2)
			})
		}
	}
}

func checkGCAssist(t *testing.T, all []judgement, i int) {
	t.Helper()
	j := all[i]
	f := one(t, j)
	assists, n := 0, pieces*(i+1)
	for p := range n {
		assists += oneTwoThree(p)
	}
	require.Equal(t, detectors.Critical, f.Severity)
	require.Equal(t, all[0].Start, f.Start)
	require.Equal(t, j.End, f.End)

	// All are as long, so that the histogram's bucket is cut off at the longest.
	require.Equal(t, detectors.Measure{Name: "mark assist P99", Value: 0.020, Unit: "s", Threshold: 0.015}, measure(t, f, "mark assist P99"))
	require.Equal(t, detectors.Verdict{Applicable: true, Value: 0.020, Threshold: 0.015, Unit: "s"}, j.verdict)
	require.InDelta(t, 0.020/0.015, f.Score, 1e-9)
	require.Equal(t, 0.020, measure(t, f, "mark assist mean").Value)
	require.InDelta(t, 1, measure(t, f, "correlation of allocation rate and assist time").Value, 1e-9)
	const rate = 1.01 * megabyte / 0.250 // for each assist of main.build in a piece
	require.InDelta(t, 60/(rate/1e6), measure(t, f, "assist time per MB/s").Value, 1e-6)
	require.InDelta(t, rate*float64(assists)/float64(n), measure(t, f, "allocation rate").Value, 1)
	require.InDelta(t, 1/1.01, measure(t, f, "share of the bytes allocated at the site while marking").Value, 1e-9)
	require.Contains(t, f.Summary, "r = 1.00")

	sites := f.Evidence.Sites
	require.Len(t, sites, 4)
	require.Equal(t, "main.render", j.in(sites[0]))
	require.Equal(t, 2*assists, sites[0].Count)
	require.Equal(t, time.Duration(2*assists)*20*time.Millisecond, sites[0].Total)
	require.Equal(t, "main.build", j.in(sites[1]))
	require.Equal(t, assists, sites[1].Count)
	require.Equal(t, 20*time.Millisecond, sites[1].Max)
	require.Len(t, f.Evidence.Goroutines, 1)
	require.Equal(t, 20*time.Millisecond, f.Evidence.Goroutines[0].Duration)
}

// The tail is long, but not when more is allocated.
func TestGCAssistUncorrelated(t *testing.T) {
	trace := pressure{
		windows: 3,
		assists: func(i int) int { return 1 + i/2%2 },
		bytes:   func(i int) uint64 { return uint64(1+i%2) * megabyte },
	}.play(wire.Go126)
	all := watch(t, detectors.GCAssist{Bucket: piece}, trace)
	require.Equal(t, []string{"", "main.build", "main.build"}, found(all))
	f := one(t, all[2])
	require.Equal(t, detectors.Warning, f.Severity)
	require.InDelta(t, 0, measure(t, f, "correlation of allocation rate and assist time").Value, 1e-9)
	require.InDelta(t, 1.5*1.01*megabyte/0.250, measure(t, f, "allocation rate").Value, 1)
	require.NotContains(t, f.Summary, "caused by")
}

func TestGCAssistSilence(t *testing.T) {
	rising := func(i int) uint64 { return uint64(oneTwoThree(i)) * megabyte }
	for _, c := range []struct {
		name string
		pressure
		value float64
		note  string
	}{
		{"short", pressure{windows: 3, length: 10 * time.Millisecond, assists: oneTwoThree, bytes: rising}, 0.010, ""},
		{"few", pressure{windows: 3, bytes: rising, assists: func(i int) int {
			if i%2 == 0 {
				return 1
			}
			return 0
		}}, 0.020, "18 assists in 3 s; fewer than 20 are not judged"},
		{"over", pressure{windows: 4, bytes: rising, assists: func(i int) int {
			if i < 2*pieces {
				return 0
			}
			if i < 3*pieces {
				return 3
			}
			return 0
		}}, 0.020, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			all := watch(t, detectors.GCAssist{Bucket: piece}, c.play(wire.Go126))
			silent(t, all)
			require.Equal(t, detectors.Verdict{Applicable: true, Value: c.value, Threshold: 0.015, Unit: "s", Note: c.note}, all[len(all)-1].verdict)
		})
	}
}

// How long an assist took that began before the trace is not known, however long it was.
func TestGCAssistCensored(t *testing.T) {
	const n = 30
	w := newWorld(wire.Go126, 1)
	assist := w.Stack("runtime.gcAssistAlloc", "runtime.mallocgc", "main.build", "main.serve")
	var gs [n]*tracegen.Goroutine
	for i := range gs {
		gs[i] = w.Goroutine(uint64(10+i), wire.GoWaiting, assist)
		w.Assisting(gs[i])
	}
	w.GCRunning()
	w.tick() // it begins
	for win := range 2 {
		for i, g := range gs {
			at := time.Duration(win)*window + 100*time.Millisecond + time.Duration(i)*10*time.Millisecond
			w.wake(g, at)
			w.at(at+1*time.Microsecond, func(at int64) { w.p[0].Start(at, g) })
			w.at(at+2*time.Microsecond, func(at int64) {
				if win > 0 {
					w.p[0].AssistBegin(at, assist)
				}
			})
			w.at(at+3*time.Microsecond, func(at int64) { w.p[0].AssistEnd(at) })
			w.at(at+4*time.Microsecond, func(at int64) { w.p[0].Block(at, "chan receive", assist) })
		}
	}
	all := watch(t, detectors.GCAssist{Bucket: piece}, w.play(2))
	silent(t, all)
	require.Contains(t, all[0].verdict.Note, "0 assists in ")
	require.Equal(t, 1e-6, all[1].verdict.Value, "only what was seen from beginning to end")
}

// What was allocated in a generation that is missing is not known: it must not look as if
// it had been allocated at once when the trace goes on.
func TestGCAssistGap(t *testing.T) {
	trace := pressure{
		windows: 6,
		assists: oneTwoThree,
		bytes:   func(i int) uint64 { return uint64(oneTwoThree(i)) * megabyte },
	}.play(wire.Go126)
	all := watch(t, detectors.GCAssist{Bucket: piece}, trace, 3)
	require.Equal(t, []string{"", "main.build", "", "main.build", "main.build"}, found(all))
	f := one(t, all[4])
	require.Equal(t, all[2].Start, f.Start, "it does not look back over the gap")
	require.InDelta(t, 1, measure(t, f, "correlation of allocation rate and assist time").Value, 1e-9)
	require.InDelta(t, 2*1.01*megabyte/0.250, measure(t, f, "allocation rate").Value, 1)
}

// In windows that are short the two that it takes have few pieces of time: too few for
// a correlation, but not for the rate.
func TestGCAssistFewPieces(t *testing.T) {
	trace := pressure{windows: 2, assists: func(int) int { return 4 }, bytes: func(int) uint64 { return megabyte }}.play(wire.Go126)
	all := watch(t, detectors.GCAssist{Bucket: 500 * time.Millisecond}, trace)
	f := one(t, all[1])
	require.Equal(t, detectors.Warning, f.Severity)
	require.Zero(t, measure(t, f, "correlation of allocation rate and assist time").Value)
	require.InDelta(t, 1.01*megabyte/0.250, measure(t, f, "allocation rate").Value, 1)
}

// What is allocated while nothing is marked makes nobody assist, however much it is.
func TestGCAssistOnlyWhileMarking(t *testing.T) {
	const ms = time.Millisecond
	w := newWorld(wire.Go126, 1)
	build, load := w.Stack("runtime.gcAssistAlloc", "runtime.mallocgc", "main.build"), w.Stack("main.load")
	gs := [...]*tracegen.Goroutine{w.spawn(w.Stack("main.serve"), w.Stack("main.main")), w.spawn(w.Stack("main.load"), w.Stack("main.main"))}
	w.begin(gs[0], "chan receive", build)
	w.begin(gs[1], "chan receive", load)
	heap := uint64(100 * megabyte)
	for i := range 2 * 10 {
		at := time.Duration(i)*100*ms + ms
		w.wake(gs[0], at)
		w.at(at+1*time.Microsecond, func(at int64) { w.p[0].Start(at, gs[0]) })
		w.at(at+2*time.Microsecond, func(at int64) { w.p[0].GCBegin(at, build) })
		w.at(at+3*time.Microsecond, func(at int64) { heap += megabyte; w.p[0].HeapAlloc(at, heap) })
		w.at(at+1*ms, func(at int64) { w.p[0].AssistBegin(at, build) })
		w.at(at+21*ms, func(at int64) { w.p[0].AssistEnd(at) })
		w.at(at+22*ms, func(at int64) { w.p[0].GCEnd(at) })
		w.at(at+23*ms, func(at int64) { heap -= 80 * megabyte; w.p[0].HeapAlloc(at, heap) }) // swept
		w.at(at+24*ms, func(at int64) { w.p[0].Block(at, "chan receive", build) })
		w.wake(gs[1], at+30*ms)
		w.at(at+31*ms, func(at int64) { w.p[0].Start(at, gs[1]) })
		w.at(at+32*ms, func(at int64) { heap += 79 * megabyte; w.p[0].HeapAlloc(at, heap) })
		w.at(at+33*ms, func(at int64) { w.p[0].Block(at, "chan receive", load) })
	}
	all := watch(t, detectors.GCAssist{}, w.play(2))
	require.Equal(t, []string{"", "main.build"}, found(all))
	f := all[1].findings[0]
	require.Equal(t, 1.0, measure(t, f, "share of the bytes allocated at the site while marking").Value)
	require.InDelta(t, 800*megabyte, measure(t, f, "allocation rate").Value, 8*megabyte, "all of it")
}

package timeline

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// BenchmarkReadScale reads traces of a busy service ([tracegen.Service]) on machines of
// different sizes, and of services with different numbers of goroutines, and prints what an
// event costs: here, and with golang.org/x/exp/trace. As in BenchmarkRead both read in
// turns, ours with the default detectors, the reference doing nothing. The goal is that an
// event costs at most 1.5 times as much in the last row of each group as in the first.
//
// What is counted: a generation lists every goroutine once, whatever happens in it, and the
// first list also makes what is kept of each. With a million goroutines that is as much as
// the events are, and says nothing of them. So each row also reads a trace of the same shape
// in which next to nothing happens, and takes it away: the time, the allocations and the
// events. What is left is what an event costs among so many threads and goroutines. What a
// line of the lists costs is a column of its own, first list and later one together.
//
// Times are the least of all rounds, because what else the machine does only adds to them:
//
//	go test -run '^$' -bench ReadScale -benchtime 5x ./internal/timeline
//
// What makes it dear with many threads: some two hundred of them run at once, and whose
// event is next changes at nearly every one, in a service as in any other program. What is
// cheap in a service and not in tracegen.Random: a goroutine's events come in bursts, and
// half of the time it goes on on the P where it was. What makes it dear with many
// goroutines: a tenth of them is active (see tracegen.Service), each for some twenty
// events at a time and then not for long, so that what is known of a hundred thousand is
// not in the processor's caches.
func BenchmarkReadScale(b *testing.B) {
	const events, generations = 3_000_000, 2
	for _, group := range []struct {
		name                string
		threads, goroutines []int
	}{
		{"threads", []int{2, 8, 32, 128, 256}, []int{10_000}},
		{"goroutines", []int{8}, []int{1_000, 10_000, 100_000, 1_000_000}},
	} {
		var table strings.Builder
		fmt.Fprintf(&table, "\n%8s %10s %8s %11s %11s %6s %13s %8s %15s\n",
			"threads", "goroutines", "Mevents", "ours ns/ev", "ref. ns/ev", "ratio", "allocs/event", "x first", "ours ns/listed")
		first := 0.0
		for _, threads := range group.threads {
			for _, goroutines := range group.goroutines {
				shape := tracegen.Shape{Threads: threads, Goroutines: goroutines, Events: events, Generations: generations}
				b.Run(fmt.Sprintf("%s/m%d-g%d", group.name, threads, goroutines), func(b *testing.B) {
					c := measureCost(b, shape)
					if first == 0 {
						first = c.ours
					}
					fmt.Fprintf(&table, "%8d %10d %8.2f %11.1f %11.1f %6.2f %13.4f %8.2f %15.1f\n",
						threads, goroutines, c.events/1e6, c.ours, c.reference, c.reference/c.ours, c.allocs, c.ours/first, c.listed)
					b.ReportMetric(0, "ns/op") // a round reads four traces
					b.ReportMetric(c.ours, "ns/event")
					b.ReportMetric(c.reference, "ref-ns/event")
					b.ReportMetric(c.reference/c.ours, "x")
					b.ReportMetric(c.allocs, "allocs/event")
				})
			}
		}
		b.Run(group.name+"/table", func(b *testing.B) { // one that has others in it logs nothing
			for b.Loop() {
			}
			b.ReportMetric(0, "ns/op")
			b.Log(table.String())
		})
	}
}

// cost is what reading a trace costs.
type cost struct {
	events          float64 // those that are not only listed
	ours, reference float64 // nanoseconds for each of them
	allocs          float64
	listed          float64 // nanoseconds for each that is only listed
}

func measureCost(b *testing.B, shape tracegen.Shape) cost {
	whole := newSubject(b, shape)
	shape.Events = 1
	lists := newSubject(b, shape)
	for b.Loop() {
		whole.read(b)
		lists.read(b)
	}
	events := float64(whole.events - lists.events)
	return cost{
		events:    events,
		ours:      float64(whole.ours.least-lists.ours.least) / events,
		reference: float64(whole.reference.least-lists.reference.least) / events,
		allocs:    (float64(whole.ours.allocs) - float64(lists.ours.allocs)) / events,
		listed:    float64(lists.ours.least) / float64(lists.events),
	}
}

// subject is a trace that both read.
type subject struct {
	data            []byte
	events          int
	ours, reference effort
}

// effort is the least that something took.
type effort struct {
	least  time.Duration
	allocs uint64
}

func newSubject(tb testing.TB, shape tracegen.Shape) *subject {
	data := tracegen.Service(1, shape)
	least := effort{math.MaxInt64, math.MaxUint64}
	return &subject{data: data, events: readBare(tb, data), ours: least, reference: least}
}

func (s *subject) read(tb testing.TB) {
	s.reference.of(func() { readBare(tb, s.data) })
	s.ours.of(func() { detect(tb, s.data) })
}

// of does something, without what others have left to the garbage collector.
func (e *effort) of(do func()) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	do()
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	e.least = min(e.least, took)
	e.allocs = min(e.allocs, after.Mallocs-before.Mallocs)
}

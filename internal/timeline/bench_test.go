package timeline

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// BenchmarkRead reads the same bytes with golang.org/x/exp/trace, which does nothing with
// what it reads, and with this module up to and including the verdicts of the default
// detectors. Beside the rate of each, ratio says how many times faster ours is; it reads
// with both in turns, so that a machine's moods meet both alike.
//
// In deep-stacks every second event brings a stack that has not been there before. In
// adversarial, 128 threads take turns at nearly every event, and each goroutine goes on wherever
// chance puts it, which no scheduler does. The last traces are small: what counts there is
// beginning.
func BenchmarkRead(b *testing.B) {
	const long = 3 * time.Second
	for _, bench := range []struct {
		name string
		data func(testing.TB) []byte
	}{
		{"network", func(tb testing.TB) []byte { return recordService(tb, long) }},
		{"gc", func(tb testing.TB) []byte { return recordGC(tb, long) }},
		{"gc-deep-stacks", func(tb testing.TB) []byte { return recordTrees(tb, long) }},
		{"10000-goroutines", func(tb testing.TB) []byte { return recordGoroutines(tb, 10_000, long) }},
		{"synthetic-128-threads", func(testing.TB) []byte {
			return tracegen.Service(1, tracegen.Shape{Threads: 128, Goroutines: 10_000, Events: 3_000_000, Generations: 4, Quiet: 90})
		}},
		{"adversarial-128-threads", func(testing.TB) []byte {
			return tracegen.Random(1, tracegen.Shape{Threads: 128, Procs: 64, Goroutines: 2_000, Events: 1_000_000, Generations: 4})
		}},
		{"small-network", recordedTrace("network")},
		{"small-gc", recordedTrace("gcheavy")},
	} {
		b.Run(bench.name, func(b *testing.B) {
			data := bench.data(b)
			events := readBare(b, data) // what the reference counts, for both
			b.Run("reference", func(b *testing.B) { benchmark(b, data, events, readBare) })
			b.Run("ours", func(b *testing.B) { benchmark(b, data, events, detect) })
			b.Run("ratio", func(b *testing.B) { benchmarkRatio(b, data) })
		})
	}
}

// recordedTrace returns a function that returns a recorded trace of Go 1.26.
func recordedTrace(name string) func(testing.TB) []byte {
	return func(tb testing.TB) []byte {
		data, err := recorded.Trace{Go: "1.26", Name: name}.Bytes()
		require.NoError(tb, err)
		return data
	}
}

func benchmark(b *testing.B, data []byte, events int, read func(testing.TB, []byte) int) {
	b.SetBytes(int64(len(data)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		read(b, data)
	}
	runtime.ReadMemStats(&after)
	all := float64(events) * float64(b.N)
	b.ReportMetric(all/b.Elapsed().Seconds()/1e6, "Mevents/s")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/all, "allocs/event")
}

func benchmarkRatio(b *testing.B, data []byte) {
	var reference, ours time.Duration
	for b.Loop() {
		start := time.Now()
		readBare(b, data)
		middle := time.Now()
		detect(b, data)
		reference += middle.Sub(start)
		ours += time.Since(middle)
	}
	b.ReportMetric(float64(reference)/float64(ours), "x")
}

// readBare reads a trace with the reference and returns the number of its events.
func readBare(tb testing.TB, data []byte) (events int) {
	r, err := trace.NewReader(bytes.NewReader(data))
	require.NoError(tb, err)
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return events
		}
		if err != nil {
			tb.Fatal(err)
		}
		if ev.Kind() != trace.EventSync {
			events++
		}
	}
}

// detect reads a trace with this module for the default detectors, and lets them judge
// each window. It returns the number of events on the wire.
func detect(tb testing.TB, data []byte) (events int) { return detectAnd(tb, data, nil) }

// detectAnd is detect, with what is done to the timeline before.
func detectAnd(tb testing.TB, data []byte, prepare func(*Timeline)) (events int) {
	code := detectors.NewCode()
	var states []detectors.State
	var observers []Observer
	for _, d := range detectors.Default() {
		s, err := d.New(code)
		if err != nil {
			tb.Fatal(err)
		}
		states = append(states, s)
		observers = append(observers, Observer{Observes: d.Spec().Observes, Observe: s.Observe, Long: d.Spec().Long, AtLeast: d.Spec().AtLeast, Reasons: d.Spec().Reasons})
	}
	tl := New(code, observers)
	if prepare != nil {
		prepare(tl)
	}
	var s wire.Splitter
	s.Emit = func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		if err != nil {
			tb.Fatal(err)
		}
		w, err := tl.Feed(g)
		if err != nil {
			tb.Fatal(err)
		}
		events += int(w.Events)
		for _, s := range states {
			s.Judge(&w)
		}
		s.Reuse(raw.Data)
	}
	if _, err := s.Write(data); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return events
}

package profiles

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// BenchmarkRead reads a trace with all profiles, and without any in the same order, that of time. x is the
// time of the one over that of the other; both are read in turns, so that a machine's moods meet
// both alike.
func BenchmarkRead(b *testing.B) {
	record := func(name string) []byte {
		data, err := recorded.Trace{Go: "1.26", Name: name}.Bytes()
		require.NoError(b, err)
		return data
	}
	for _, bench := range []struct {
		name  string
		data  func() []byte
		kinds []Kind
	}{
		{"network", func() []byte { return record("network") }, Kinds()},
		{"scheduling", func() []byte { return record("scheduling") }, Kinds()},
		{"service", service, Kinds()},
		{"service-sched", service, []Kind{Sched}},
		{"service-gc-assist", service, []Kind{Assist}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			data := bench.data()
			var with, without time.Duration
			events := uint64(0)
			for b.Loop() {
				start := time.Now()
				readByTime(b, data)
				middle := time.Now()
				events += collectFor(b, data, bench.kinds)
				without += middle.Sub(start)
				with += time.Since(middle)
			}
			b.ReportMetric(float64(with)/float64(without), "x")
			b.ReportMetric(float64(with.Nanoseconds())/float64(events), "ns/event")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func service() []byte {
	return tracegen.Service(1, tracegen.Shape{Threads: 8, Goroutines: 1_000, Events: 300_000, Tasks: 100})
}

func readByTime(tb testing.TB, data []byte) {
	tb.Helper()
	tl := timeline.New(detectors.NewCode(), nil)
	tl.ByTime()
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		if err == nil {
			_, err = tl.Feed(g)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}}
	_, err := split.Write(data)
	require.NoError(tb, err)
	require.NoError(tb, split.Close())
}

func collectFor(tb testing.TB, data []byte, kinds []Kind) (events uint64) {
	tb.Helper()
	code := detectors.NewCode()
	c, err := New(code, kinds...)
	require.NoError(tb, err)
	require.NoError(tb, read(data, code, []timeline.Observer{c.Observer()}, func(w *detectors.Window) {
		events += w.Events
		c.Window(w)
	}))
	return events
}

// BenchmarkProfile makes the profiles of what was read.
func BenchmarkProfile(b *testing.B) {
	c := collect(b, service(), nil, Kinds()...)
	for b.Loop() {
		for _, k := range Kinds() {
			c.Profile(k)
		}
	}
	b.ReportMetric(float64(c.samples.number), "samples")
}

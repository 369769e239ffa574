package timeline

import (
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// BenchmarkPast reads the same bytes as [BenchmarkRead] does, with and without keeping the past of the
// last hundred milliseconds, in turns. more is what it costs, as a share of reading.
func BenchmarkPast(b *testing.B) {
	const long = 2 * time.Second
	for _, bench := range []struct {
		name string
		data func(testing.TB) []byte
	}{
		{"network", func(tb testing.TB) []byte { return recordService(tb, long) }},
		{"gc", func(tb testing.TB) []byte { return recordGC(tb, long) }},
		{"10000-goroutines", func(tb testing.TB) []byte { return recordGoroutines(tb, 10_000, long) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			data := bench.data(b)
			var without, with time.Duration
			stays, events := 0, 0
			for b.Loop() {
				start := time.Now()
				events = detect(b, data)
				middle := time.Now()
				p := NewPast(1 << 21)
				p.Settled = func(until detectors.Time) { p.Forget(until.Add(-100 * time.Millisecond)) }
				detectAnd(b, data, func(t *Timeline) { t.Keep(p) })
				stays = int(p.next)
				without += middle.Sub(start)
				with += time.Since(middle)
			}
			b.ReportMetric(100*(float64(with)/float64(without)-1), "%more")
			b.ReportMetric(float64(without.Nanoseconds())/float64(b.N*events), "ns/event")
			b.ReportMetric(float64(stays)/float64(events), "stays/event")
		})
	}
}

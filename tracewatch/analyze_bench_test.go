package tracewatch

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// BenchmarkAnalyze reads a trace of five million events and 274,000 requests, with and without dividing
// them, in turns. more is what that costs, as a share of the rest: the anomalies and the exact totals.
// package explain has the same on a live service's trace, against reading for the anomalies alone.
func BenchmarkAnalyze(b *testing.B) {
	data := tracegen.Service(1, tracegen.Shape{Threads: 8, Goroutines: 1000, Events: 5_000_000, Generations: 6, Tasks: 50})
	analyze := func(divide bool) time.Duration {
		cfg, err := newConfig(nil)
		require.NoError(b, err)
		e, err := newEngine(cfg)
		require.NoError(b, err)
		e.divides = divide
		a := &analysis{engine: e, exact: newExact(), ctx: b.Context(), calls: newCallbacks(cfg)}
		begun := time.Now()
		require.NoError(b, a.read(bytes.NewReader(data)))
		a.exact.wait()
		if divide {
			require.NotEmpty(b, e.division.requests.All())
		}
		return time.Since(begun)
	}
	var without, with time.Duration
	for b.Loop() {
		without += analyze(false)
		with += analyze(true)
	}
	b.ReportMetric(100*(float64(with)/float64(without)-1), "%more")
}

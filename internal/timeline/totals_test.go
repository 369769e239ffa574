package timeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A heat map has bounds. All delays have not.
func TestHeatMapBounds(t *testing.T) {
	const bucket = detectors.HeatBucket
	type row = []detectors.HeatCell
	tl := New(detectors.NewCode(), nil)
	start := func(p int, at detectors.Time, delay time.Duration) {
		g := &goroutine{Goroutine: detectors.Goroutine{Since: at.Add(-delay), SinceKnown: true}}
		require.Equal(t, delay, tl.delayed(g, p, at))
	}
	window := func(begin detectors.Time) {
		tl.resetTotals()
		tl.startColumns(begin)
		start(1, begin, 5)
		start(1, begin.Add(bucket-1), 7)
		start(1, begin.Add(bucket), 1)
		start(limits.HeatRows, begin.Add(bucket), 50)
		start(2, begin.Add(4*bucket+1), 3)
		start(0, begin.Add(limits.HeatColumns*bucket), 500)
		tl.sumUp()
	}
	for _, begin := range []detectors.Time{10_000_000, 90_000_000_000} { // nothing is left of the window before
		window(begin)
		require.Equal(t, detectors.Sum{Count: 6, Total: 566, Max: 500}, tl.totals.Delays.Sum())
		require.Equal(t, begin, tl.totals.Heat.Start)
		require.Equal(t, []row{nil, {{Starts: 2, Sum: 12, Max: 7}, {Starts: 1, Sum: 1, Max: 1}}, {{}, {}, {}, {}, {Starts: 1, Sum: 3, Max: 3}}}, tl.totals.Heat.Procs)
	}
}

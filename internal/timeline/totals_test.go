package timeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

func TestHeatMapBounds(t *testing.T) {
	const bucket = detectors.HeatBucket
	type row = []detectors.HeatCell
	var s detectors.Totals
	m := &s.Heat
	var h heatColumn
	add := func(p int, at detectors.Time, delay time.Duration) {
		if !h.turn(&s, p, at) {
			require.Equal(t, limits.HeatRows, p)
			return
		}
		c := &h.cells[p]
		if c.Starts == 0 {
			h.used = append(h.used, p)
		}
		c.Starts++
		c.Sum += delay
		c.Max = max(c.Max, delay)
	}
	add(1, 1000, 5)
	add(1, detectors.Time(1000).Add(bucket-1), 7)
	add(1, detectors.Time(1000).Add(bucket), 1)
	add(limits.HeatRows, detectors.Time(1000).Add(bucket), 5)
	add(2, detectors.Time(1000).Add(4*bucket+1), 3)
	add(0, detectors.Time(1000).Add(limits.HeatColumns*bucket), 5)
	h.flush(&s)
	require.EqualValues(t, 1000, m.Start)
	require.Equal(t, []row{nil, {{Starts: 2, Sum: 12, Max: 7}, {Starts: 1, Sum: 1, Max: 1}}, {{}, {}, {}, {}, {Starts: 1, Sum: 3, Max: 3}}}, m.Procs)
}

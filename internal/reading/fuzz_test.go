package reading_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/reading"
)

// FuzzParse reads any line. What it takes, it writes and reads again as the same, and no
// difference of two readings can overflow.
func FuzzParse(f *testing.F) {
	f.Add(line(full()))
	f.Add(line(longest()))
	f.Add("v1")
	f.Add("v1 colour=blue thr=1,2,3,4,5,6 psi_all=7,x lost=1")
	f.Add("v1 cpu=1 cpu=2 thr=2,1,1,1,-0")
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := reading.Parse(s)
		if !ok {
			require.Equal(t, detectors.Reading{}, r)
			return
		}
		again := line(r)
		require.Less(t, len(again), limits.StringBytes)
		back, ok := reading.Parse(again)
		require.True(t, ok, again)
		require.Equal(t, r, back, again)
		for _, d := range []time.Duration{
			r.CPU.Value, r.Throttle.Time, r.Pressure.Stalled.Value, r.RunDelay.Value, r.Steal.Value,
		} {
			require.GreaterOrEqual(t, d, time.Duration(0))
			require.LessOrEqual(t, d, time.Duration(limits.Nanoseconds))
		}
	})
}

package detectors_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

func TestCounterSince(t *testing.T) {
	unknown := detectors.Counter[uint64]{}
	require.Equal(t, detectors.Count[uint64](2), detectors.Count[uint64](5).Since(detectors.Count[uint64](3)))
	require.Equal(t, detectors.Count[uint64](0), detectors.Count[uint64](5).Since(detectors.Count[uint64](5)))
	require.Equal(t, unknown, detectors.Count[uint64](5).Since(unknown))
	require.Equal(t, unknown, unknown.Since(detectors.Count[uint64](0)))
	require.Equal(t, unknown, unknown.Since(unknown))
	require.Equal(t, unknown, detectors.Count[uint64](3).Since(detectors.Count[uint64](5)), "it was counted from another moment")
	require.Equal(t, detectors.Count(time.Second), detectors.Count(3*time.Second).Since(detectors.Count(2*time.Second)))
}

func TestThrottleSince(t *testing.T) {
	before := detectors.Throttle{Version: 2, Periods: 10, Throttled: 1, Time: time.Second, Quota: 2}
	after := detectors.Throttle{Version: 2, Periods: 20, Throttled: 4, Time: 3 * time.Second, Quota: 1}
	require.Equal(t, detectors.Throttle{Version: 2, Periods: 10, Throttled: 3, Time: 2 * time.Second, Quota: 1}, after.Since(before))

	require.False(t, before.Since(after).Known(), "counted from another moment")
	require.False(t, after.Since(detectors.Throttle{}).Known())
	require.False(t, detectors.Throttle{}.Since(before).Known())
	require.False(t, detectors.Throttle{}.Since(detectors.Throttle{}).Known())
	other := before
	other.Version = 1
	require.False(t, after.Since(other).Known(), "of another hierarchy")
	for _, fell := range []func(*detectors.Throttle){
		func(t *detectors.Throttle) { t.Periods = 9 },
		func(t *detectors.Throttle) { t.Throttled = 0 },
		func(t *detectors.Throttle) { t.Time = 0 },
	} {
		after := after
		fell(&after)
		require.False(t, after.Since(before).Known())
	}
}

func TestPressureSince(t *testing.T) {
	before := detectors.Pressure{Stalled: detectors.Count(time.Second)}
	after := detectors.Pressure{Stalled: detectors.Count(3 * time.Second)}
	require.Equal(t, detectors.Pressure{Stalled: detectors.Count(2 * time.Second)}, after.Since(before))
	after.Machine = true
	require.Equal(t, detectors.Pressure{}, after.Since(before), "the machine's less the group's")
	before.Machine = true
	require.Equal(t, detectors.Pressure{Stalled: detectors.Count(2 * time.Second), Machine: true}, after.Since(before))
}

func TestFaultString(t *testing.T) {
	seen := make(map[string]bool)
	for f := range detectors.NumFaults {
		require.NotEqual(t, "other", f.String())
		seen[f.String()] = true
	}
	require.Len(t, seen, int(detectors.NumFaults))
	require.Equal(t, "other", detectors.NumFaults.String())
}

package wire_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// clock returns the clock of a trace of that many units per second.
func clock(t *testing.T, unitsPerSecond uint64) wire.Clock {
	t.Helper()
	tr := tracegen.New(wire.Go126)
	tr.Generation(1).Sync(unitsPerSecond, tracegen.Snapshot{Time: 1})
	g, err := wire.Parse(only(t, tr.Bytes()))
	require.NoError(t, err)
	return g.Clock
}

func TestClock(t *testing.T) {
	for _, test := range []struct {
		unitsPerSecond uint64
		at             wire.Timestamp
		want           wire.Time
	}{
		{1e9, 0, 0},
		{1e9, 12_345_678_901, 12_345_678_901},
		{15_625_000, 1, 64},
		{15_625_000, 3_600 * 15_625_000, 3_600e9},
		{24_000_000, 24_000_000, 1e9}, // arm64's counter: no whole nanoseconds in a unit
		{24_000_000, 1, 41},
		{3e9, 3e9, 1e9},
		{3e9, 1, 0},
		{1, 1, 999_999_999}, // as the reference reader's floating point has it
	} {
		require.Equal(t, test.want, clock(t, test.unitsPerSecond).Time(test.at), "%d units of 1/%d s", test.at, test.unitsPerSecond)
	}
}

// TestClockIsBounded: no clock runs so fast that two moments' sum overflows.
func TestClockIsBounded(t *testing.T) {
	for _, unitsPerSecond := range []uint64{1, 7, 15_625_000, 1e9, math.MaxUint64} {
		c := clock(t, unitsPerSecond)
		last := wire.Time(0)
		for shift := range 64 {
			for _, at := range []wire.Timestamp{1 << shift, 1<<shift | (1<<shift - 1)} {
				got := c.Time(at)
				require.GreaterOrEqual(t, got, last)
				require.Less(t, got, wire.Time(limits.Nanoseconds))
				last = got
			}
		}
	}
}

// TestCursorTimeIsBounded adds up differences that are each as large as can be.
func TestCursorTimeIsBounded(t *testing.T) {
	g := generation(t, wire.Go126, func(g *tracegen.Generation) {
		b := g.Batch(1, math.MaxUint64)
		for range 5 {
			b.Event(wire.EvProcStop, math.MaxUint64)
		}
	})
	c := g.Cursor(0)
	for range 5 {
		ok, err := c.Next(), c.Err()
		require.True(t, ok)
		require.NoError(t, err)
		require.Equal(t, wire.Time(limits.Nanoseconds-1), c.Time)
	}
}

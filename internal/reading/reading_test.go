package reading_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/reading"
)

// full has all fields.
func full() detectors.Reading {
	return detectors.Reading{
		CPU:         detectors.Count(81250 * time.Microsecond),
		Throttle:    detectors.Throttle{Version: 2, Periods: 118, Throttled: 7, Time: 93 * time.Millisecond, Quota: 1.5},
		Pressure:    detectors.Pressure{Stalled: detectors.Count(4120 * time.Microsecond)},
		RunDelay:    detectors.Count(977 * time.Microsecond),
		Steal:       detectors.Count(time.Duration(0)),
		ClockSource: "tsc",
		Lost:        [detectors.NumFaults]uint64{1, 2, 3},
		LostBefore:  4,
	}
}

// longest has in each field what takes the most room.
func longest() detectors.Reading {
	const t = limits.Nanoseconds
	return detectors.Reading{
		CPU: detectors.Count[time.Duration](t),
		Throttle: detectors.Throttle{
			Version: 2, Periods: math.MaxUint64, Throttled: math.MaxUint64, Time: t, Quota: 1.2345678901234567e-300,
		},
		Pressure:    detectors.Pressure{Stalled: detectors.Count[time.Duration](t), Machine: true},
		RunDelay:    detectors.Count[time.Duration](t),
		Steal:       detectors.Count[time.Duration](t),
		ClockSource: strings.Repeat("x", limits.ClockSourceBytes),
		Lost:        [detectors.NumFaults]uint64{math.MaxUint64, math.MaxUint64, math.MaxUint64},
		LostBefore:  math.MaxUint64,
	}
}

func line(r detectors.Reading) string { return string(reading.Append(nil, &r)) }

func TestLine(t *testing.T) {
	require.Equal(t,
		"v1 cpu=81250000 thr=2,118,7,93000000,1.5 psi=4120000 delay=977000 steal=0 clock=tsc lost=1,2,3 told=4",
		line(full()))
	require.Equal(t, "v1", line(detectors.Reading{}), "nothing is known")
}

func TestRoundTrip(t *testing.T) {
	machine := full()
	machine.Pressure.Machine = true
	zeros := detectors.Reading{
		CPU:      detectors.Count(time.Duration(0)),
		Throttle: detectors.Throttle{Version: 1},
		RunDelay: detectors.Count(time.Duration(0)),
	}
	third := detectors.Reading{Throttle: detectors.Throttle{Version: 1, Quota: 1. / 3}}
	for _, r := range []detectors.Reading{{}, full(), machine, longest(), zeros, third} {
		back, ok := reading.Parse(line(r))
		require.True(t, ok, line(r))
		require.Equal(t, r, back, line(r))
	}
}

// A trace's string is cut at 1,024 bytes.
func TestLongest(t *testing.T) {
	n := len(line(longest()))
	t.Logf("the longest line has %d bytes", n)
	require.Less(t, n, limits.StringBytes/2)
}

// The moment is that of the event.
func TestMomentIsNotWritten(t *testing.T) {
	r := full()
	r.At = 5
	back, ok := reading.Parse(line(r))
	require.True(t, ok)
	require.Zero(t, back.At)
}

func TestWhatCannotBeIsLeftOut(t *testing.T) {
	for _, r := range []detectors.Reading{
		{CPU: detectors.Count(time.Duration(-1))},
		{CPU: detectors.Count[time.Duration](limits.Nanoseconds + 1)},
		{Throttle: detectors.Throttle{Version: 3, Periods: 1}},
		{Throttle: detectors.Throttle{Version: 2, Time: -1}},
		{Throttle: detectors.Throttle{Version: 2, Quota: math.NaN()}},
		{Throttle: detectors.Throttle{Version: 2, Quota: math.Inf(1)}},
		{Throttle: detectors.Throttle{Version: 2, Quota: -1}},
		{ClockSource: "a b"},
		{ClockSource: "a,b"},
		{ClockSource: "a\n"},
		{ClockSource: "\xff"},
		{ClockSource: strings.Repeat("x", limits.ClockSourceBytes+1)},
	} {
		require.Equal(t, "v1", line(r))
	}
}

// A later release has more to say.
func TestLaterRelease(t *testing.T) {
	r, ok := reading.Parse("v1 colour=blue cpu=5,6,7 thr=2,118,7,93000000,1.5,9,x irq= clock=tsc,stable lost=1,2,3,4 told=4,4")
	require.True(t, ok)
	require.Equal(t, detectors.Reading{
		CPU:         detectors.Count[time.Duration](5),
		Throttle:    detectors.Throttle{Version: 2, Periods: 118, Throttled: 7, Time: 93 * time.Millisecond, Quota: 1.5},
		ClockSource: "tsc",
		Lost:        [detectors.NumFaults]uint64{1, 2, 3},
		LostBefore:  4,
	}, r)

	r, ok = reading.Parse("v1 lost=7")
	require.True(t, ok, "an earlier release knew fewer faults")
	require.Equal(t, [detectors.NumFaults]uint64{7}, r.Lost)
}

func TestParseRefuses(t *testing.T) {
	for _, line := range []string{
		"", "v", "v2", "v2 cpu=1", "v11", "V1 cpu=1", " v1", "v1 ", "v1  cpu=1", "v1 cpu=1 ", "v1\tcpu=1",
		"v1 cpu", "v1 =1", "v1 cpu=", "v1 cpu=x", "v1 cpu=-1", "v1 cpu=+1", "v1 cpu=1.5", "v1 cpu=0x1", "v1 cpu=1_0",
		"v1 cpu=9223372036854775807", "v1 cpu=99999999999999999999",
		"v1 thr=", "v1 thr=2", "v1 thr=2,1,1,1", "v1 thr=0,1,1,1,1", "v1 thr=3,1,1,1,1", "v1 thr=4294967298,1,1,1,1",
		"v1 thr=2,1,1,1,NaN", "v1 thr=2,1,1,1,Inf", "v1 thr=2,1,1,1,-1", "v1 thr=2,1,1,1,1e9", "v1 thr=2,1,1,9223372036854775807,1",
		"v1 clock=", "v1 clock=,tsc", "v1 clock=\x00", "v1 clock=" + strings.Repeat("x", limits.ClockSourceBytes+1),
		"v1 lost=", "v1 lost=1,", "v1 lost=1,x", "v1 told=",
		"v1 x=" + strings.Repeat("1", limits.StringBytes),
		"request served in 3 ms",
	} {
		r, ok := reading.Parse(line)
		require.False(t, ok, "%q", line)
		require.Equal(t, detectors.Reading{}, r, "%q", line)
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	r, to := longest(), make([]byte, 0, limits.StringBytes)
	require.Zero(t, testing.AllocsPerRun(100, func() { to = reading.Append(to[:0], &r) }))
}

func BenchmarkAppend(b *testing.B) {
	r, to := full(), make([]byte, 0, limits.StringBytes)
	b.ReportAllocs()
	for b.Loop() {
		to = reading.Append(to[:0], &r)
	}
}

func BenchmarkParse(b *testing.B) {
	s := line(full())
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := reading.Parse(s); !ok {
			b.Fatal(s)
		}
	}
}

package render

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

func labels(ts []tick) (ls []string) {
	for _, t := range ts {
		ls = append(ls, t.label)
	}
	return ls
}

func TestStepOf(t *testing.T) {
	for _, c := range []struct {
		span time.Duration
		most int
		want time.Duration
	}{
		{0, 10, 1},
		{38 * time.Millisecond, 8, 5 * time.Millisecond},
		{10 * time.Second, 12, time.Second},
		{20 * time.Second, 12, 2 * time.Second},
		{10 * time.Minute, 11, time.Minute},
		{10 * time.Minute, 8, 2 * time.Minute},
		{48 * time.Hour, 10, 6 * time.Hour},
		{1000 * time.Hour, 1, 64 * day},
	} {
		require.Equal(t, c.want, stepOf(c.span, c.most), "%s, %d", c.span, c.most)
	}
	for _, most := range []int{-1, 0, 1, 12} {
		require.LessOrEqual(t, len(sinceTicks(0, limits.Nanoseconds, stepOf(limits.Nanoseconds, most))), max(most, 1)+1)
	}
}

func TestSinceTicks(t *testing.T) {
	for _, c := range []struct {
		from, to, step time.Duration
		want           []string
	}{
		{0, 2 * time.Second, 500 * time.Millisecond, []string{"0.0 s", "0.5 s", "1.0 s", "1.5 s", "2.0 s"}},
		{3 * time.Second, 9 * time.Second, 2 * time.Second, []string{"4 s", "6 s", "8 s"}},
		{0, 38 * time.Millisecond, 10 * time.Millisecond, []string{"0 ms", "10 ms", "20 ms", "30 ms"}},
		{600 * time.Second, 600*time.Second + 20*time.Millisecond, 10 * time.Millisecond, []string{"600.00 s", "600.01 s", "600.02 s"}},
		{-3 * time.Second, time.Second, 2 * time.Second, []string{"-2 s", "0 s"}},
		{0, 5, 2, []string{"0 ns", "2 ns", "4 ns"}},
	} {
		require.Equal(t, c.want, labels(sinceTicks(c.from, c.to, c.step)))
	}
}

func TestClockTicks(t *testing.T) {
	at := time.Date(2026, 11, 22, 8, 36, 59, 487e6, time.UTC)
	for _, c := range []struct {
		from, span, step time.Duration
		want             []tick
	}{
		{time.Second, 3 * time.Second, time.Second, []tick{
			{1513 * time.Millisecond, "08:37:00"}, {2513 * time.Millisecond, "08:37:01"}, {3513 * time.Millisecond, "08:37:02"}}},
		{0, 3 * time.Minute, time.Minute, []tick{
			{513 * time.Millisecond, "08:37:00"}, {60513 * time.Millisecond, "08:38:00"}, {120513 * time.Millisecond, "08:39:00"}}},
		{0, 20 * time.Millisecond, 10 * time.Millisecond, []tick{
			{3 * time.Millisecond, "08:36:59.49"}, {13 * time.Millisecond, "08:36:59.50"}}},
		{0, time.Millisecond, time.Hour, nil},
		{0, 48 * time.Hour, day, []tick{
			{15*time.Hour + 23*time.Minute + 513*time.Millisecond, "Nov 23"}, {39*time.Hour + 23*time.Minute + 513*time.Millisecond, "Nov 24"}}},
	} {
		require.Equal(t, c.want, clockTicks(c.from, c.from+c.span, c.step, at))
	}
	require.NotEmpty(t, clockTicks(0, math.MaxInt64/2, stepOf(math.MaxInt64/2, 10), time.Unix(1<<60, 0)), "of a year that nobody lives in")
}

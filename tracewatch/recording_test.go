package tracewatch_test

import (
	"bytes"
	"context"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// busy lets goroutines of the service wait for each other until stop is called.
func busy(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ping, pong := make(chan int), make(chan int)
	var all sync.WaitGroup
	all.Go(func() { playBack(ctx, ping, pong) })
	all.Go(func() {
		for ctx.Err() == nil {
			select {
			case ping <- 1:
			case <-ctx.Done():
			}
			select {
			case <-pong:
			case <-ctx.Done():
			}
			time.Sleep(100 * time.Microsecond)
		}
	})
	return func() { cancel(); all.Wait() }
}

func playBack(ctx context.Context, ping, pong chan int) {
	for {
		select {
		case n := <-ping:
			pong <- n
		case <-ctx.Done():
			return
		}
	}
}

// TestRecording: what is in memory can be cut, written, reported on and asked about while the watcher goes on.
func TestRecording(t *testing.T) {
	w, err := tracewatch.Start(t.Context())
	require.NoError(t, err)
	defer w.Stop()
	defer busy(t)()
	var rec *tracewatch.Recording
	require.Eventually(t, func() bool {
		rec, err = w.Recording(time.Second)
		require.NoError(t, err)
		from, to := rec.Span()
		return to.Sub(from) > 3*time.Second
	}, time.Minute, 100*time.Millisecond)
	from, to := rec.Span()

	report, err := rec.Report(t.Context(), tracewatch.WithPlaces(), tracewatch.WithProfiles("channel", "running"), tracewatch.WithHotCells(2))
	require.NoError(t, err)
	require.Equal(t, from, report.From)
	require.Equal(t, to, report.To)
	require.WithinDuration(t, time.Now(), *report.At, time.Hour)
	require.NotEmpty(t, report.Heat)
	require.NotEmpty(t, report.Uses)
	require.Len(t, report.Cells, 2)
	var here *tracewatch.Place
	for i := range report.Places {
		p := &report.Places[i]
		require.NotContains(t, p.Site.Func, "tracewatch/tracewatch.", "the watch is no part of the service")
		if strings.HasSuffix(p.Site.Func, "playBack") && p.Blocked["select"].Count > 0 {
			here = p
		}
	}
	require.NotNil(t, here)
	require.Equal(t, 1, here.Alive)

	for _, kind := range []tracewatch.ProfileKind{"channel", "running"} {
		var b bytes.Buffer
		require.NoError(t, report.WriteProfile(&b, kind))
		p, err := profile.Parse(&b)
		require.NoError(t, err)
		require.NotEmpty(t, p.Sample)
	}
	require.ErrorIs(t, report.WriteProfile(io.Discard, "sched"), tracewatch.ErrOption)

	// The same bytes, read as a file.
	var file bytes.Buffer
	n, err := rec.WriteTo(&file)
	require.NoError(t, err)
	require.EqualValues(t, file.Len(), n)
	again, err := tracewatch.Analyze(t.Context(), bytes.NewReader(file.Bytes()), tracewatch.WithPlaces())
	require.NoError(t, err)
	require.Equal(t, report.Places, again.Places)
	require.Equal(t, report.From, again.From)

	last := rec.Last(time.Second)
	lastFrom, lastTo := last.Span()
	require.Equal(t, time.Second, lastTo.Sub(lastFrom))
	part, err := last.Report(t.Context(), tracewatch.WithPlaces())
	require.NoError(t, err)
	require.Equal(t, lastFrom, part.From)
	require.Equal(t, lastTo, part.To)
	require.Less(t, len(part.Heat), len(report.Heat))
	var smaller bytes.Buffer
	_, err = last.WriteTo(&smaller)
	require.NoError(t, err)
	require.Less(t, smaller.Len(), file.Len())
	from2, to2 := rec.Last(time.Hour).Span()
	require.Equal(t, [2]detectors.Time{from, to}, [2]detectors.Time{from2, to2})

	hot := report.Cells[0]
	cell, err := rec.Cell(t.Context(), hot.Proc, hot.From, hot.To)
	require.NoError(t, err)
	require.Equal(t, hot.Waited[0].Goroutine, cell.Waited[0].Goroutine)
	require.Empty(t, cell.Explanation.Missing)
	_, err = rec.Cell(t.Context(), 0, 0, from)
	require.ErrorIs(t, err, tracewatch.ErrNoTrace)
	_, err = rec.Between(to, math.MaxInt64)
	require.ErrorIs(t, err, tracewatch.ErrNoTrace)
	empty, err := rec.Cell(t.Context(), 1<<20, from, to)
	require.NoError(t, err)
	require.NotEmpty(t, empty.Explanation.Missing)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = rec.Report(ctx)
	require.ErrorIs(t, err, context.Canceled)
	_, err = rec.Report(t.Context(), tracewatch.WithHotCells(-1))
	require.ErrorIs(t, err, tracewatch.ErrOption)

	require.NoError(t, w.Stop())
	_, err = w.Recording(0)
	require.ErrorIs(t, err, tracewatch.ErrStopped)
	_, err = rec.WriteTo(io.Discard) // it is still there
	require.NoError(t, err)
}

// TestLive: heat maps and health are there while the watcher runs, and after.
func TestLive(t *testing.T) {
	begun := time.Now()
	w, err := tracewatch.Start(t.Context())
	require.NoError(t, err)
	defer w.Stop()
	defer busy(t)()
	require.Eventually(t, func() bool { return w.Stats().Windows >= 3 }, time.Minute, 100*time.Millisecond)
	strips := w.Heat(0, math.MaxInt)
	require.GreaterOrEqual(t, len(strips), 3)
	for i, s := range strips {
		require.EqualValues(t, i+1, s.Number)
		require.Equal(t, i == 0, s.Fresh)
		require.NotZero(t, s.Starts)
		require.Equal(t, runtime.GOMAXPROCS(0), s.Procs)
		require.WithinRange(t, *s.At, begun.Add(-time.Minute), time.Now().Add(time.Minute))
		require.LessOrEqual(t, s.P50, s.P99)
		require.LessOrEqual(t, s.P99, s.Max)
	}
	require.Len(t, w.Heat(strips[0].Number, 1), 1)
	require.Equal(t, strips[1], w.Heat(strips[0].Number, 1)[0])

	h := w.Health()
	require.Equal(t, "flight recorder", h.Recorder)
	require.WithinRange(t, h.Started, begun, h.Polled)
	require.GreaterOrEqual(t, h.Interval, time.Second)
	require.Positive(t, h.EventsPerSecond)
	require.Positive(t, h.WatchShare)
	require.Less(t, h.WatchShare, 1.0)
	require.Positive(t, h.Memory)
	require.True(t, h.Clock.Known)
	require.LessOrEqual(t, h.MemoryFrom, strips[0].Start)
	require.GreaterOrEqual(t, h.MemoryTo, strips[2].End)
	if runtime.GOOS == "linux" {
		require.NotEmpty(t, h.Clock.Source)
	}
	require.NoError(t, w.Stop())
	require.Equal(t, "stopped", w.Health().Recorder)
	require.NotEmpty(t, w.Heat(0, 1))
}

package tracewatch_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	exptrace "golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// TestStopLeavesNothing starts and stops in every way and looks for what stays.
func TestStopLeavesNothing(t *testing.T) {
	for name, opts := range map[string][]tracewatch.Option{
		"snapshot": nil,
		"stream":   {tracewatch.WithStream()},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := tracewatch.Start(t.Context(), opts...)
			require.NoError(t, err)
			require.True(t, trace.IsEnabled())
			require.NoError(t, w.Stop())
			require.NoError(t, w.Stop(), "a second time")
			nothingLeft(t)
			_, err = w.WriteTrace(io.Discard)
			require.ErrorIs(t, err, tracewatch.ErrStopped)
			require.NotZero(t, w.Stats().Windows, "what was recorded before Stop is analysed")
		})
	}
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w, err := tracewatch.Start(ctx)
		require.NoError(t, err)
		cancel()
		require.Eventually(t, func() bool { return !trace.IsEnabled() }, 30*time.Second, 10*time.Millisecond)
		require.NoError(t, w.Stop())
		nothingLeft(t)
	})
}

// nothingLeft waits until no goroutine of the watch is left and tracing is off.
func nothingLeft(t *testing.T) {
	t.Helper()
	var dump bytes.Buffer
	require.Eventually(t, func() bool {
		dump.Reset()
		_ = pprof.Lookup("goroutine").WriteTo(&dump, 2)
		return !strings.Contains(dump.String(), "tracewatch/tracewatch.(*") && !trace.IsEnabled()
	}, 30*time.Second, 10*time.Millisecond, "%s", &dump)
}

func TestSlotTaken(t *testing.T) {
	w, err := tracewatch.Start(t.Context())
	require.NoError(t, err)
	_, err = tracewatch.Start(t.Context())
	require.ErrorIs(t, err, tracewatch.ErrTaken)
	require.ErrorContains(t, err, "another tracewatch.Watcher")
	require.ErrorContains(t, err, "WithStream", "it says what to do")
	require.NoError(t, w.Stop())
	nothingLeft(t)

	fr := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	require.NoError(t, fr.Start())
	_, err = tracewatch.Start(t.Context())
	require.ErrorIs(t, err, tracewatch.ErrTaken)
	fr.Stop()

	require.NoError(t, trace.Start(io.Discard))
	_, err = tracewatch.Start(t.Context(), tracewatch.WithStream())
	require.ErrorIs(t, err, tracewatch.ErrTaken)
	require.ErrorContains(t, err, "/debug/pprof/trace")
	w, err = tracewatch.Start(t.Context())
	require.NoError(t, err, "the two slots do not exclude each other")
	trace.Stop()
	require.NoError(t, w.Stop())
	nothingLeft(t)
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]tracewatch.Option{
		"nil option":      nil,
		"nil callback":    tracewatch.OnAnomaly(nil),
		"no directory":    tracewatch.WithDumpDir(""),
		"short interval":  tracewatch.WithPollInterval(time.Millisecond),
		"little history":  tracewatch.WithHistory(10, time.Minute),
		"young history":   tracewatch.WithHistory(1<<20, time.Millisecond),
		"no dumps":        tracewatch.WithDumpLimits(0, 1),
		"nil logger":      tracewatch.WithLogger(nil),
		"nil meters":      tracewatch.WithMeterProvider(nil),
		"nil detector":    tracewatch.WithDetectors(nil),
		"twice the same":  tracewatch.WithDetectors(detectors.SchedDelay{}, detectors.SchedDelay{}),
		"bad setting":     tracewatch.WithDetectors(detectors.SchedDelay{P99: -1}),
		"negative quiet":  tracewatch.WithCooldown(-1),
		"detector's name": tracewatch.WithDetectors(&probe{kind: "No Such/Name"}),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tracewatch.Start(t.Context(), o)
			require.ErrorIs(t, err, tracewatch.ErrOption)
			_, err = tracewatch.Analyze(t.Context(), strings.NewReader(""), o)
			require.ErrorIs(t, err, tracewatch.ErrOption)
			require.False(t, trace.IsEnabled(), "nothing is half started")
		})
	}
}

// TestWriteTrace writes the window while the program works, from both intakes, and
// reads it back by the reference and by Analyze.
func TestWriteTrace(t *testing.T) {
	for name, opts := range map[string][]tracewatch.Option{
		"snapshot": nil,
		"stream":   {tracewatch.WithStream()},
	} {
		t.Run(name, func(t *testing.T) {
			w, err := tracewatch.Start(t.Context(), opts...)
			require.NoError(t, err)
			defer w.Stop()
			require.Eventually(t, func() bool { return w.Stats().Windows > 0 }, 30*time.Second, 10*time.Millisecond)
			var b bytes.Buffer
			n, err := w.WriteTrace(&b)
			require.NoError(t, err)
			require.EqualValues(t, b.Len(), n)

			report, err := tracewatch.Analyze(t.Context(), bytes.NewReader(b.Bytes()))
			require.NoError(t, err)
			require.NotZero(t, report.Stats.Events)
			r, err := exptrace.NewReader(&b)
			require.NoError(t, err)
			for err == nil {
				_, err = r.ReadEvent()
			}
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

// probe is a user's own detector. It reports a finding in every window.
type probe struct {
	kind  string
	judge func(*detectors.Window)
	seen  atomic.Int64
}

func (p *probe) Spec() detectors.Spec {
	return detectors.Spec{Kind: p.kind, Doc: "reports every window", Observes: detectors.Set(detectors.GoStart)}
}

func (p *probe) New(*detectors.Code) (detectors.State, error) { return p, nil }

func (p *probe) Observe(*detectors.Observation) { p.seen.Add(1) }

func (p *probe) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	if p.judge != nil {
		p.judge(w)
	}
	return []detectors.Finding{{Start: w.Start, End: w.End, Summary: "a window", Score: 1}}, detectors.Verdict{Applicable: true}
}

// TestUsersDetector registers a detector of the test's own, like a built-in one.
func TestUsersDetector(t *testing.T) {
	p := &probe{kind: "every-window"}
	got := make(chan *tracewatch.Anomaly, 100)
	w, err := tracewatch.Start(t.Context(), tracewatch.WithCooldown(0),
		tracewatch.WithDetectors(append(detectors.Default(), p)...),
		tracewatch.OnAnomaly(func(_ context.Context, a *tracewatch.Anomaly) {
			var b bytes.Buffer
			_, err := a.WriteTrace(&b)
			if err == nil && b.Len() > 16 {
				got <- a
			}
		}))
	require.NoError(t, err)
	a := <-got
	require.Equal(t, "every-window", a.Kind)
	require.NotZero(t, p.seen.Load())
	require.Contains(t, w.Anomalies(), a)
	require.NoError(t, w.Stop())
	_, err = a.WriteTrace(io.Discard)
	require.ErrorIs(t, err, tracewatch.ErrNoTrace, "after the callback the trace is let go")
	vs := w.Verdicts()
	require.Len(t, vs, len(detectors.Default())+1)
	require.NotZero(t, vs[len(vs)-1].Windows)
}

// TestPanicsAreCaught lets a detector and a callback panic in every window. Each is
// switched off after three; the others go on.
func TestPanicsAreCaught(t *testing.T) {
	bad := &probe{kind: "bad", judge: func(*detectors.Window) { panic("boom") }}
	good := &probe{kind: "good"}
	var calls, panics atomic.Int64
	w, err := tracewatch.Start(t.Context(), tracewatch.WithCooldown(0), tracewatch.WithDetectors(bad, good),
		tracewatch.OnAnomaly(func(context.Context, *tracewatch.Anomaly) { panics.Add(1); panic(errors.New("callback")) }),
		tracewatch.OnAnomaly(func(context.Context, *tracewatch.Anomaly) { calls.Add(1) }))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return calls.Load() >= 5 }, time.Minute, 10*time.Millisecond)
	require.NoError(t, w.Stop())
	s := w.Stats()
	require.EqualValues(t, 3, s.DetectorPanics)
	require.EqualValues(t, 3, panics.Load())
	require.EqualValues(t, 3, s.CallbackPanics)
	require.True(t, w.Verdicts()[0].Off)
	require.Contains(t, w.Verdicts()[0].Note, "boom")
	require.False(t, w.Verdicts()[1].Off)
}

// TestSlowCallback blocks a callback for good until the test ends. Analysis goes on,
// the queue fills and drops, and nothing waits.
func TestSlowCallback(t *testing.T) {
	release := make(chan struct{})
	w, err := tracewatch.Start(t.Context(), tracewatch.WithCooldown(0), tracewatch.WithDetectors(&probe{kind: "every-window"}),
		tracewatch.OnAnomaly(func(context.Context, *tracewatch.Anomaly) { <-release }))
	require.NoError(t, err)
	deadline := time.Now().Add(time.Minute)
	for w.Stats().DroppedAnomalies == 0 && time.Now().Before(deadline) {
		_, _ = w.WriteTrace(io.Discard) // each makes a window
		runtime.Gosched()
	}
	s := w.Stats()
	require.NotZero(t, s.DroppedAnomalies)
	require.Greater(t, s.Windows, s.DroppedAnomalies)
	close(release)
	require.NoError(t, w.Stop())
}

// TestAnalyzeQuiet reads a trace that has nothing to say: a report, not an error.
func TestAnalyzeQuiet(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, trace.Start(&b))
	trace.Stop()
	report, err := tracewatch.Analyze(t.Context(), &b)
	require.NoError(t, err)
	require.Empty(t, report.Anomalies)
	require.NotZero(t, report.Stats.Events)
	require.Zero(t, report.Stats.Unresolved)
	require.InDelta(t, 1, report.Stats.Coverage, 0.001)
}

func TestAnalyzeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := tracewatch.Analyze(ctx, strings.NewReader("go 1.26 trace\x00\x00\x00"))
	require.ErrorIs(t, err, context.Canceled)
}

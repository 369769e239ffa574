package tracewatch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// oldTrace returns a trace that Go 1.21 has recorded.
func oldTrace(t *testing.T, name string) []byte {
	t.Helper()
	data, err := recorded.Trace{Go: "1.21", Name: name}.Bytes()
	require.NoError(t, err)
	return data
}

// checkOldError wants an error that says what, where and what to do, and an empty report or
// one of what was read until then.
func checkOldError(t *testing.T, report *Report, e *tracev1.Error, size int, name string) {
	t.Helper()
	require.True(t, e.Offset == tracev1.Unplaced || 0 <= e.Offset && e.Offset <= int64(size), "%s: %v", name, e)
	require.NotEmpty(t, e.Problem, name)
	require.NotEmpty(t, e.Advice, name)
	require.NotNil(t, report, name)
	require.LessOrEqual(t, report.Stats.BrokenGenerations, uint64(1), name)
	require.Len(t, report.Verdicts, len(detectors.Default()), name)
}

// TestAnalyzeOld: traces of the first format are analysed like others.
func TestAnalyzeOld(t *testing.T) {
	traces := map[string][]byte{}
	for _, tr := range recorded.Old() {
		traces[tr.String()] = oldTrace(t, tr.Name)
	}
	for _, v := range []int{11, 19, 21} {
		traces[fmt.Sprintf("synthetic go1.%d", v)] = oldgen.Random(1, oldgen.Shape{Version: v, Procs: 3, Events: 3000, Seconds: 4})
	}
	for name, data := range traces {
		t.Run(name, func(t *testing.T) {
			report, err := Analyze(context.Background(), bytes.NewReader(data))
			require.NoError(t, err)
			s := report.Stats
			checkStats(t, s, name)
			require.Positive(t, s.Windows)
			require.Positive(t, s.Events)
			require.Positive(t, s.Delays.Sched.Count)
			require.Positive(t, s.Delays.Run.Sum)
			require.EqualValues(t, len(data)-wire.HeaderSize, s.Bytes)
			require.InDelta(t, 1, s.Coverage, 0.001)
			require.Zero(t, s.BrokenGenerations)
			require.Zero(t, s.LostGenerations)
			if strings.HasPrefix(name, "go") {
				require.Zero(t, s.Unresolved)
				require.Equal(t, strings.HasSuffix(name, "-leak"), len(report.Anomalies) > 0, "%v", report.Anomalies)
			}
		})
	}
}

// TestAnalyzeOldNetwork: what is known of network waits comes from stacks, which Go 1.21
// writes too.
func TestAnalyzeOldNetwork(t *testing.T) {
	report, err := Analyze(context.Background(), bytes.NewReader(oldTrace(t, "network")))
	require.NoError(t, err)
	require.Positive(t, report.Stats.Delays.Network.Count)

	report, err = Analyze(context.Background(), bytes.NewReader(oldTrace(t, "gcheavy")))
	require.NoError(t, err)
	require.Positive(t, report.Stats.Delays.Assist.Count)
	require.Positive(t, report.Stats.Delays.Stop.Count)
}

// TestAnalyzeOldFindsLeak: the leak is found where it is, and an anomaly's trace is the one
// that was read.
func TestAnalyzeOldFindsLeak(t *testing.T) {
	data := oldTrace(t, "leak")
	find := func(data []byte) (kinds []string, trace bytes.Buffer) {
		report, err := Analyze(context.Background(), bytes.NewReader(data), OnAnomaly(func(_ context.Context, a *Anomaly) {
			kinds = append(kinds, fmt.Sprint(a.Kind, " ", a.Site, " ", a.Summary))
			require.True(t, a.Start.IsZero(), "nothing says what time it was")
			require.True(t, a.Quality.Complete)
			trace.Reset()
			n, err := a.WriteTrace(&trace)
			require.NoError(t, err)
			require.EqualValues(t, trace.Len(), n)
		}))
		require.NoError(t, err)
		require.Equal(t, len(data)-wire.HeaderSize, report.Stats.HistoryBytes)
		return kinds, trace
	}
	kinds, trace := find(data)
	require.Len(t, kinds, 1)
	require.Contains(t, kinds[0], "goroutine-leak main.startAndForget")
	require.True(t, bytes.Equal(data, trace.Bytes()), "the very bytes that were analysed")
	again, _ := find(trace.Bytes())
	require.Equal(t, kinds, again)
}

// TestAnalyzeOldWithoutHistory: what does not fit into the history is analysed and not kept.
func TestAnalyzeOldWithoutHistory(t *testing.T) {
	data := oldTrace(t, "leak")
	a, calls := newOldAnalysis(t, func(a *Anomaly) {
		require.False(t, a.Quality.Complete)
		_, err := a.WriteTrace(io.Discard)
		require.ErrorIs(t, err, ErrNoTrace)
	})
	a.history.maxBytes = len(data) - wire.HeaderSize - 1
	require.NoError(t, a.read(bytes.NewReader(data)))
	require.Equal(t, 1, *calls)
	require.Zero(t, a.stats().HistoryBytes)
}

// newOldAnalysis returns an analysis that calls f, and how often it did.
func newOldAnalysis(t *testing.T, f func(*Anomaly)) (*analysis, *int) {
	t.Helper()
	calls := 0
	cfg, err := newConfig([]Option{OnAnomaly(func(_ context.Context, a *Anomaly) {
		calls++
		f(a)
	})})
	require.NoError(t, err)
	e, err := newEngine(cfg)
	require.NoError(t, err)
	return &analysis{engine: e, ctx: context.Background(), exact: newExact(), calls: newCallbacks(cfg)}, &calls
}

// TestAnalyzeOldInPieces is TestPiecesDoNotMatter for the first format.
func TestAnalyzeOldInPieces(t *testing.T) {
	for _, name := range []string{"network", "scheduling"} {
		data := oldTrace(t, name)
		read := func(r io.Reader) []string {
			var w witness
			report, err := Analyze(context.Background(), r, witnessed(&w)...)
			require.NoError(t, err)
			return testimony(t, &w, report)
		}
		want := read(bytes.NewReader(data))
		require.NotEmpty(t, want)
		for what, r := range map[string]io.Reader{
			"again":                bytes.NewReader(data),
			"byte by byte":         iotest.OneByteReader(bytes.NewReader(data)),
			"data with its end":    iotest.DataErrReader(bytes.NewReader(data)),
			"nothing now and then": &hesitant{r: bytes.NewReader(data)},
		} {
			requireSame(t, want, read(r), name+" "+what)
		}
	}
}

func TestAnalyzeOldErrors(t *testing.T) {
	data := oldTrace(t, "blocking")
	whole, err := Analyze(context.Background(), bytes.NewReader(data))
	require.NoError(t, err)
	readable := 0
	for n := 0; n < len(data); n += 1 + len(data)/100 {
		report, err := checkAnalysis(t, data[:n], fmt.Sprintf("cut at %d", n))
		require.Error(t, err)
		if n < wire.HeaderSize {
			continue
		}
		require.ErrorContains(t, err, "can only be read whole")
		if report.Stats.BrokenGenerations == 0 { // it lacks only stacks
			require.Equal(t, whole.Stats.Events, report.Stats.Events)
			readable++
		} else {
			require.Zero(t, report.Stats.Windows)
		}
	}
	require.Positive(t, readable)
	for i := wire.HeaderSize; i < len(data); i += 1 + len(data)/100 {
		bad := bytes.Clone(data)
		bad[i] ^= 0x55
		_, _ = checkAnalysis(t, bad, fmt.Sprintf("changed at %d", i))
	}

	_, err = Analyze(context.Background(), iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(data))))
	require.ErrorIs(t, err, iotest.ErrTimeout)
	_, err = Analyze(context.Background(), io.MultiReader(bytes.NewReader(data[:100]), iotest.ErrReader(io.ErrClosedPipe)))
	require.ErrorIs(t, err, io.ErrClosedPipe)

	ctx, cancel := context.WithCancel(context.Background())
	_, err = Analyze(ctx, io.MultiReader(bytes.NewReader(data[:100]), readerFunc(func(p []byte) (int, error) {
		cancel()
		return len(p), nil // for ever
	})))
	require.ErrorIs(t, err, context.Canceled)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestAnalyzeOldEndless: what does not end is an error before there is no memory left.
func TestAnalyzeOldEndless(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a quarter of a gigabyte")
	}
	endless := readerFunc(func(p []byte) (int, error) { return len(p), nil })
	_, err := Analyze(context.Background(), io.MultiReader(strings.NewReader("go 1.21 trace\x00\x00\x00"), endless))
	var e *tracev1.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.EqualValues(t, limits.OldTraceBytes, e.Offset)
	require.ErrorContains(t, err, "record for a shorter time")
}

// TestAnalyzeOldCanceled: it stops between windows.
func TestAnalyzeOldCanceled(t *testing.T) {
	data := oldgen.Random(1, oldgen.Shape{Version: 21, Procs: 3, Events: 3000, Seconds: 5})
	ctx, cancel := context.WithCancel(context.Background())
	report, err := Analyze(ctx, bytes.NewReader(data), WithDetectors(&cancelling{cancel: cancel}))
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 1, report.Stats.Windows)
}

// cancelling is a detector that has seen enough after one window.
type cancelling struct {
	witness
	cancel func()
}

func (c *cancelling) New(code *detectors.Code) (detectors.State, error) {
	c.code = code
	return c, nil
}

func (c *cancelling) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	c.cancel()
	return c.witness.Judge(w)
}

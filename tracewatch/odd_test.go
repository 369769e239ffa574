package tracewatch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// bytesOf returns a recorded trace.
func bytesOf(t *testing.T, release, name string) []byte {
	t.Helper()
	data, err := recorded.Trace{Go: release, Name: name}.Bytes()
	require.NoError(t, err)
	return data
}

// careless is a detector that reports what is no number, and findings at no time or at one moment.
type careless struct {
	moment func(*detectors.Window) (start, end detectors.Time)
}

func (careless) Spec() detectors.Spec { return detectors.Spec{Kind: "careless"} }

func (c careless) New(*detectors.Code) (detectors.State, error) { return c, nil }

func (careless) Observe(*detectors.Observation) {}

func (c careless) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	nan := math.NaN()
	f := detectors.Finding{Score: 1, Evidence: detectors.Evidence{Measures: []detectors.Measure{{Value: nan, Threshold: math.Inf(1), Baseline: math.Inf(-1)}}}}
	f.Start, f.End = c.moment(w)
	return []detectors.Finding{f}, detectors.Verdict{Applicable: true, Value: nan, Threshold: math.Inf(-1)}
}

// TestCarelessDetector: what a detector of somebody else's reports is in the report, whatever its time, and the report
// can be written as JSON, whatever its numbers.
func TestCarelessDetector(t *testing.T) {
	data := bytesOf(t, "1.26", "network")
	for _, moment := range []func(*detectors.Window) (start, end detectors.Time){
		func(*detectors.Window) (start, end detectors.Time) { return 0, 0 },
		func(w *detectors.Window) (start, end detectors.Time) { return w.Start, w.Start },
		func(w *detectors.Window) (start, end detectors.Time) { return w.End, w.End },
	} {
		report, err := Analyze(context.Background(), bytes.NewReader(data), WithDetectors(careless{moment}))
		require.NoError(t, err)
		require.Len(t, report.Anomalies, int(report.Stats.Anomalies["careless"]))
		require.NotEmpty(t, report.Anomalies)
		_, err = json.Marshal(report)
		require.NoError(t, err)
	}
}

// TestBetweenOdd: parts of a trace that are empty, endless or beyond it, of both formats, and with everything that can
// be asked for.
func TestBetweenOdd(t *testing.T) {
	for _, trace := range [][2]string{{"1.21", "blocking"}, {"1.26", "network"}} {
		data := bytesOf(t, trace[0], trace[1])
		read := func(from, to time.Duration) *Report {
			r, err := Analyze(context.Background(), bytes.NewReader(data), Between(from, to), WithPlaces(), WithProfiles("running"), WithGoroutine(1), WithHotCells(4))
			require.NoError(t, err)
			require.LessOrEqual(t, r.From, r.To)
			return r
		}
		runs := func(r *Report) (n int64) {
			for _, s := range r.profiles.Profile("running").Sample {
				n += s.Value[0]
			}
			return n
		}
		all := read(0, 0)
		long := all.To.Sub(all.From)
		endless := read(0, math.MaxInt64)
		require.Equal(t, all.From, endless.From)
		require.Equal(t, all.To, endless.To)
		require.Equal(t, runs(all), runs(endless), trace)
		half, rest := read(0, long/2), read(long/2, 0)
		require.NotZero(t, runs(half))
		require.Equal(t, runs(all), runs(half)+runs(rest), trace)
		require.Equal(t, half.To, rest.From)
		for _, from := range []time.Duration{10 * long, math.MaxInt64} {
			beyond := read(from, 0)
			require.Equal(t, all.To, beyond.From)
			require.Equal(t, all.To, beyond.To)
			require.Zero(t, runs(beyond))
			require.Empty(t, beyond.Heat)
			require.Empty(t, beyond.Cells)
		}
	}
}

// TestAssistBeforeAGap: what a goroutine did after a gap has nothing to do with the assist that it was in before.
func TestAssistBeforeAGap(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	m := w.Thread(100, w.Proc(0))
	g := w.Goroutine(1, wire.GoRunnable, 0)
	m.Running(g)
	m.AssistBegin(2_000, w.Stack("main.alloc"))
	w.NextGeneration(1_000_000)
	w.LoseGeneration()
	m.AssistEnd(1_500_000)
	w.NextGeneration(2_000_000)
	m.Block(2_500_000, "chan receive", w.Stack("main.receive"))
	m.NetpollUnblock(2_600_000, g)
	m.Start(2_700_000, g)
	w.NextGeneration(3_000_000)
	m.Block(3_500_000, "chan receive", w.Stack("main.receive"))
	report, err := Analyze(context.Background(), bytes.NewReader(w.Bytes()), WithGoroutine(detectors.GoID(g.ID())))
	require.NoError(t, err)
	var dims []detectors.Dimension
	for _, p := range report.Goroutine.Line {
		dims = append(dims, p.Dimension)
	}
	last := dims[len(dims)-4:]
	require.Equal(t, []detectors.Dimension{detectors.DimSleep, detectors.DimRunnable, detectors.DimRunning}, last[:3], "%v", dims) // a timer ended the wait
}

// TestManyPlaces: of more places than there is room for, it is said how many there are.
func TestManyPlaces(t *testing.T) {
	const sites = 6_000
	w := tracegen.NewWorld(wire.Go126)
	m := w.Thread(100, w.Proc(0))
	g := w.Goroutine(1, wire.GoRunnable, 0)
	m.Running(g)
	for i := range int64(sites) {
		m.Block(1_000*i+1_000, "sleep", w.Stack(fmt.Sprintf("main.f%d", i)))
		m.NetpollUnblock(1_000*i+1_100, g)
		m.Start(1_000*i+1_200, g)
	}
	report, err := Analyze(context.Background(), bytes.NewReader(w.Bytes()), WithPlaces())
	require.NoError(t, err)
	require.Len(t, report.Places, limits.Places)
	require.InDelta(t, sites-limits.Places, report.PlacesLeft, 2)
}

// TestHostilePicture: a few bytes that claim a great many Ps for a long time do not take memory for all of that.
func TestHostilePicture(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	m := w.Thread(100, w.Proc(0))
	g := w.Goroutine(1, wire.GoRunnable, 0)
	m.Running(g)
	k := m.Create(1_000, w.Stack("main.f"), w.Stack("main.main"))
	m.Block(2_000, "sleep", w.Stack("main.main"))
	m.Start(3_000, k)
	m.ProcsChange(4_000, limits.Procs, 0)
	w.NextGeneration(1_000_000_000)
	m.ProcsChange(40*60*1_000_000_000, limits.Procs, 0)
	report, err := Analyze(context.Background(), bytes.NewReader(w.Bytes()))
	require.NoError(t, err)
	require.Greater(t, report.To.Sub(report.From), 39*time.Minute)
	f := figure(report.Heat, "")
	n := 0
	for _, m := range f.Maps {
		for _, row := range m.Rows {
			n += len(row.Levels)
		}
	}
	require.LessOrEqual(t, n, 2*limits.PictureCells)
	var picture bytes.Buffer
	require.NoError(t, report.WritePNG(&picture, Picture{}))
	_, err = png.Decode(&picture)
	require.NoError(t, err)
	require.ErrorIs(t, report.WritePNG(&picture, Picture{Width: 1}), ErrOption)
	require.ErrorIs(t, report.WriteSVG(&picture, Picture{Height: 1 << 20}), ErrOption)
	picture.Reset()
	require.NoError(t, new(Report).WriteSVG(&picture, Picture{Title: "<nothing>"}))
	require.Contains(t, picture.String(), "&lt;nothing&gt;")
}

// TestCellOnce: no cell is there twice, and none outside of the time asked for.
func TestCellOnce(t *testing.T) {
	for _, trace := range recorded.All() {
		data, err := trace.Bytes()
		require.NoError(t, err)
		report, err := Analyze(context.Background(), bytes.NewReader(data), WithHotCells(64))
		require.NoError(t, err)
		seen := make(map[hotCell]bool)
		for _, c := range report.Cells {
			key := hotCell{proc: c.Proc, from: c.From}
			require.False(t, seen[key], "%v: P %d at %d", trace, c.Proc, c.From)
			seen[key] = true
		}
		part, err := Analyze(context.Background(), bytes.NewReader(data), WithHotCells(64), Between(report.To.Sub(report.From)/2, report.To.Sub(report.From)/2+1))
		require.NoError(t, err)
		for _, c := range part.Cells {
			require.True(t, c.To > part.From && c.From < part.To)
		}
	}
}

// TestEmptyRecording: one that nobody gave has nothing, and says so.
func TestEmptyRecording(t *testing.T) {
	var r Recording
	_, err := r.WriteTo(new(bytes.Buffer))
	require.ErrorIs(t, err, ErrNoTrace)
	_, err = r.Report(t.Context())
	require.ErrorIs(t, err, ErrNoTrace)
	_, err = r.Cell(t.Context(), 0, 1, 2)
	require.ErrorIs(t, err, ErrNoTrace)
	_, err = r.Between(1, 2)
	require.ErrorIs(t, err, ErrNoTrace)
	require.NotNil(t, r.Last(time.Second))
}

// TestBrief: the copy for a list has all but the heat map.
func TestBrief(t *testing.T) {
	a := &Anomaly{Number: 3, Kind: "k", Summary: "s", Evidence: detectors.Evidence{HeatMap: &detectors.HeatMap{}, Sites: []detectors.SiteEvidence{{Name: "x"}}}}
	a.setDump("d")
	a.setExplanation(&detectors.Explanation{Missing: "m"})
	whole, err := json.Marshal(a)
	require.NoError(t, err)
	brief, err := json.Marshal(a.Brief())
	require.NoError(t, err)
	require.Contains(t, string(whole), `,"heat_map":{"start_ns":0,"procs":null}`)
	require.Equal(t, string(bytes.Replace(whole, []byte(`,"heat_map":{"start_ns":0,"procs":null}`), nil, 1)), string(brief))
}

package tracewatch

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/recorded"
)

// TestLevels: each number is in the level that starts at it or below it, and below the next.
func TestLevels(t *testing.T) {
	for l := range 255 {
		require.Less(t, LevelStart(byte(l)), LevelStart(byte(l+1)))
	}
	require.EqualValues(t, 1, level(0))
	require.EqualValues(t, 255, level(math.MaxUint64))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		n := r.Uint64() >> (r.UintN(33) + 31)
		if i < 1000 {
			n = uint64(i)
		}
		l := level(n)
		require.LessOrEqual(t, LevelStart(l), float64(max(n, 1)), "%d", n)
		if l < 255 {
			require.Greater(t, LevelStart(l+1), float64(n), "%d", n)
		}
	}
}

// windowHeat is what a detector sees of a window.
type windowHeat struct {
	detectors.HeatMap
	waits      [][detectors.WaitRows]uint32
	delays     detectors.Histogram
	start, end detectors.Time
}

// heatKeeper is a detector that keeps what the heat maps are drawn from.
type heatKeeper struct{ all *[]windowHeat }

func (heatKeeper) Spec() detectors.Spec { return detectors.Spec{Kind: "heat-keeper"} }

func (k heatKeeper) New(*detectors.Code) (detectors.State, error) { return k, nil }

func (heatKeeper) Observe(*detectors.Observation) {}

func (k heatKeeper) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	h := windowHeat{delays: w.Totals.Delays, start: w.Start, end: w.End, waits: append([][detectors.WaitRows]uint32(nil), w.Totals.Heat.Waits...)}
	h.Start, h.WaitsStart = w.Totals.Heat.Start, w.Totals.Heat.WaitsStart
	for _, row := range w.Totals.Heat.Procs {
		h.Procs = append(h.Procs, append([]detectors.HeatCell(nil), row...))
	}
	*k.all = append(*k.all, h)
	return nil, detectors.Verdict{}
}

// TestHeat: the strips have what the windows' maps have, and those have every delay once.
func TestHeat(t *testing.T) {
	for _, trace := range append(recorded.All(), recorded.Old()...) {
		data, err := trace.Bytes()
		require.NoError(t, err)
		var windows []windowHeat
		report, err := Analyze(context.Background(), bytes.NewReader(data), WithDetectors(heatKeeper{&windows}))
		require.NoError(t, err, trace)
		require.Len(t, report.Heat, len(windows))
		for i, w := range windows {
			s := report.Heat[i]
			require.EqualValues(t, i+1, s.Number)
			require.Equal(t, w.start, s.Start)
			require.Equal(t, w.end, s.End)
			require.Equal(t, w.delays.Count(), s.Starts, trace)
			require.Equal(t, w.delays.Quantile(0.99), s.P99)
			starts := 0
			require.Len(t, s.Cells, len(w.Procs))
			for p, row := range w.Procs {
				require.Len(t, s.Cells[p], len(row))
				for j, c := range row {
					starts += c.Starts
					if c.Starts == 0 {
						require.Zero(t, s.Cells[p][j])
						continue
					}
					units := float64(max(c.Max/HeatUnit, 1))
					require.LessOrEqual(t, LevelStart(s.Cells[p][j]), units)
					require.Greater(t, LevelStart(s.Cells[p][j]+1), units)
				}
			}
			require.EqualValues(t, w.delays.Count(), starts, trace)
			checkWaits(t, &w, &s)
		}
	}
}

// checkWaits holds the lengths of waits against the histogram of the same waits.
func checkWaits(t *testing.T, w *windowHeat, s *HeatStrip) {
	t.Helper()
	var rows [detectors.WaitRows]uint64
	require.Len(t, s.Waits, len(w.waits))
	for i, counts := range w.waits {
		for r, n := range counts {
			rows[r] += uint64(n)
			if n == 0 {
				require.True(t, r >= len(s.Waits[i]) || s.Waits[i][r] == 0)
				continue
			}
			require.LessOrEqual(t, LevelStart(s.Waits[i][r]), float64(n))
			require.Greater(t, LevelStart(s.Waits[i][r]+1), float64(n))
		}
	}
	var all uint64
	for r, n := range rows {
		all += n
		if n > 0 && all > 0 { // no more than so many are as short as this row's
			q := w.delays.Quantile((float64(all) - 0.5) / float64(w.delays.Count()))
			require.Equal(t, r, detectors.WaitRow(q))
		}
	}
	require.Equal(t, w.delays.Count(), all)
}

func TestHeatJSON(t *testing.T) {
	s := HeatStrip{Number: 3, Cells: []Levels{{1, 0, 255}, {}}, Waits: []Levels{nil, {7}}}
	data, err := json.Marshal(s)
	require.NoError(t, err)
	require.Contains(t, string(data), `"cells":["AQD/",""]`)
	var back HeatStrip
	require.NoError(t, json.Unmarshal(data, &back))
	require.Equal(t, Levels{1, 0, 255}, back.Cells[0])
	require.Equal(t, Levels{7}, back.Waits[1])
}

// TestHeatBounds: ten minutes of 64 Ps are kept, and of four times as many Ps what there is room for.
func TestHeatBounds(t *testing.T) {
	for procs, least := range map[int]time.Duration{2: limits.LiveHeat, 64: limits.LiveHeat, 256: limits.LiveHeat / 5} {
		h := &heatSeries{maxBytes: limits.LiveHeatBytes, maxAge: limits.LiveHeat}
		const window = 500 * time.Millisecond
		var number uint64
		for at := detectors.Time(0); at < detectors.Time(30*time.Minute); at = at.Add(window) {
			number++
			s := HeatStrip{Number: number, Start: at, End: at.Add(window), Cells: make([]Levels, procs), Waits: make([]Levels, 6)}
			for p := range s.Cells {
				s.Cells[p] = make(Levels, window/detectors.HeatBucket+1)
			}
			for i := range s.Waits {
				s.Waits[i] = make(Levels, detectors.WaitRows)
			}
			h.add(s)
			require.LessOrEqual(t, h.size(), limits.LiveHeatBytes)
		}
		all := h.after(0, math.MaxInt)
		covers := all[len(all)-1].End.Sub(all[0].Start)
		require.GreaterOrEqual(t, covers, least-2*window, "%d Ps", procs)
		require.LessOrEqual(t, covers, limits.LiveHeat+2*window)
		require.Equal(t, int(number)-len(all), h.left)
		require.LessOrEqual(t, cap(h.strips), 4*len(all)+64, "what is forgotten is given back")

		// Piece by piece it is the same.
		var pieces []HeatStrip
		for after := uint64(0); ; {
			some := h.after(after, 60)
			if len(some) == 0 {
				break
			}
			require.LessOrEqual(t, len(some), 60)
			pieces = append(pieces, some...)
			after = some[len(some)-1].Number
		}
		require.Equal(t, all, pieces)
		require.Empty(t, h.after(number, 60))
	}
}

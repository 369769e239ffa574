package tracewatch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	exptrace "golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
)

// serviceSums are the sums of the service's goroutines, from the windows' totals: another way to what places are
// made of.
type serviceSums struct {
	running, starts detectors.Sum
	assists         detectors.Sum
	blocked         [detectors.NumCauses]detectors.Sum
	preempted       uint64
	created         uint64
	alive           int
}

func (s *serviceSums) Spec() detectors.Spec { return detectors.Spec{Kind: "service-sums"} }

func (s *serviceSums) New(*detectors.Code) (detectors.State, error) { return s, nil }

func (s *serviceSums) Observe(*detectors.Observation) {}

func (s *serviceSums) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	t := w.Totals
	s.running.Merge(t.Ran.Sum())
	for _, h := range []*detectors.Histogram{&t.Delays, &t.Requeued, &t.Yielded} {
		s.starts.Merge(h.Sum())
	}
	s.assists.Merge(t.Heap.Assists.Sum())
	for r, d := range t.Waits[detectors.ClassUser] {
		s.blocked[detectors.Reason(r).Cause()].Merge(d)
	}
	s.blocked[detectors.CauseSyscall].Merge(t.Syscalls)
	s.preempted += t.Preempted
	for id, b := range t.Births {
		if id != 0 {
			s.created += b.Created
		}
	}
	s.alive = 0
	for g := range w.Goroutines {
		if g.Class == detectors.ClassUser {
			s.alive++
		}
	}
	return nil, detectors.Verdict{}
}

// TestPlaces: all that goroutines of the service did is in some place, once.
func TestPlaces(t *testing.T) {
	for _, trace := range append(recorded.All(), recorded.Old()...) {
		data, err := trace.Bytes()
		require.NoError(t, err)
		var want serviceSums
		report, err := Analyze(context.Background(), bytes.NewReader(data), WithPlaces(), WithDetectors(&want))
		require.NoError(t, err, trace)
		require.Zero(t, report.PlacesLeft)

		var got serviceSums
		for i := range report.Places {
			p := &report.Places[i]
			require.NotEqual(t, detectors.ClassWatch, detectors.ClassOf(p.Site.Func))
			require.LessOrEqual(t, p.DelayP99, p.Delay.Max)
			got.running.Merge(sumOf(p.Running))
			got.starts.Merge(sumOf(p.Delay))
			got.assists.Merge(sumOf(p.Assist))
			var sum time.Duration
			for cause := range detectors.NumCauses {
				b := p.Blocked[cause.String()]
				got.blocked[cause].Merge(sumOf(b))
				sum += b.Sum
			}
			require.Equal(t, sum, p.BlockedSum)
			got.preempted += p.Preempted
			got.created += p.Created
			got.alive += p.Alive
		}
		require.Equal(t, want, got, trace)
	}
}

func sumOf(s Spans) detectors.Sum { return detectors.Sum{Count: s.Count, Total: s.Sum, Max: s.Max} }

// TestPlacesBetween: two parts of a trace have together what all of it has.
func TestPlacesBetween(t *testing.T) {
	for _, trace := range recorded.All() {
		data, err := trace.Bytes()
		require.NoError(t, err)
		all, err := Analyze(context.Background(), bytes.NewReader(data), WithPlaces())
		require.NoError(t, err)
		cut := all.To.Sub(all.From) / 3
		count := func(r *Report) (delayed, blocked detectors.Sum, preempted uint64) {
			for i := range r.Places {
				p := &r.Places[i]
				delayed.Merge(sumOf(p.Delay))
				for _, b := range p.Blocked {
					blocked.Merge(sumOf(b))
				}
				preempted += p.Preempted
			}
			return delayed, blocked, preempted
		}
		before, err := Analyze(context.Background(), bytes.NewReader(data), WithPlaces(), Between(0, cut))
		require.NoError(t, err)
		after, err := Analyze(context.Background(), bytes.NewReader(data), WithPlaces(), Between(cut, 0))
		require.NoError(t, err)
		require.Equal(t, before.To, after.From)
		require.Equal(t, all.From, before.From)
		require.Equal(t, all.To, after.To)
		d, b, p := count(all)
		d1, b1, p1 := count(before)
		d2, b2, p2 := count(after)
		d1.Merge(d2)
		b1.Merge(b2)
		require.Equal(t, d, d1, trace)
		require.Equal(t, b, b1, trace)
		require.Equal(t, p, p1+p2, trace)
		require.GreaterOrEqual(t, len(before.Heat)+len(after.Heat), len(all.Heat))
	}
}

// TestHotCells: the hottest cell of the heat map is found, with who had waited as long as it says.
func TestHotCells(t *testing.T) {
	for _, trace := range recorded.All() {
		data, err := trace.Bytes()
		require.NoError(t, err)
		var windows []windowHeat
		report, err := Analyze(context.Background(), bytes.NewReader(data), WithHotCells(4), WithDetectors(heatKeeper{&windows}))
		require.NoError(t, err)
		var hottest time.Duration
		for _, w := range windows {
			for p, row := range w.Procs {
				for j, c := range row {
					from := w.Start.Add(time.Duration(j) * detectors.HeatBucket)
					for _, cell := range report.Cells {
						// A cell at a window's edge has a part in each.
						if cell.Proc == detectors.ProcID(p) && cell.From == from && cell.To < w.end && cell.From > w.start {
							// Read in the order of time, a moment may be a few nanoseconds later.
							require.EqualValues(t, c.Starts, cell.Delay.Count, trace)
							require.InDelta(t, float64(c.Sum), float64(cell.Delay.Sum), 16*float64(c.Starts), trace)
							require.InDelta(t, float64(c.Max), float64(cell.Delay.Max), 16, trace)
						}
					}
					hottest = max(hottest, c.Max)
				}
			}
		}
		require.NotEmpty(t, report.Cells, trace)
		require.LessOrEqual(t, len(report.Cells), 4)
		require.InDelta(t, float64(hottest), float64(report.Cells[0].Delay.Max), 16, trace)
		for _, c := range report.Cells {
			w := c.Waited[0]
			require.Equal(t, c.Delay.Max, w.Delay)
			require.NotEmpty(t, w.Was, trace)
			if w.Was != "syscall" { // of a C thread that calls into Go for the first time nothing more is known
				require.NotEmpty(t, w.Site.Func, trace)
			}
			require.Empty(t, c.Explanation.Missing, trace)
			require.Equal(t, w.Goroutine, c.Explanation.Goroutine)
			require.True(t, c.Explanation.Chain[0].Dimension.WaitsForP() || c.Explanation.Chain[0].Dimension == detectors.DimStopTheWorld || c.Explanation.Chain[0].Dimension == detectors.DimAssist, "%v %v", trace, c.Explanation)
			for i := range c.Waited[1:] {
				require.LessOrEqual(t, c.Waited[i+1].Delay, c.Waited[i].Delay)
			}
		}
	}
}

// TestGoroutine: the line of each goroutine has no hole, and says what the reference says of how long it was running,
// ready and so on.
func TestGoroutine(t *testing.T) {
	for _, trace := range recorded.All() {
		if trace.Name == "gcheavy" || trace.Name == "syscalls" { // the others have enough, and are shorter
			continue
		}
		data, err := trace.Bytes()
		require.NoError(t, err)
		want := statesOf(t, data)
		n := 0
		for id, states := range want {
			if n++; n > 12 {
				break
			}
			report, err := Analyze(context.Background(), bytes.NewReader(data), WithGoroutine(detectors.GoID(id)), WithDetectors())
			require.NoError(t, err)
			g := report.Goroutine
			require.NotNil(t, g, "%v %d", trace, id)
			require.Zero(t, g.Left)
			got := make(map[exptrace.GoState]time.Duration)
			var parts detectors.Parts
			for i, p := range g.Line {
				if i > 0 {
					require.Equal(t, g.Line[i-1].End, p.Begin, "%v goroutine %d", trace, id)
				}
				parts[p.Dimension] += p.End.Sub(p.Begin)
				if !p.Open {
					got[stateOf(p)] += p.End.Sub(p.Begin)
				}
			}
			require.Equal(t, parts, g.Parts)
			for state, d := range states {
				require.InDelta(t, float64(d), float64(got[state]), float64(len(g.Line)), "%v goroutine %d %v", trace, id, state) // moments differ by a nanosecond
			}
		}
	}
	data, err := recorded.All()[0].Bytes()
	require.NoError(t, err)
	report, err := Analyze(context.Background(), bytes.NewReader(data), WithGoroutine(1<<40))
	require.NoError(t, err)
	require.Nil(t, report.Goroutine)
}

func stateOf(p GoroutinePiece) exptrace.GoState {
	switch {
	case p.What != "", p.Dimension == detectors.DimChannel: // a coroutine gives no reason, but waits for another one
		return exptrace.GoWaiting
	case p.Dimension == detectors.DimSyscall:
		return exptrace.GoSyscall
	case p.Dimension.WaitsForP():
		return exptrace.GoRunnable
	default:
		return exptrace.GoRunning
	}
}

// statesOf sums up how long goroutines were in each state, where beginning and end are in the trace, as the reference
// reads it. Goroutines with an assist are left out: their line tells more.
func statesOf(t *testing.T, data []byte) map[exptrace.GoID]map[exptrace.GoState]time.Duration {
	t.Helper()
	r, err := exptrace.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	type since struct {
		state exptrace.GoState
		at    exptrace.Time
	}
	all, now := make(map[exptrace.GoID]map[exptrace.GoState]time.Duration), make(map[exptrace.GoID]since)
	assists := make(map[exptrace.GoID]bool)
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch ev.Kind() {
		case exptrace.EventRangeBegin, exptrace.EventRangeActive:
			if ev.Range().Name == "GC mark assist" {
				assists[ev.Goroutine()] = true
			}
		case exptrace.EventStateTransition:
			st := ev.StateTransition()
			if st.Resource.Kind != exptrace.ResourceGoroutine {
				continue
			}
			id := st.Resource.Goroutine()
			from, to := st.Goroutine()
			if from == to {
				continue
			}
			if all[id] == nil {
				all[id] = make(map[exptrace.GoState]time.Duration)
			}
			if s, ok := now[id]; ok && from != exptrace.GoUndetermined {
				all[id][s.state] += ev.Time().Sub(s.at)
			}
			delete(now, id)
			if from != exptrace.GoUndetermined && to != exptrace.GoNotExist {
				now[id] = since{to, ev.Time()}
			}
		}
	}
	for id := range assists {
		delete(all, id)
	}
	delete(all, exptrace.NoGoroutine)
	return all
}

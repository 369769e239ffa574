package tracewatch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// judged is what was said of one window, in words.
type judged struct {
	found    []string // the anomalies
	quality  []string // theirs
	verdicts []string // one for each detector
}

// judges feeds generations to an engine, which is without limits on how many anomalies are
// reported: those of several detectors would come in each other's way. It returns what was
// said of each window. Names are those under which ids are written.
func judges(t *testing.T, e *engine, raws []wire.Raw, names tracegen.Names) (all []judged) {
	t.Helper()
	for _, raw := range raws {
		e.limit = newLimiter(0)
		anomalies, err := e.feed(raw)
		require.NoError(t, err)
		var j judged
		for _, a := range anomalies {
			j.found = append(j.found, inWords(t, a, names))
			j.quality = append(j.quality, fmt.Sprintf("%+v", a.Quality))
			a.release()
		}
		for _, v := range e.verdicts() {
			j.verdicts = append(j.verdicts, fmt.Sprintf("%s off=%v %+v", v.Kind, v.Off, v.Verdict))
		}
		all = append(all, j)
	}
	return all
}

// engineOf returns an engine with the given detectors.
func engineOf(t *testing.T, ds ...detectors.Detector) *engine {
	t.Helper()
	cfg, err := newConfig([]Option{WithDetectors(ds...)})
	require.NoError(t, err)
	e, err := newEngine(cfg)
	require.NoError(t, err)
	return e
}

// follow are the default detectors of what is there: a gap before a trace is in none of what is
// compared, and a loss that a watch tells of again is found only once.
func follow() []detectors.Detector {
	return slices.DeleteFunc(detectors.Default(), func(d detectors.Detector) bool { return d.Spec().Kind == "trace-gap" })
}

// inWords writes down all there is of an anomaly but its quality, ids under other names.
func inWords(t *testing.T, a *Anomaly, names tracegen.Names) string {
	t.Helper()
	rename := func(to func(uint64) uint64, id uint64) uint64 {
		if to == nil {
			return id
		}
		return to(id)
	}
	b := &Anomaly{
		Kind: a.Kind, Severity: a.Severity, Start: a.Start, End: a.End, TraceStart: a.TraceStart, TraceEnd: a.TraceEnd,
		Site: a.Site, Summary: a.Summary, Why: a.Why, Advice: a.Advice, Evidence: a.Evidence,
	}
	b.Evidence.Goroutines = slices.Clone(a.Evidence.Goroutines)
	for i := range b.Evidence.Goroutines {
		g := &b.Evidence.Goroutines[i]
		g.ID = detectors.GoID(rename(names.Goroutine, uint64(g.ID)))
		g.Proc = detectors.ProcID(rename(names.Proc, uint64(g.Proc)))
	}
	b.Evidence.Measures = slices.Clone(a.Evidence.Measures)
	for i := range b.Evidence.Measures {
		if m := &b.Evidence.Measures[i]; m.Name == "P with the longest P99" {
			m.Value = float64(rename(names.Proc, uint64(m.Value)))
		}
	}
	rows := make(map[uint64][]detectors.HeatCell) // by P: how many empty ones there are depends on the names
	if h := a.Evidence.HeatMap; h != nil {
		for p, row := range h.Procs {
			if len(row) > 0 {
				rows[rename(names.Proc, uint64(p))] = row
			}
		}
		b.Evidence.HeatMap = &detectors.HeatMap{Start: h.Start}
	}
	text, err := json.Marshal(b)
	require.NoError(t, err)
	return fmt.Sprintf("%s %v", text, rows)
}

// requireSameJudged compares what was said window by window, and returns how many anomalies
// were the same.
func requireSameJudged(t *testing.T, want, got []judged, name string) (anomalies int) {
	t.Helper()
	require.Len(t, got, len(want), name)
	for i := range want {
		where := fmt.Sprintf("%s: window %d", name, i)
		requireSame(t, want[i].found, got[i].found, where)
		requireSame(t, want[i].quality, got[i].quality, where+": quality")
		requireSame(t, want[i].verdicts, got[i].verdicts, where+": verdicts")
		anomalies += len(want[i].found)
	}
	return anomalies
}

// judgedTraces are traces in which every default detector finds something, and silent ones.
// Their names say which.
func judgedTraces() map[string][]byte {
	traces := make(map[string][]byte)
	for _, v := range versions {
		traces[fmt.Sprintf("troubled go1.%d", v)] = troubled{version: v}.play()
		traces[fmt.Sprintf("silent healthy go1.%d", v)] = troubled{version: v, healthy: true}.play()
		traces[fmt.Sprintf("silent service go1.%d", v)] = tracegen.Service(1, tracegen.Shape{Version: v, Distinct: true, Events: 20_000})
	}
	return traces
}

// tally is how much was compared.
type tally struct{ traces, silent, anomalies int }

// add counts a trace. One that is to be silent must be, and others must not.
func (c *tally) add(t *testing.T, name string, anomalies int) {
	t.Helper()
	c.traces++
	c.anomalies += anomalies
	if anomalies == 0 {
		c.silent++
	}
	require.Equal(t, strings.HasPrefix(name, "silent"), anomalies == 0, "%s: %d anomalies", name, anomalies)
}

// done says how much was compared.
func (c *tally) done(t *testing.T, what string) {
	t.Helper()
	t.Logf("%s: %d anomalies in %d traces were the same, and %d traces were silent", what, c.anomalies, c.traces-c.silent, c.silent)
	require.NotZero(t, c.anomalies)
	require.NotZero(t, c.silent)
}

// TestTroubled: every kind of anomaly that the default detectors know is found again and again, or
// else what the tests compare would be less than they say. In all versions, that is: what those
// before Go 1.25 do not say of the clocks, the watch's readings do.
func TestTroubled(t *testing.T) {
	for _, v := range versions {
		data := troubled{version: v}.play()
		found := make(map[string]int)
		e := engineOf(t, detectors.Default()...)
		for _, raw := range split(t, data) {
			e.limit = newLimiter(0)
			anomalies, err := e.feed(raw)
			require.NoError(t, err)
			countFound(found, anomalies)
		}
		reported := make(map[string]int)
		report, err := Analyze(context.Background(), bytes.NewReader(data))
		require.NoError(t, err)
		countFound(reported, report.Anomalies)
		for _, kind := range []string{
			"sched-delay at main.crunch", "gc-assist at main.build", "netpoll-block at main.(*store).query",
			"preempt-failure at main.crunch", "preempt-rate at main.crunch", "goroutine-leak at main.(*server).handle",
			"timer-storm at main.job", "lock-contention at main.(*cache).load", "stop-the-world at main.checksum",
			"cpu-throttled at unknown", "clock-drift at unknown", "trace-gap at unknown",
		} {
			require.GreaterOrEqual(t, found[kind], 2, "go1.%d: %s", v, kind)
			require.Contains(t, reported, kind, "go1.%d", v)
			delete(found, kind)
		}
		require.Empty(t, found, "go1.%d", v)
	}
}

// countFound counts anomalies by kind and place.
func countFound(by map[string]int, anomalies []*Anomaly) {
	for _, a := range anomalies {
		by[a.Kind+" at "+a.Site.String()]++
	}
}

package tracewatch

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestEveryKindIsExplained: of a program in which all goes wrong, each anomaly is explained before
// the callback, or says why not.
func TestEveryKindIsExplained(t *testing.T) {
	data := troubled{version: wire.Go126}.play()
	explained := make(map[string]int)
	read := func(data []byte) (all []string) {
		report, err := Analyze(t.Context(), bytes.NewReader(data), OnAnomaly(func(_ context.Context, a *Anomaly) {
			x := a.Explanation()
			if x.Missing == "" {
				explained[a.Kind]++
				var sum time.Duration
				for _, l := range x.Chain {
					sum += l.Total
					requireWhole(t, l)
				}
				require.Equal(t, x.To.Sub(x.From), sum, a.Kind)
				require.GreaterOrEqual(t, x.To.Sub(x.From), a.Evidence.Goroutines[0].Duration/2, a.Kind)
			} else {
				require.Empty(t, a.Evidence.Goroutines, "%s: %s", a.Kind, x.Missing)
			}
			all = append(all, a.Kind+": "+x.Sentence())
		}))
		require.NoError(t, err)
		require.NotEmpty(t, report.Anomalies)
		return all
	}
	all := read(data)
	t.Log(all)
	for _, kind := range []string{"sched-delay", "gc-assist", "netpoll-block", "preempt-rate", "preempt-failure", "goroutine-leak", "timer-storm", "lock-contention", "stop-the-world"} {
		require.Positive(t, explained[kind], kind)
	}
	for _, kind := range []string{"cpu-throttled", "clock-drift", "trace-gap"} {
		require.Zero(t, explained[kind], kind)
	}
}

// requireWhole holds that what is behind a wait is all of it.
func requireWhole(t *testing.T, l *detectors.Link) {
	t.Helper()
	if len(l.Behind) == 0 {
		return
	}
	var sum time.Duration
	for _, b := range l.Behind {
		sum += b.Total
		requireWhole(t, b)
	}
	require.Equal(t, l.Total, sum)
}

func TestMissingExplanations(t *testing.T) {
	a := &Anomaly{Kind: "lock-contention"}
	require.Contains(t, a.Explanation().Missing, "not yet")
	require.Equal(t, "not explained: "+a.Explanation().Missing, a.Explanation().Sentence())
	text, err := json.Marshal(a)
	require.NoError(t, err)
	require.Contains(t, string(text), `"explanation":{"missing":"not yet`)

	log := newConfigOf(t).log
	a.explain(log)
	require.Contains(t, a.Explanation().Missing, "its trace is not in memory")

	broken := tracegen.Random(1, tracegen.Shape{Version: wire.Go126, Events: 100})
	a.trace.gens = gensOf(t, broken)
	a.explain(log)
	require.Contains(t, a.Explanation().Missing, "no goroutine stands for it")

	a.Evidence.Goroutines = []detectors.GoroutineEvidence{{ID: 1 << 40, Duration: time.Second}}
	a.explain(log)
	require.Contains(t, a.Explanation().Missing, "tells nothing of goroutine 1099511627776")

	a.trace.gens[0].Raw.Data = a.trace.gens[0].Raw.Data[:len(a.trace.gens[0].Raw.Data)/2]
	a.Evidence.Goroutines[0].Duration = 1 << 62
	a.explain(log)
	require.Contains(t, a.Explanation().Missing, "its trace cannot be read again: ")

	d := newDispatcher(newConfigOf(t), nil)
	d.drop(a)
	require.Contains(t, a.Explanation().Missing, "too slow")
}

// TestOldAnomaliesSayWhy: a trace of the first format can only be read as a whole.
func TestOldAnomaliesSayWhy(t *testing.T) {
	old := oldgen.Random(1, oldgen.Shape{Version: 21, Events: 100})
	a := &Anomaly{}
	a.trace.gens = gensOf(t, tracegen.Random(1, tracegen.Shape{Version: wire.Go126, Events: 100}))
	v, _ := wire.ParseHeader(old[:wire.HeaderSize])
	a.trace.gens[0].Raw.Version = v
	a.explain(newConfigOf(t).log)
	require.Contains(t, a.Explanation().Missing, "Go 1.21 or older")
}

func newConfigOf(t *testing.T) *config {
	t.Helper()
	cfg, err := newConfig(nil)
	require.NoError(t, err)
	return cfg
}

func gensOf(t *testing.T, data []byte) (gens []explain.Generation) {
	t.Helper()
	for _, raw := range split(t, data) {
		gens = append(gens, explain.Generation{Raw: raw, End: 1 << 62})
	}
	return gens
}

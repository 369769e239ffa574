package tracewatch_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// quantile is one whose parts are all at a place in a function of the same name.
func quantile(parts map[detectors.Dimension]time.Duration) (q detectors.Quantile) {
	for d, part := range parts {
		q.Parts[d] = part
		q.Value += part
		q.Sites = append(q.Sites, detectors.SitePart{Dimension: d, Site: detectors.Site{Func: "main." + d.String(), Line: int(part)}, Part: part})
	}
	return q
}

const ms = time.Millisecond

func TestCompare(t *testing.T) {
	before := &tracewatch.Report{
		Requests: []detectors.Request{
			{Name: "GET /a", Count: 1000, P50: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: 2 * ms}),
				P99: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: 4 * ms, detectors.DimLock: 6 * ms})},
			{Name: "GET /b", Count: 1000, P99: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: 5 * ms})},
			{Name: "parse", Region: true, Count: 1000},
			{Name: "gone", Count: 5},
		},
		Uses: []tracewatch.ProcUse{{Site: detectors.Site{Func: "main.a"}, Share: 0.3}, {Site: detectors.Site{Func: "main.b"}, Share: 0.05}},
	}
	after := &tracewatch.Report{
		Requests: []detectors.Request{
			{Name: "GET /b", Count: 900, P99: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: 6 * ms})},
			{Name: "GET /a", Count: 800, P50: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: 3 * ms}),
				P99: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: 3 * ms, detectors.DimLock: 386 * ms, detectors.DimNetwork: 18 * ms, detectors.DimUnknown: 3 * ms}),
				Slowest: []detectors.SlowRequest{{Chain: []*detectors.Link{{
					Dimension: detectors.DimLock, What: "mutex", Site: detectors.Site{Func: "main.lock"}, Total: 400 * ms, Count: 1, Goroutines: []detectors.GoID{7}, NumGoroutines: 1,
					Enders: []detectors.Ender{{Goroutine: 9, Site: detectors.Site{Func: "main.load"}}}, NumEnders: 1,
					Behind: []*detectors.Link{{Dimension: detectors.DimSleep, Site: detectors.Site{Func: "main.load"}, Total: 400 * ms, Count: 1, Goroutines: []detectors.GoID{9}, NumGoroutines: 1}},
				}}}}},
			{Name: "parse", Count: 10}, // a task of a region's name is something else
		},
		Uses: []tracewatch.ProcUse{{Site: detectors.Site{Func: "main.c"}, Share: 0.5}, {Site: detectors.Site{Func: "main.a"}, Share: 0.2}},
	}
	c := tracewatch.Compare(before, after)

	require.Len(t, c.Requests, 2)
	a, b := c.Requests[0], c.Requests[1]
	require.Equal(t, "GET /a", a.Name)
	require.Equal(t, "GET /b", b.Name)
	require.EqualValues(t, 1000, a.CountBefore)
	require.EqualValues(t, 800, a.CountAfter)
	require.Equal(t, 1*ms, a.P50.Change)
	require.Equal(t, 400*ms, a.P99.Change)
	require.Equal(t, 400*ms, a.P99.Parts.Sum(), "the parts are the change")
	require.Equal(t, detectors.Parts{detectors.DimUnknown: 3 * ms, detectors.DimRunning: -1 * ms, detectors.DimLock: 380 * ms, detectors.DimNetwork: 18 * ms}, a.P99.Parts)
	require.Equal(t, 3*ms, a.P99.Unexplained)
	require.Equal(t, detectors.DimLock, a.P99.Largest())
	require.InDelta(t, 0.95, a.P99.Share(detectors.DimLock), 1e-9)
	require.Equal(t, []detectors.SitePart{
		{Dimension: detectors.DimLock, Site: detectors.Site{Func: "main.lock", Line: int(386 * ms)}, Part: 380 * ms},
		{Dimension: detectors.DimNetwork, Site: detectors.Site{Func: "main.network", Line: int(18 * ms)}, Part: 18 * ms},
		{Dimension: detectors.DimUnknown, Site: detectors.Site{Func: "main.unknown", Line: int(3 * ms)}, Part: 3 * ms},
		{Dimension: detectors.DimRunning, Site: detectors.Site{Func: "main.running", Line: int(3 * ms)}, Part: -1 * ms},
	}, a.P99.Sites, "places by their function: lines move")
	require.Equal(t, []string{"gone", "parse"}, c.OnlyBefore)
	require.Equal(t, []string{"parse"}, c.OnlyAfter)
	require.Equal(t, []tracewatch.UseChange{
		{Site: detectors.Site{Func: "main.c"}, After: 0.5},
		{Site: detectors.Site{Func: "main.a"}, Before: 0.3, After: 0.2},
		{Site: detectors.Site{Func: "main.b"}, Before: 0.05},
	}, c.Uses)

	v := c.Verdict
	require.Equal(t, "GET /a", v.Request)
	require.Equal(t, 400*ms, v.Change)
	require.Equal(t, detectors.DimLock, v.Dimension)
	require.InDelta(t, 0.95, v.Share, 1e-9)
	require.Equal(t, "main.lock", v.Site.Func)
	require.Equal(t, after.Requests[1].Slowest[0].Chain, v.Chain)
	require.Equal(t, "the P99 of GET /a rose from 10 ms to 410 ms: 95% of that is waiting for a mutex, in main.lock; "+
		"one of the slowest: goroutine 7 waited 400 ms for the mutex taken in main.lock ← held by goroutine 9 in main.load, which slept 400 ms in main.load; "+
		"1% is not explained", v.Sentence)

	text, err := json.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(text), `"parts_ns":{"lock":380000000,"network":18000000,"running":-1000000,"unknown":3000000}`)
}

// TestComparePs: of a wait for a P, at fault is who uses the Ps more than before.
func TestComparePs(t *testing.T) {
	one := func(p99 detectors.Quantile, uses ...tracewatch.ProcUse) *tracewatch.Report {
		return &tracewatch.Report{Requests: []detectors.Request{{Name: "r", Count: 100, P99: p99}}, Uses: uses}
	}
	before := one(quantile(map[detectors.Dimension]time.Duration{detectors.DimRunnable: ms, detectors.DimRunning: ms}),
		tracewatch.ProcUse{Site: detectors.Site{Func: "main.old"}, Share: 0.4}, tracewatch.ProcUse{Site: detectors.Site{Func: "main.hash"}, Share: 0.02})
	after := one(quantile(map[detectors.Dimension]time.Duration{detectors.DimRunnable: 80 * ms, detectors.DimRunning: ms, detectors.DimSleep: 20 * ms}),
		tracewatch.ProcUse{Site: detectors.Site{Func: "main.hash"}, Share: 0.9})
	c := tracewatch.Compare(before, after)
	require.Equal(t, "main.hash", c.Verdict.Site.Func)
	require.Equal(t, "the P99 of r rose from 2 ms to 101 ms: 80% of that is waiting for a P, in main.runnable; main.hash now uses 90% of the Ps, before 2%; "+
		"20% is sleeping (20 ms); 0% is not explained", c.Verdict.Sentence)

	c = tracewatch.Compare(after, before)
	require.Equal(t, "main.hash", c.Verdict.Site.Func)
	require.True(t, strings.HasPrefix(c.Verdict.Sentence, "the P99 of r fell from 101 ms to 2 ms: 80% of that is waiting for a P"), c.Verdict.Sentence)
}

func TestCompareNothing(t *testing.T) {
	none := new(tracewatch.Report)
	few := &tracewatch.Report{Requests: []detectors.Request{{Name: "r", Count: 3}}}
	same := &tracewatch.Report{Requests: []detectors.Request{{Name: "r", Count: 100, P99: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: 5 * ms})}}}
	require.Contains(t, tracewatch.Compare(none, none).Verdict.Sentence, "nothing can be compared: no task or region has the same name in both")
	require.Contains(t, tracewatch.Compare(few, few).Verdict.Sentence, "no task or region has 20 requests in both")
	require.Equal(t, "nothing changed: what changed most is the P99 of r, from 5 ms to 5 ms", tracewatch.Compare(same, same).Verdict.Sentence)
}

// TestCompareQueued: how long requests had to wait before they began counts where it is known both times,
// of enough of them.
func TestCompareQueued(t *testing.T) {
	one := func(queued uint64, d time.Duration) *tracewatch.Report {
		q := quantile(map[detectors.Dimension]time.Duration{detectors.DimNetworkQueue: d})
		same := quantile(map[detectors.Dimension]time.Duration{detectors.DimRunning: ms})
		return &tracewatch.Report{Requests: []detectors.Request{{Name: "r", Count: 100, P99: same, Queued: detectors.Queued{Count: queued, P99: q}}}}
	}
	c := tracewatch.Compare(one(100, ms), one(100, 50*ms))
	require.True(t, c.Verdict.Queued)
	require.Equal(t, 49*ms, c.Verdict.Change)
	require.Equal(t, "the P99 of how long r had to wait before it began rose from 1 ms to 50 ms: 100% of that is waiting for a P with the network's answer there, in main.network_queue; 0% is not explained", c.Verdict.Sentence)
	for _, unknown := range []*tracewatch.Comparison{
		tracewatch.Compare(one(0, 0), one(100, 50*ms)), tracewatch.Compare(one(100, ms), one(19, 50*ms)),
	} {
		require.Zero(t, unknown.Requests[0].Queued)
		require.Equal(t, "nothing changed: what changed most is the P99 of r, from 1 ms to 1 ms", unknown.Verdict.Sentence)
	}
}

// TestCompareUses: who uses hardly more of the Ps than before is not at fault, nor who was not seen.
func TestCompareUses(t *testing.T) {
	one := func(runnable time.Duration, share float64) *tracewatch.Report {
		r := &tracewatch.Report{Requests: []detectors.Request{{Name: "r", Count: 100, P99: quantile(map[detectors.Dimension]time.Duration{detectors.DimRunnable: runnable})}}}
		if share > 0 {
			r.Uses = []tracewatch.ProcUse{{Site: detectors.Site{Func: "main.x"}, Share: share}}
		}
		return r
	}
	for _, c := range []*tracewatch.Comparison{tracewatch.Compare(one(ms, 0.3), one(80*ms, 0.301)), tracewatch.Compare(one(ms, 0), one(80*ms, 0.9))} {
		require.Equal(t, "main.runnable", c.Verdict.Site.Func)
		require.Equal(t, "the P99 of r rose from 1 ms to 80 ms: 100% of that is waiting for a P, in main.runnable; 0% is not explained", c.Verdict.Sentence)
	}
	require.Empty(t, tracewatch.Compare(nil, one(ms, 0)).Requests)
}

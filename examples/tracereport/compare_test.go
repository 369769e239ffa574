package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

func TestCompare(t *testing.T) {
	before, after := annotated(t, "1.25"), annotated(t, "1.27")
	o := start(nil, before, after)
	require.NotEqual(t, statusBroken, o.status, o.errors)
	for _, part := range []string{before + ": format of Go 1.25", after + ": format of Go 1.26", "── query ──", "── parse (region) ──", "P99", "before"} {
		require.Contains(t, o.out, part)
	}
	j := start(nil, "-json", before, after)
	require.Equal(t, o.status, j.status)
	d := decode(t, j.out)
	require.Equal(t, before, d.Before.File)
	require.Equal(t, after, d.After.File)
	require.NotZero(t, d.Before.Totals.SchedDelay.Count)
	require.NotEmpty(t, d.After.Requests)
	verdict := d.Comparison["verdict"].(map[string]any)
	require.Contains(t, o.out, verdict["sentence"])

	o = start(nil, before, before)
	require.Equal(t, statusFine, o.status)
	require.Contains(t, o.out, "nothing changed")

	require.Equal(t, statusFound, start(nil, before, after).status, "query is slower")
	require.Equal(t, statusFine, start(nil, after, before).status)
}

// TestSlower: a comparison is a finding if it names what became slower.
func TestSlower(t *testing.T) {
	report := func(p99 time.Duration, anomalies ...*tracewatch.Anomaly) *reading {
		q := detectors.Quantile{Value: p99, Parts: detectors.Parts{detectors.DimLock: p99}}
		return &reading{file: "x", report: &tracewatch.Report{
			Anomalies: anomalies,
			Requests:  []detectors.Request{{Name: "GET /", Count: 100, P50: q, P99: q}, {Name: "\x1b[31mPUT", Count: 1, P50: q, P99: q}},
		}}
	}
	for _, c := range []struct {
		before, after *reading
		want          int
	}{
		{report(1e6), report(9e6), statusFound},
		{report(9e6), report(1e6), statusFine},
		{report(1e6), report(1.05e6), statusFine},
		{report(1e6), report(1e6), statusFine},
		{report(9e6), report(1e6, &tracewatch.Anomaly{Kind: "leak"}), statusFound},
		{report(9e6, &tracewatch.Anomaly{Kind: "leak"}), report(1e6), statusFine},
	} {
		f := judge(&options{}, []*reading{c.before, c.after})
		require.Equal(t, c.want, f.status())
		for _, width := range []int{0, 30, 100} {
			p := page{width: width, color: width > 0}
			p.all(&options{}, f)
			check(t, p.String(), width)
			require.Contains(t, p.String(), "GET /")
		}
	}
}

package main

import (
	"context"
	"os"
	"reflect"
	"slices"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// differs reads an anomaly's dump and says in what the reading does not agree with it: nothing, if
// the same kind is found at the same site in the same interval with the same summary and the same
// explanation.
func differs(ctx context.Context, a *tracewatch.Anomaly) []string {
	f, err := os.Open(a.Dump())
	if err != nil {
		return []string{err.Error()}
	}
	defer f.Close()
	rep, err := tracewatch.Analyze(ctx, f, tracewatch.WithCooldown(0))
	if err != nil {
		return []string{err.Error()}
	}
	best := []string{"kind"}
	for _, b := range rep.Anomalies {
		if b.Kind != a.Kind {
			continue
		}
		var d []string
		if b.Site != a.Site {
			d = append(d, "site")
		}
		if b.TraceStart != a.TraceStart || b.TraceEnd != a.TraceEnd {
			d = append(d, "interval")
		}
		if b.Summary != a.Summary {
			d = append(d, "summary")
		}
		if !reflect.DeepEqual(b.Explanation(), a.Explanation()) {
			d = append(d, "explanation")
		}
		if slices.Equal(best, []string{"kind"}) || len(d) < len(best) {
			best = d
		}
	}
	return best
}

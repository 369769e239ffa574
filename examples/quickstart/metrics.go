package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// printMetrics collects once and prints each value on a line.
func printMetrics(ctx context.Context, r *metric.ManualReader, w io.Writer) error {
	var all metricdata.ResourceMetrics
	if err := r.Collect(ctx, &all); err != nil {
		return fmt.Errorf("collecting metrics: %w", err)
	}
	fmt.Fprintf(w, "\n── metrics ──\n")
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				points(w, m, data.DataPoints)
			case metricdata.Sum[float64]:
				points(w, m, data.DataPoints)
			case metricdata.Gauge[int64]:
				points(w, m, data.DataPoints)
			case metricdata.Gauge[float64]:
				points(w, m, data.DataPoints)
			}
		}
	}
	return nil
}

func points[N int64 | float64](w io.Writer, m metricdata.Metrics, ps []metricdata.DataPoint[N]) {
	for _, p := range ps {
		fmt.Fprintf(w, "%-60s %v %s\n", m.Name+labels(p.Attributes), p.Value, m.Unit)
	}
}

func labels(set attribute.Set) string {
	if set.Len() == 0 {
		return ""
	}
	var parts []string
	for iter := set.Iter(); iter.Next(); {
		kv := iter.Attribute()
		parts = append(parts, fmt.Sprintf("%s=%q", kv.Key, kv.Value.String()))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// printMetrics writes the metrics of a report in the text format of Prometheus, under the names that the
// exporter of OpenTelemetry gives them.
func printMetrics(ctx context.Context, w io.Writer, r *tracewatch.Report) error {
	reader := metric.NewManualReader()
	release, err := r.Metrics(metric.NewMeterProvider(metric.WithReader(reader)))
	if err != nil {
		return err
	}
	var data metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &data); err != nil {
		return err
	}
	if err := release(); err != nil {
		return err
	}
	var families []family
	for _, scope := range data.ScopeMetrics {
		for _, m := range scope.Metrics {
			f, err := familyOf(m)
			if err != nil {
				return err
			}
			families = append(families, f)
		}
	}
	_, err = io.WriteString(w, exposition(families))
	return err
}

// family is a metric with its series.
type family struct {
	name, help, kind string // kind is "counter" or "gauge"
	series           []series
}

// series is a value with its labels.
type series struct {
	labels map[string]string
	value  float64
}

func familyOf(m metricdata.Metrics) (family, error) {
	f := family{help: m.Description, kind: "gauge"}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		f.series, f.kind = seriesOf(data.DataPoints), sumKind(data.IsMonotonic)
	case metricdata.Sum[float64]:
		f.series, f.kind = seriesOf(data.DataPoints), sumKind(data.IsMonotonic)
	case metricdata.Gauge[int64]:
		f.series = seriesOf(data.DataPoints)
	case metricdata.Gauge[float64]:
		f.series = seriesOf(data.DataPoints)
	default:
		return f, fmt.Errorf("the metric %s is a %T, which has no form in this format yet", m.Name, m.Data)
	}
	f.name = promName(m.Name, m.Unit, f.kind)
	return f, nil
}

func sumKind(monotonic bool) string {
	if monotonic {
		return "counter"
	}
	return "gauge"
}

func seriesOf[N int64 | float64](points []metricdata.DataPoint[N]) (all []series) {
	for _, p := range points {
		labels := make(map[string]string)
		for _, kv := range p.Attributes.ToSlice() {
			labels[labelName(kv.Key)] = kv.Value.String()
		}
		all = append(all, series{labels, float64(p.Value)})
	}
	return all
}

// promName is the name that OpenTelemetry's specification gives a metric in Prometheus: with the unit, and what
// a counter ends in.
func promName(name, unit, kind string) string {
	name = underscored(name)
	suffix := map[string]string{"s": "seconds", "ms": "milliseconds", "By": "bytes"}[unit]
	if unit == "1" && kind == "gauge" {
		suffix = "ratio"
	}
	if suffix != "" && !strings.HasSuffix(name, "_"+suffix) {
		name += "_" + suffix
	}
	if kind == "counter" {
		name = strings.TrimSuffix(name, "_total") + "_total"
	}
	return name
}

func labelName(key attribute.Key) string { return underscored(string(key)) }

// underscored writes what Prometheus does not have in names as underscores.
func underscored(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '_'
	}, name)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return name
}

// exposition writes families in Prometheus's text format, version 0.0.4.
func exposition(families []family) string {
	slices.SortFunc(families, func(a, b family) int { return cmp.Compare(a.name, b.name) })
	var b strings.Builder
	for _, f := range families {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", f.name, escape(f.help, false), f.name, f.kind)
		var lines []string
		for _, s := range f.series {
			lines = append(lines, f.name+labelsText(s.labels)+" "+valueText(s.value)+"\n")
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	return b.String()
}

func labelsText(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, name+`="`+escape(labels[name], true)+`"`)
	}
	return "{" + strings.Join(all, ",") + "}"
}

// escape writes a text as one line, and without the quotes that end it if it is in some.
func escape(text string, quoted bool) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(text)
	if quoted {
		text = strings.ReplaceAll(text, `"`, `\"`)
	}
	return text
}

func valueText(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

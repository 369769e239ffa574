package main

import (
	"bufio"
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// parsed is what a strict reader of Prometheus's text format gets.
type parsed struct {
	help, kind map[string]string
	values     map[string]float64 // by name and labels, sorted
}

var (
	commentLine = regexp.MustCompile(`^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$`)
	sampleLine  = regexp.MustCompile(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)$`)
	oneLabel    = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"`)
	unescaper   = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\"`, `"`)
)

// parseExposition reads the format and takes nothing for granted.
func parseExposition(t *testing.T, text string) parsed {
	t.Helper()
	require.True(t, strings.HasSuffix(text, "\n"))
	p := parsed{map[string]string{}, map[string]string{}, map[string]float64{}}
	current := ""
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		line := s.Text()
		if m := commentLine.FindStringSubmatch(line); m != nil {
			into := p.help
			if m[1] == "TYPE" {
				into = p.kind
				require.Contains(t, []string{"counter", "gauge"}, m[3])
				require.Equal(t, current, m[2], "HELP comes first")
			}
			require.NotContains(t, into, m[2], "once")
			into[m[2]] = unescaper.Replace(m[3])
			current = m[2]
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		require.NotNil(t, m, line)
		require.Equal(t, current, m[1], "samples stand below their family")
		require.Contains(t, p.kind, m[1])
		var labels []string
		seen := make(map[string]bool)
		for _, l := range oneLabel.FindAllStringSubmatch(m[2], -1) {
			require.False(t, seen[l[1]], line)
			seen[l[1]] = true
			labels = append(labels, l[1]+"="+unescaper.Replace(l[2]))
		}
		require.True(t, slices.IsSorted(labels), line)
		v, err := strconv.ParseFloat(m[3], 64)
		require.NoError(t, err)
		key := m[1] + "{" + strings.Join(labels, ",") + "}"
		require.NotContains(t, p.values, key)
		p.values[key] = v
	}
	return p
}

// TestProm: the metrics are those that a watcher registers, with the report's numbers.
func TestProm(t *testing.T) {
	file := leak(t)
	o := start(nil, "-prom", file)
	require.Equal(t, statusFound, o.status)
	require.Empty(t, o.errors)
	p := parseExposition(t, o.out)
	var report struct{ Stats tracewatch.Stats }
	unmarshal(t, start(nil, "-json", file).out, &report)
	s := report.Stats
	for name, want := range map[string]float64{
		`tracewatch_anomalies_total{kind=goroutine-leak}`:         1,
		`tracewatch_watch_windows_total{}`:                        float64(s.Windows),
		`tracewatch_watch_events_total{}`:                         float64(s.Events),
		`tracewatch_watch_io_bytes_total{}`:                       float64(s.Bytes),
		`tracewatch_watch_coverage_ratio{}`:                       s.Coverage,
		`tracewatch_sched_delay_count_total{}`:                    float64(s.Delays.Sched.Count),
		`tracewatch_sched_delay_time_seconds_total{}`:             s.Delays.Sched.Sum.Seconds(),
		`tracewatch_sched_delay_quantile_seconds{quantile=0.99}`:  s.Delays.Sched.P99.Seconds(),
		`tracewatch_run_time_seconds_total{}`:                     s.Delays.Run.Sum.Seconds(),
		`tracewatch_watch_failures_total{what=detector_panic}`:    0,
		`tracewatch_netpoll_blocked{fd_type=tcp,state=in_flight}`: 0,
		`tracewatch_watch_lost_total{reason=broken}`:              0,
		`tracewatch_watch_cpu_utilization_ratio{}`:                s.WatchShare,
	} {
		require.Contains(t, p.values, name)
		require.InDelta(t, want, p.values[name], 1e-9, name)
	}
	require.Positive(t, p.values["tracewatch_goroutine_count{class=user}"])
	require.Equal(t, "counter", p.kind["tracewatch_block_time_seconds_total"])
	require.Equal(t, "gauge", p.kind["tracewatch_heap_live_bytes"])
}

// TestSameMetrics: a report and a running watcher register the same instruments.
func TestSameMetrics(t *testing.T) {
	families := func(register func(*metric.MeterProvider)) (names []string) {
		reader := metric.NewManualReader()
		register(metric.NewMeterProvider(metric.WithReader(reader)))
		var data metricdata.ResourceMetrics
		require.NoError(t, reader.Collect(t.Context(), &data))
		for _, scope := range data.ScopeMetrics {
			for _, m := range scope.Metrics {
				f, err := familyOf(m)
				require.NoError(t, err)
				names = append(names, scope.Scope.Name+" "+f.name+" "+f.kind+" "+f.help)
			}
		}
		return names
	}
	live := families(func(mp *metric.MeterProvider) {
		w, err := tracewatch.Start(t.Context(), tracewatch.WithMeterProvider(mp))
		require.NoError(t, err)
		t.Cleanup(func() { _ = w.Stop() })
	})
	data, _ := sample(t)
	report, err := tracewatch.Analyze(context.Background(), strings.NewReader(string(data)))
	require.NoError(t, err)
	release := func() error { return nil }
	ours := families(func(mp *metric.MeterProvider) {
		release, err = report.Metrics(mp)
		require.NoError(t, err)
	})
	// What has no series yet is not there: there were no anomalies and maybe no stops of the world.
	for _, name := range live {
		require.Contains(t, ours, name)
	}
	require.NoError(t, release())
	_, err = report.Metrics(nil)
	require.Error(t, err)
	require.NotEmpty(t, families(func(mp *metric.MeterProvider) {
		_, err := new(tracewatch.Report).Metrics(mp)
		require.NoError(t, err)
	}))
}

// TestExposition: what is in a name, a help or a label stays there.
func TestExposition(t *testing.T) {
	nasty := "a\\b\"c\nd} 1\n# TYPE x counter"
	text := exposition([]family{
		{"b_total", nasty, "counter", []series{{map[string]string{"x": nasty, "a": "ü"}, 1e6}, {nil, 0.25}}},
		{"a", "h", "gauge", []series{{nil, math.Inf(1)}, {map[string]string{"l": "\xff"}, math.NaN()}, {map[string]string{"m": ""}, math.Inf(-1)}}},
	})
	p := parseExposition(t, text)
	require.Equal(t, nasty, p.help["b_total"])
	require.Equal(t, 1e6, p.values["b_total{a=ü,x="+nasty+"}"])
	require.Equal(t, 0.25, p.values["b_total{}"])
	require.Equal(t, math.Inf(1), p.values["a{}"])
	require.Equal(t, math.Inf(-1), p.values["a{m=}"])
	require.True(t, math.IsNaN(p.values["a{l=\uFFFD}"]))
	require.True(t, strings.HasPrefix(text, "# HELP a h\n# TYPE a gauge\n"), "sorted")
}

func TestPromName(t *testing.T) {
	for _, c := range []struct{ name, unit, kind, want string }{
		{"tracewatch.sched.delay.time", "s", "counter", "tracewatch_sched_delay_time_seconds_total"},
		{"tracewatch.sched.delay.count", "{start}", "counter", "tracewatch_sched_delay_count_total"},
		{"tracewatch.heap.live", "By", "gauge", "tracewatch_heap_live_bytes"},
		{"tracewatch.watch.coverage", "1", "gauge", "tracewatch_watch_coverage_ratio"},
		{"already.total", "1", "counter", "already_total"},
		{"time.seconds", "s", "gauge", "time_seconds"},
		{"9-lives", "", "gauge", "_9_lives"},
	} {
		require.Equal(t, c.want, promName(c.name, c.unit, c.kind))
	}
}

package tracewatch_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// instruments is every metric with its unit and the attributes it may carry.
var instruments = map[string]struct {
	unit  string
	attrs []attribute.Key
}{
	"tracewatch.sched.delay.time":      {"s", nil},
	"tracewatch.sched.delay.count":     {"{start}", nil},
	"tracewatch.sched.delay.quantile":  {"s", []attribute.Key{"quantile"}},
	"tracewatch.gc.assist.time":        {"s", nil},
	"tracewatch.gc.assist.count":       {"{assist}", nil},
	"tracewatch.gc.assist.quantile":    {"s", []attribute.Key{"quantile"}},
	"tracewatch.run.time":              {"s", nil},
	"tracewatch.run.count":             {"{run}", nil},
	"tracewatch.run.quantile":          {"s", []attribute.Key{"quantile"}},
	"tracewatch.block.time":            {"s", []attribute.Key{"cause"}},
	"tracewatch.block.count":           {"{wait}", []attribute.Key{"cause"}},
	"tracewatch.netpoll.time":          {"s", []attribute.Key{"fd_type", "operation"}},
	"tracewatch.netpoll.count":         {"{wait}", []attribute.Key{"fd_type", "operation"}},
	"tracewatch.netpoll.blocked":       {"{goroutine}", []attribute.Key{"fd_type", "state"}},
	"tracewatch.stw.time":              {"s", []attribute.Key{"kind"}},
	"tracewatch.stw.count":             {"{stop}", []attribute.Key{"kind"}},
	"tracewatch.preemptions":           {"{preemption}", nil},
	"tracewatch.timer.wakeups":         {"{wakeup}", nil},
	"tracewatch.timer.goroutines":      {"{goroutine}", nil},
	"tracewatch.goroutine.created":     {"{goroutine}", nil},
	"tracewatch.goroutine.ended":       {"{goroutine}", nil},
	"tracewatch.goroutine.count":       {"{goroutine}", []attribute.Key{"class"}},
	"tracewatch.heap.live":             {"By", nil},
	"tracewatch.heap.goal":             {"By", nil},
	"tracewatch.anomalies":             {"{anomaly}", []attribute.Key{"kind"}},
	"tracewatch.watch.windows":         {"{window}", nil},
	"tracewatch.watch.events":          {"{event}", nil},
	"tracewatch.watch.io":              {"By", nil},
	"tracewatch.watch.lost":            {"{generation}", []attribute.Key{"reason"}},
	"tracewatch.watch.failures":        {"{failure}", []attribute.Key{"what"}},
	"tracewatch.watch.coverage":        {"1", nil},
	"tracewatch.watch.cpu.utilization": {"1", nil},
}

// TestMetrics collects from a running watcher through the SDK: every instrument is
// there, with its unit and no attribute but those above, while the watcher runs, and
// none after Stop.
func TestMetrics(t *testing.T) {
	reader := metric.NewManualReader()
	w, err := tracewatch.Start(t.Context(),
		tracewatch.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))),
		tracewatch.WithDetectors(&probe{kind: "every-window"}), tracewatch.WithCooldown(0))
	require.NoError(t, err)
	defer w.Stop()
	mutexes(t)
	runtime.GC()
	require.Eventually(t, func() bool {
		return w.Stats().Windows > 0 && w.Stats().Delays.Stop.Count > 0 && w.Stats().Anomalies["every-window"] > 0
	}, time.Minute, 10*time.Millisecond)

	got := collect(t, reader)
	for name, want := range instruments {
		m, ok := got[name]
		if name == "tracewatch.netpoll.time" || name == "tracewatch.netpoll.count" {
			continue // this test opens no connection; the fault tests do
		}
		require.True(t, ok, name)
		require.Equal(t, want.unit, m.Unit, name)
		require.NotEmpty(t, m.Description, name)
	}
	for name, m := range got {
		want, ok := instruments[name]
		require.True(t, ok, "%s is not in the table", name)
		for _, set := range attributes(t, m) {
			require.Equal(t, len(want.attrs), set.Len(), "%s %v", name, set.ToSlice())
			for _, k := range want.attrs {
				require.True(t, set.HasValue(k), "%s %s", name, k)
			}
		}
	}
	metricdatatest.AssertHasAttributes(t, got["tracewatch.anomalies"], attribute.String("kind", "every-window"))

	require.NoError(t, w.Stop())
	for _, m := range collect(t, reader) {
		require.Empty(t, attributes(t, m), "after Stop nothing is shown")
	}
}

// TestMetricsNeverBlock collects and asks for Stats all the time while the watcher
// analyses; the race detector looks on.
func TestMetricsNeverBlock(t *testing.T) {
	reader := metric.NewManualReader()
	w, err := tracewatch.Start(t.Context(), tracewatch.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			collect(t, reader)
			w.Stats()
			w.Verdicts()
			w.Anomalies()
			time.Sleep(time.Millisecond)
		}
	})
	wg.Wait()
	require.NoError(t, w.Stop())
}

// mutexes makes some goroutines wait for a lock.
func mutexes(t *testing.T) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			time.Sleep(time.Millisecond)
		})
	}
	wg.Wait()
}

func collect(t *testing.T, r *metric.ManualReader) map[string]metricdata.Metrics {
	t.Helper()
	var all metricdata.ResourceMetrics
	require.NoError(t, r.Collect(context.Background(), &all))
	got := make(map[string]metricdata.Metrics)
	for _, s := range all.ScopeMetrics {
		for _, m := range s.Metrics {
			got[m.Name] = m
		}
	}
	return got
}

func attributes(t *testing.T, m metricdata.Metrics) (sets []attribute.Set) {
	t.Helper()
	switch d := m.Data.(type) {
	case metricdata.Sum[int64]:
		require.True(t, d.IsMonotonic, m.Name)
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	case metricdata.Sum[float64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	case metricdata.Gauge[int64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	case metricdata.Gauge[float64]:
		for _, p := range d.DataPoints {
			sets = append(sets, p.Attributes)
		}
	default:
		t.Fatalf("%s is a %T", m.Name, m.Data)
	}
	return sets
}

package tracewatch_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// TestFaults lets each fault happen for real and asks for the whole chain: the watcher
// finds it, at the faulty function; the dump is on disk, for its owner only; reading
// the dump finds the same anomaly; the reference reads it too.
func TestFaults(t *testing.T) {
	kinds := map[shop.Fault][]string{
		shop.Sched:    {"sched-delay"},
		shop.GCAssist: {"gc-assist"},
		shop.Netpoll:  {"netpoll-block"},
		shop.Preempt:  {"preempt-failure", "preempt-rate"},
		shop.Leak:     {"goroutine-leak"},
	}
	for _, fault := range shop.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			dir := t.TempDir()
			found := make(chan *tracewatch.Anomaly, 100)
			w, err := tracewatch.Start(t.Context(),
				tracewatch.WithDumpDir(dir),
				tracewatch.WithCooldown(0),
				tracewatch.OnAnomaly(func(_ context.Context, a *tracewatch.Anomaly) {
					select {
					case found <- a:
					default:
					}
				}))
			require.NoError(t, err)
			defer func() { require.NoError(t, w.Stop()) }()
			s, err := shop.Start(t.Context(), fault)
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Stop()) }()

			a := await(t, found, w, kinds[fault], fault.Site())
			require.NotEmpty(t, a.Evidence.Measures)
			require.False(t, a.Start.IsZero())
			require.True(t, a.End.After(a.Start))
			checkExplanation(t, a, fault)
			checkDump(t, a)
			checkProfile(t, a, fault)
		})
	}
}

// await returns the first anomaly of one of the kinds at the site.
func await(t *testing.T, found <-chan *tracewatch.Anomaly, w *tracewatch.Watcher, kinds []string, site string) *tracewatch.Anomaly {
	t.Helper()
	patience := time.After(60 * time.Second)
	for {
		select {
		case a := <-found:
			t.Logf("%s at %s: %s", a.Kind, a.Site.Short(), a.Summary)
			for _, k := range kinds {
				if a.Kind == k && strings.HasPrefix(a.Site.Func, site) {
					return a
				}
			}
		case <-patience:
			t.Fatalf("no %v at %s within a minute; %+v", kinds, site, w.Verdicts())
		}
	}
}

// checkExplanation holds that an anomaly was explained before the callback, and by the fault.
func checkExplanation(t *testing.T, a *tracewatch.Anomaly, fault shop.Fault) {
	t.Helper()
	x := a.Explanation()
	require.Empty(t, x.Missing)
	t.Log(x.Sentence())
	var sum time.Duration
	for _, l := range x.Chain {
		sum += l.Total
	}
	require.Equal(t, x.To.Sub(x.From), sum)
	first := x.Chain[0]
	switch fault {
	case shop.Sched:
		require.NotNil(t, x.Instead)
		require.Equal(t, fault.Site(), x.Instead.Ran[0].Site.Func)
	case shop.GCAssist:
		require.Equal(t, detectors.DimAssist, first.Dimension)
	case shop.Netpoll:
		require.Equal(t, detectors.DimNetwork, first.Dimension)
		require.Equal(t, fault.Site(), first.Site.Func)
	case shop.Leak:
		require.True(t, first.Open)
		require.Equal(t, detectors.DimChannel, first.Dimension)
	case shop.Preempt:
		if a.Kind == "preempt-failure" {
			require.Equal(t, detectors.DimRunning, first.Dimension)
		} else {
			require.NotNil(t, x.Instead)
		}
	}
}

// checkProfile reads what was allocated, which lies beside the dump of a gc-assist.
func checkProfile(t *testing.T, a *tracewatch.Anomaly, fault shop.Fault) {
	t.Helper()
	if a.Kind != "gc-assist" {
		require.Empty(t, a.AllocProfile())
		return
	}
	require.Equal(t, strings.TrimSuffix(a.Dump(), ".trace")+".allocs.pb.gz", a.AllocProfile())
	f, err := os.Open(a.AllocProfile())
	require.NoError(t, err)
	defer f.Close()
	p, err := profile.Parse(f)
	require.NoError(t, err)
	bytes := int64(0)
	for _, s := range p.Sample {
		for _, l := range s.Location {
			for _, line := range l.Line {
				if line.Function.Name == fault.Site() {
					bytes += s.Value[1]
				}
			}
		}
	}
	require.Greater(t, bytes, int64(1<<20), "what the faulty function allocated")
}

// checkDump reads a dump and its description back.
func checkDump(t *testing.T, a *tracewatch.Anomaly) {
	t.Helper()
	name := a.Dump()
	require.NotEmpty(t, name)
	for _, f := range []string{name, strings.TrimSuffix(name, ".trace") + ".json"} {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), f)
	}
	description, err := os.ReadFile(strings.TrimSuffix(name, ".trace") + ".json")
	require.NoError(t, err)
	var described struct {
		Kind, Site, Summary, Dump string
		Explanation               struct{ Sentence string }
	}
	require.NoError(t, json.Unmarshal(description, &described))
	require.Equal(t, a.Kind, described.Kind)
	require.Equal(t, a.Site.Func, described.Site)
	require.Equal(t, filepath.Base(name), filepath.Base(described.Dump))
	require.Equal(t, a.Explanation().Sentence(), described.Explanation.Sentence)

	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	report, err := tracewatch.Analyze(t.Context(), f, tracewatch.WithCooldown(0))
	require.NoError(t, err)
	same := false
	for _, b := range report.Anomalies {
		if b.Kind == a.Kind && b.Site == a.Site && b.TraceEnd == a.TraceEnd {
			same = true
			require.Equal(t, a.Explanation(), b.Explanation())
		}
	}
	require.True(t, same, "the dump does not show the %s at %s that ends at %d; it shows %+v", a.Kind, a.Site.Short(), a.TraceEnd, report.Anomalies)

	_, err = f.Seek(0, 0)
	require.NoError(t, err)
	r, err := trace.NewReader(f)
	require.NoError(t, err)
	for {
		if _, err = r.ReadEvent(); err != nil {
			break
		}
	}
	require.EqualError(t, err, "EOF")
}

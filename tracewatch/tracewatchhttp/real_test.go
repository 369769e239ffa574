package tracewatchhttp

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// everyWindow is a detector that reports each.
type everyWindow struct{}

func (everyWindow) Spec() detectors.Spec {
	return detectors.Spec{Kind: "every-window", Doc: "reports every window"}
}

func (e everyWindow) New(*detectors.Code) (detectors.State, error) { return e, nil }
func (everyWindow) Observe(*detectors.Observation)                 {}

func (everyWindow) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	return []detectors.Finding{{Start: w.Start, End: w.End, Summary: "a window", Score: 1}}, detectors.Verdict{Applicable: true}
}

// TestWatcher asks a running watcher for everything, as a user would.
func TestWatcher(t *testing.T) {
	w, err := tracewatch.Start(t.Context(), tracewatch.WithMeterProvider(noop.NewMeterProvider()),
		tracewatch.WithDumpDir(t.TempDir()), tracewatch.WithDetectors(append(detectors.Default(), everyWindow{})...))
	require.NoError(t, err)
	defer w.Stop()
	stop := make(chan struct{})
	var workers sync.WaitGroup
	defer workers.Wait()
	defer close(stop)
	for range 4 {
		workers.Go(func() {
			for tick := time.NewTicker(time.Millisecond); ; {
				select {
				case <-tick.C:
				case <-stop:
					tick.Stop()
					return
				}
			}
		})
	}

	s := httptest.NewServer(mux("/debug/tracewatch/", Handler(w)))
	defer s.Close()
	url := s.URL + "/debug/tracewatch/"
	get := func(path string) (*http.Response, []byte) {
		resp, err := s.Client().Get(url + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp, body
	}
	document := func(path string, into any) {
		resp, body := get(path)
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", path, body)
		decodeInto(t, body, into)
	}

	var live Live
	for end := time.Now().Add(time.Minute); len(live.Strips) < 2 && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		document("live.json", &live)
	}
	require.GreaterOrEqual(t, len(live.Strips), 2)
	require.NotEmpty(t, live.Verdicts)
	require.Less(t, live.Health.MemoryFrom, live.Health.MemoryTo)
	require.Equal(t, "flight recorder", live.Health.Recorder)
	last := live.Strips[len(live.Strips)-1]
	document(fmt.Sprint("live.json?after=", last.Number), &live)
	var anomalies struct {
		Anomalies []struct {
			Number int    `json:"number"`
			Kind   string `json:"kind"`
			Dump   string `json:"dump"`
		} `json:"anomalies"`
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if document("anomalies.json", &anomalies); len(anomalies.Anomalies) > 0 && anomalies.Anomalies[len(anomalies.Anomalies)-1].Dump != "" {
			break
		}
	}
	first := anomalies.Anomalies[len(anomalies.Anomalies)-1]
	require.Equal(t, 1, first.Number)
	resp, dump := get("dump?anomaly=1")
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", dump)
	written, err := os.ReadFile(first.Dump)
	require.NoError(t, err)
	require.Equal(t, written, dump)
	resp, _ = get("dump?anomaly=1000")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	var recent map[string]any
	document("report.json", &recent)
	require.NotEmpty(t, recent["report"].(map[string]any)["places"])
	var cell map[string]any
	document(fmt.Sprintf("cell.json?proc=0&from=%d&to=%d", last.Start, last.Start.Add(time.Second/2)), &cell)
	require.NotNil(t, cell["explanation"])

	resp, trace := get("trace?seconds=1")
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", trace)
	require.EqualValues(t, len(trace), resp.ContentLength)
	resp, part := get(fmt.Sprintf("trace?from=%d&to=%d", last.Start, last.End))
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", part)
	file := filepath.Join(t.TempDir(), "part.trace")
	require.NoError(t, os.WriteFile(file, part, 0o600))
	command(t, "tool", "trace", "-pprof=sched", file)

	for _, kind := range tracewatch.ProfileKinds()[:3] {
		out := command(t, "tool", "pprof", "-top", "-symbolize=none", url+"profile?kind="+string(kind)+"&seconds=20")
		require.Contains(t, out, "flat%")
	}
	for _, picture := range []string{"heatmap.png?width=400&height=300", "heatmap.svg?dark=1"} {
		resp, body := get(picture)
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s", body)
	}

	// All that is the watch's work, and not the service's. (What this test reads itself, it reads after that.)
	rec, err := w.Recording(0)
	require.NoError(t, err)
	report, err := rec.Report(t.Context(), tracewatch.WithPlaces())
	require.NoError(t, err)
	for _, p := range report.Places {
		for _, ours := range []string{"tracewatchhttp.(*handler)", "internal/render.", "internal/timeline.", "internal/profiles."} {
			require.NotContains(t, p.Site.Func, ours)
		}
	}

	report, err = tracewatch.Analyze(t.Context(), bytes.NewReader(trace))
	require.NoError(t, err)
	require.Positive(t, report.Stats.Events)

	require.NoError(t, w.Stop())
	resp, _ = get("")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	document("live.json", &live)
	require.Equal(t, "stopped", live.Health.Recorder)
	require.Zero(t, live.Health.MemoryTo)
	for _, path := range []string{"trace", "profile?kind=sched", "cell.json?proc=0&from=1&to=2"} {
		resp, body := get(path)
		require.Equal(t, http.StatusGone, resp.StatusCode, "%s: %s", path, body)
	}
}

// command runs the go command and returns what it prints.
func command(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	out, err := cmd.Output()
	require.NoError(t, err, "%v: %s", args, out)
	return string(out)
}

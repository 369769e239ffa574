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

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// TestWatcher asks a running watcher for everything, as a user would.
func TestWatcher(t *testing.T) {
	w, err := tracewatch.Start(t.Context(), tracewatch.WithMeterProvider(noop.NewMeterProvider()))
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
	require.Less(t, live.MemoryFrom, live.MemoryTo)
	require.Equal(t, "flight recorder", live.Health.Recorder)
	last := live.Strips[len(live.Strips)-1]
	document(fmt.Sprint("live.json?after=", last.Number), &live)
	document("anomalies.json", &map[string]any{})
	var recent map[string]any
	document("report.json", &recent)
	require.NotEmpty(t, recent["report"].(map[string]any)["places"])
	var cell map[string]any
	document(fmt.Sprintf("cell.json?proc=0&from=%d&to=%d", last.Start, last.Start.Add(time.Second/2)), &cell)
	require.NotNil(t, cell["explanation"])

	resp, trace := get("trace?seconds=1")
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", trace)
	require.EqualValues(t, len(trace), resp.ContentLength)
	report, err := tracewatch.Analyze(t.Context(), bytes.NewReader(trace))
	require.NoError(t, err)
	require.Positive(t, report.Stats.Events)
	resp, part := get(fmt.Sprintf("trace?from=%d&to=%d", last.Start, last.End))
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", part)
	file := filepath.Join(t.TempDir(), "part.trace")
	require.NoError(t, os.WriteFile(file, part, 0o600))
	command(t, "tool", "trace", "-pprof=sched", file)

	for _, kind := range tracewatch.ProfileKinds()[:min(3, len(tracewatch.ProfileKinds()))] {
		out := command(t, "tool", "pprof", "-top", "-symbolize=none", url+"profile?kind="+string(kind)+"&seconds=20")
		require.Contains(t, out, "flat%")
	}
	for _, picture := range []string{"heatmap.png?width=400&height=300", "heatmap.svg?dark=1"} {
		resp, body := get(picture)
		require.Contains(t, []int{http.StatusOK, http.StatusInternalServerError}, resp.StatusCode, "%s", body)
	}

	require.NoError(t, w.Stop())
	resp, _ = get("")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	document("live.json", &live)
	require.Equal(t, "stopped", live.Health.Recorder)
	require.Zero(t, live.MemoryTo)
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

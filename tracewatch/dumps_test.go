package tracewatch_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// TestDumps: the dumps in testdata were written by watchers of the score board's programs, each of
// which found the fault while it ran. Reading one finds the very same: kind, site, interval, and
// each number in the summary. Why is what it is explained by.
//
//	go run ./internal/scenario/scoreboard -strength mild -dumps DIR
//
// writes such; here are some small ones, by the name of the scenario.
func TestDumps(t *testing.T) {
	files, err := filepath.Glob("testdata/dumps/*.trace.gz")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 20)
	kinds := make(map[string]bool)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".trace.gz"), func(t *testing.T) {
			text, err := os.ReadFile(strings.TrimSuffix(name, ".trace.gz") + ".json")
			require.NoError(t, err)
			var live struct {
				Kind, Site, Summary, Why string
				TraceNS                  [2]detectors.Time `json:"trace_ns"`
			}
			require.NoError(t, json.Unmarshal(text, &live))
			kinds[live.Kind] = true

			f, err := os.Open(name)
			require.NoError(t, err)
			defer f.Close()
			plain, err := gzip.NewReader(f)
			require.NoError(t, err)
			report, err := tracewatch.Analyze(t.Context(), io.Reader(plain), tracewatch.WithCooldown(0))
			require.NoError(t, err)
			var read []string
			for _, a := range report.Anomalies {
				read = append(read, a.Kind+" at "+a.Site.String()+": "+a.Summary)
				if a.Kind == live.Kind && a.Site.String() == live.Site && a.Summary == live.Summary && [2]detectors.Time{a.TraceStart, a.TraceEnd} == live.TraceNS {
					require.Equal(t, live.Why, a.Explanation().Sentence())
					return
				}
			}
			t.Fatalf("not found: %s at %s: %s; but\n%s", live.Kind, live.Site, live.Summary, strings.Join(read, "\n"))
		})
	}
	require.Len(t, kinds, len(detectors.Default()), "each kind has one")
}

package browser

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// hostile is a name that a trace can have, and that must stay a text.
const hostile = `</script><script>window.broken = 1</script><img src=x onerror="window.broken = 2">`

// testOffline opens the page of a dump as a file.
func testOffline(t *testing.T, b *Browser, s *Stage) {
	r := analyze(t, dumpOf(t, s), tracewatch.WithPlaces(), tracewatch.WithHotCells(8))
	require.NotEmpty(t, r.Cells)
	require.NotEmpty(t, r.Requests)
	r.Requests[0].Name = hostile
	r.Places[0].Site.Func = hostile
	r.Anomalies[0].Summary = hostile
	file := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(file)
	require.NoError(t, err)
	require.NoError(t, tracewatchhttp.WritePage(f, hostile, r))
	require.NoError(t, f.Close())

	p := openTab(t, b)
	url := "file://" + file
	require.NoError(t, p.Go(url))
	until(t, p.Tab, "document.body.dataset.ready")
	require.Equal(t, hostile, eval[string](t, p.Tab, "document.title"))
	require.Equal(t, hostile, textOf(t, p.Tab, "#program"))
	require.Equal(t, hostile, textOf(t, p.Tab, "#requests-list .name"))
	require.Contains(t, eval[string](t, p.Tab, "document.getElementById('anomalies-list').textContent"), hostile)
	require.Contains(t, eval[string](t, p.Tab, "document.getElementById('goroutines-body').textContent"), "window.broken = 2")
	require.True(t, eval[bool](t, p.Tab, "window.broken === undefined && document.images.length === 0"))
	require.Len(t, r.Verdicts, eval[int](t, p.Tab, "document.querySelectorAll('#rules-body tr').length"))

	// All cells that the file explains open, and the fault is behind the worst of them.
	cells := eval[int](t, p.Tab, "document.querySelectorAll('#map .chips:not(#heat-hottest) button').length")
	require.Equal(t, len(r.Cells), cells)
	found := false
	for i := range cells {
		eval[int](t, p.Tab, "document.querySelectorAll('#map .chips:not(#heat-hottest) button')["+string(mustJSON(t, i))+"].click(), 1")
		require.Contains(t, textOf(t, p.Tab, "#detail"), "Who waited")
		found = found || strings.Contains(textOf(t, p.Tab, "#detail"), culprit)
	}
	require.True(t, found)
	require.False(t, eval[bool](t, p.Tab, "[...document.querySelectorAll('.live-only')].some((e) => e.checkVisibility())"))

	// Nothing more is asked for, also not later.
	settle := time.After(time.Second)
	<-settle
	require.Equal(t, []string{url}, p.asked())
	p.requireClean(t)
}

// dumpOf waits for the dump of the fault, and returns its file.
func dumpOf(t *testing.T, s *Stage) (file string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, a := range s.Watcher.Anomalies() {
			if a.Kind == "sched-delay" && a.Dump() != "" {
				file = a.Dump()
				return true
			}
		}
		return false
	}, patience, patience/100)
	return file
}

package browser

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
)

var long = flag.Duration("long", 0, "how long TestOpenForLong has a page open, such as 10m; 0 leaves it out")

// TestOpenForLong has a page open in front of somebody who looks at all of it, for as long as -long says, and weighs
// once a minute. TestPage does the same for the time that its other tests take.
func TestOpenForLong(t *testing.T) {
	if *long == 0 {
		t.Skip("run it with -long 10m")
	}
	b := openBrowser(t)
	var m meter
	s, err := Start(t.Context(), shop.Sched, t.TempDir(), m.around)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Stop()) }()
	p := openPage(t, b, s.URL)
	// All of the page is in view, so that it reads reports, too.
	require.NoError(t, p.Resize(1200, 8000))
	until(t, p.Tab, "document.querySelector('#requests-list details') && document.querySelector('#anomalies-list details')")
	eval[int](t, p.Tab, watchDrawing)

	begin := time.Now()
	var first, last weight
	var firstHost, lastHost hostWeight
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for time.Since(begin) < *long {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			require.NoError(t, t.Context().Err())
		}
		last, lastHost = weigh(t, p.Tab), weighHost(t)
		if first.nodes == 0 {
			first, firstHost = last, lastHost
		}
		stats := s.Watcher.Stats()
		t.Logf("%v: JavaScript %.2f MB, arrays %.2f MB, %d nodes, %d listeners; drawn %s; host: %d goroutines, heap %.1f MB, %d anomalies; the watch used %.2f%% of the CPU, the handler %v in %d requests (%.3f%% of a P)",
			time.Since(begin).Round(time.Second), last.heap/1e6, last.arrays/1e6, last.nodes, last.listeners, drawn(t, p.Tab),
			lastHost.goroutines, float64(lastHost.heap)/1e6, len(s.Watcher.Anomalies()), 100*stats.WatchShare,
			time.Duration(m.used.Load()).Round(time.Millisecond), m.calls.Load(), 100*float64(m.used.Load())/float64(time.Since(begin)))
	}
	requireNoHeavier(t, first, last)
	// The history and the strips of ten minutes fill up meanwhile.
	require.Less(t, lastHost.heap, firstHost.heap+64<<20)
	require.LessOrEqual(t, lastHost.goroutines, firstHost.goroutines+10)
	p.requireClean(t)
}

package browser

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// still is how a page and the process that serves it were when somebody began to look.
type still struct {
	begin time.Time
	page  weight
	host  hostWeight
}

func beginToWeigh(t *testing.T, p shown) still {
	t.Helper()
	eval[int](t, p.Tab, watchDrawing)
	return still{time.Now(), weigh(t, p.Tab), weighHost(t)}
}

// requireStill fails if the page or the process has become heavier by more than comes and goes. What ten minutes make
// of both TestOpenForLong tells.
func (was still) requireStill(t *testing.T, p shown, s *Stage, m *meter) {
	t.Helper()
	until(t, p.Tab, "document.getElementById('connection-text').textContent === 'live'")
	page, host := weigh(t, p.Tab), weighHost(t)
	open, stats := time.Since(was.begin), s.Watcher.Stats()
	t.Logf("after %v: page %+v, then %+v; drawn %v", open.Round(time.Second), was.page, page, drawn(t, p.Tab))
	t.Logf("host %+v, then %+v; the watch used %.2f%% of the CPU, the handler %v in %d requests of all tabs", was.host, host, 100*stats.WatchShare, time.Duration(m.used.Load()), m.calls.Load())
	requireNoHeavier(t, was.page, page)
	// The watcher's history and what the tests have asked for may be there by now; no goroutine is.
	require.Less(t, host.heap, was.host.heap+96<<20)
	require.LessOrEqual(t, host.goroutines, was.host.goroutines+20)
	p.requireClean(t)
}

package browser

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// weight is what a page has in memory once all garbage is collected.
type weight struct {
	heap, arrays     float64 // bytes of JavaScript, and of what its arrays have beside that
	nodes, listeners int64
	anomalies        int // those listed, 64 at most
}

func weigh(t *testing.T, tab *Tab) (w weight) {
	t.Helper()
	// What the first collection finds to be finalized the second one frees.
	for range 2 {
		_, err := chromedp.Call(tab.Context(), heapprofiler.CollectGarbage, cdp.Empty{})
		require.NoError(t, err)
	}
	h, err := chromedp.Call(tab.Context(), runtime.GetHeapUsage, cdp.Empty{})
	require.NoError(t, err)
	n, err := chromedp.Call(tab.Context(), memory.GetDOMCounters, cdp.Empty{})
	require.NoError(t, err)
	return weight{h.UsedSize, h.BackingStorageSize, n.Nodes, n.JsEventListeners, eval[int](t, tab, "tracewatch.anomalies.all().length")}
}

// requireNoHeavier fails if a page has become heavier than it was by more than what comes and goes: texts that are
// longer, a place more in a table. What it knows of each anomaly weighs something, too, until there are 64.
func requireNoHeavier(t *testing.T, before, after weight) {
	t.Helper()
	more := float64(max(0, after.anomalies-before.anomalies))
	require.Less(t, after.heap, before.heap*1.25+1e6+100e3*more, "JavaScript's heap: %+v, then %+v", before, after)
	require.Less(t, after.arrays, before.arrays*1.25+1e6, "arrays: %+v, then %+v", before, after)
	require.Less(t, float64(after.nodes), float64(before.nodes)*1.25+1000+100*more, "nodes: %+v, then %+v", before, after)
	require.Less(t, float64(after.listeners), float64(before.listeners)*1.25+200+10*more, "listeners: %+v, then %+v", before, after)
}

package browser

import (
	"fmt"
	"slices"
	"testing"
)

// watchDrawing is a script that notes how long each drawing of the heat maps takes, and how long the page is
// busy in one piece. It keeps the newest of them.
const watchDrawing = `(() => {
	const most = 10000, took = window.drawn = [], busy = window.busy = [];
	let last = tracewatch.heat.took;
	Object.defineProperty(tracewatch.heat, "took", { get: () => last, set(v) { last = v; took.push(v); if (took.length > most) took.shift(); } });
	new PerformanceObserver((list) => { for (const e of list.getEntries()) { busy.push(e.duration); if (busy.length > most) busy.shift(); } }).observe({ entryTypes: ["longtask"] });
	return 1;
})()`

// drawing is what watchDrawing has noted since it was asked last, in milliseconds.
type drawing struct {
	N         int
	Median    float64
	Most      float64
	LongTasks int
	Longest   float64
}

func (d drawing) String() string {
	return fmt.Sprintf("%d times in %.1f ms, at most %.1f ms, busy for more than 50 ms %d times, at most %.0f ms", d.N, d.Median, d.Most, d.LongTasks, d.Longest)
}

func drawn(t *testing.T, tab *Tab) (d drawing) {
	t.Helper()
	took, busy := eval[[]float64](t, tab, "drawn.splice(0)"), eval[[]float64](t, tab, "busy.splice(0)")
	d.N, d.LongTasks = len(took), len(busy)
	if d.N > 0 {
		slices.Sort(took)
		d.Median, d.Most = took[d.N/2], took[d.N-1]
	}
	if d.LongTasks > 0 {
		d.Longest = slices.Max(busy)
	}
	return d
}

package browser

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFullRing has a page open for half an hour of a service with 64 Ps, at fifty times the speed: twice what
// the page keeps.
func TestFullRing(t *testing.T) {
	const procs, speed, past = 64, 50, 600
	b := openBrowser(t)
	p := openPage(t, b, serve(t, newHurried(procs, speed, past))+Path)
	eval[int](t, p.Tab, watchDrawing)
	click(t, p.Tab, "[data-seconds='0']") // all of it is drawn each time
	end := func() int { return eval[int](t, p.Tab, "tracewatch.heat.ring().end - tracewatch.heat.ring().oldest") }
	upTo := func(columns int) {
		until(t, p.Tab, fmt.Sprintf("tracewatch.heat.ring().end - tracewatch.heat.ring().oldest >= %d", columns))
	}

	upTo(eval[int](t, p.Tab, "tracewatch.heat.ring().capacity") + 10000)
	first, wasAt := weigh(t, p.Tab), end()
	drawn(t, p.Tab)
	upTo(wasAt + 25000)
	early := drawn(t, p.Tab)
	upTo(wasAt + 50000)
	second := weigh(t, p.Tab)
	drawn(t, p.Tab)
	upTo(wasAt + 75000)
	late, third := drawn(t, p.Tab), weigh(t, p.Tab)

	t.Logf("%d Ps, %d s: %+v, then %+v, then %+v", procs, end()/100, first, second, third)
	t.Logf("drawn %v; later %v", early, late)
	requireNoHeavier(t, first, second)
	requireNoHeavier(t, first, third)
	require.Equal(t, 64, third.anomalies)
	require.Equal(t, procs, eval[int](t, p.Tab, "tracewatch.heat.ring().rows"))
	require.Positive(t, late.N)
	require.Less(t, late.Median, 3*early.Median+20, "drawing has become slower")
	p.requireClean(t)
}

package browser

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// clickHottest clicks with the mouse on the hottest cell in view of which the trace is in memory, and waits for the
// answer. It looks for another one if the trace has gone meanwhile.
func clickHottest(t *testing.T, p shown) {
	t.Helper()
	const where = `(() => {
		const h = tracewatch.heat.hottest(), r = document.getElementById("heat").getBoundingClientRect();
		return [r.x + h.x, r.y + h.y];
	})()`
	for range 5 {
		eval[int](t, p.Tab, "document.getElementById('heat').scrollIntoView({ block: 'center', behavior: 'instant' }), 1")
		// The map stands still under a pointer that moves.
		at := eval[[]float64](t, p.Tab, where)
		require.NoError(t, p.Point(at[0]-40, at[1]))
		at = eval[[]float64](t, p.Tab, where)
		require.NoError(t, p.Point(at[0], at[1]))
		require.NoError(t, p.ClickAt(at[0], at[1]))
		if awaitDetail(t, p); !strings.Contains(textOf(t, p.Tab, "#detail"), "no longer in memory") {
			return
		}
		click(t, p.Tab, "#heat-newest")
	}
	require.Fail(t, "five times the trace had gone")
}

// awaitDetail waits until the detail has its answer.
func awaitDetail(t *testing.T, p shown) {
	t.Helper()
	until(t, p.Tab, `!document.getElementById("detail").hidden && document.getElementById("detail").getAttribute("aria-busy") === "false"`)
}

func testHottestCell(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	awaitFault(t, p)
	clickHottest(t, p)
	text := textOf(t, p.Tab, "#detail")
	require.Contains(t, text, "longest delay")
	require.Contains(t, textOf(t, p.Tab, "#detail > .because"), "waited")
	require.Contains(t, textOf(t, p.Tab, "#detail .waiters"), "goroutine ")
	require.Contains(t, text, "Who ran instead")
	require.Contains(t, textOf(t, p.Tab, "#detail .instead"), culprit)
	require.Contains(t, textOf(t, p.Tab, "#detail > .because"), "←", "the chain goes on to the cause")
	require.Equal(t, 1, eval[int](t, p.Tab, "document.querySelectorAll('#detail a[href^=\"trace?from=\"][download]').length"))
	require.Equal(t, 1, eval[int](t, p.Tab, "document.querySelectorAll('#detail a[href^=\"profile?kind=sched\"][download]').length"))

	// The hottest cell that the page remembers of each second is one of those that it draws.
	require.Empty(t, eval[[]int](t, p.Tab, `(() => {
		const r = tracewatch.heat.ring(), s = r.strips, wrong = [];
		for (let i = 0; i < s.length; i++) {
			const [p, c, level] = ["hotProc", "hotColumn", "hotLevel"].map((n) => s.get(n, i));
			if (p >= 0 && (!level || r.max(p, c, c + 1) < level)) wrong.push(i);
		}
		return wrong;
	})()`))

	// What was clicked on is what is told of, and the button leads to the same.
	title := textOf(t, p.Tab, "#detail-title")
	require.Equal(t, title[:len("P 0 at")], eval[string](t, p.Tab, "'P ' + tracewatch.heat.opened.proc + ' at'"))
	require.NoError(t, p.Tab.Click("#detail-close"))
	require.True(t, eval[bool](t, p.Tab, "document.getElementById('detail').hidden"))
	click(t, p.Tab, "#heat-newest")
	click(t, p.Tab, "#heat-go")
	awaitDetail(t, p)
	require.Contains(t, textOf(t, p.Tab, "#detail-title"), "P ")
	// So does the list beside the map, which may also lead to what is no longer in memory.
	click(t, p.Tab, "#detail-close")
	click(t, p.Tab, "#heat-hottest button")
	awaitDetail(t, p)
	require.Contains(t, textOf(t, p.Tab, "#detail-title"), "P ")
	p.requireClean(t)
}

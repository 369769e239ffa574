package browser

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func testRequests(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	goTo(t, p, "requests", "#requests-list details")
	eval[int](t, p.Tab, "document.getElementById('pause').click(), 1") // so that what is open stays as it is
	names := eval[[]string](t, p.Tab, "[...document.querySelectorAll('#requests-list .name')].map((e) => e.innerText)")
	require.Contains(t, names, "GET /item")
	require.Contains(t, textOf(t, p.Tab, "#requests-legend"), "waited for a P")

	// Each has two bars, which are as long as their parts together and not longer than their place.
	wrong := eval[[]string](t, p.Tab, `[...document.querySelectorAll("#requests-list summary")].filter((s) => {
		const bars = [...s.querySelectorAll(".stacked")];
		return bars.length !== 2 || bars.some((b) => {
			const parts = [...b.children], sum = parts.reduce((n, i) => n + parseFloat(i.style.width), 0);
			return !parts.length || sum > 100.01 || parts.some((i) => !i.className.startsWith("d-") || i.getBoundingClientRect().width <= 0) || !b.getAttribute("aria-label");
		});
	}).map((s) => s.innerText)`)
	require.Empty(t, wrong)

	// Under the pointer a bar tells its numbers. What comes late above it may move it away from there.
	for end, visible := time.Now().Add(time.Minute), false; !visible; {
		require.True(t, time.Now().Before(end), "it tells nothing")
		at := eval[[]float64](t, p.Tab, `(() => {
			const e = document.querySelector("#requests-list .stacked:not(:empty)");
			e.scrollIntoView({ block: "center", behavior: "instant" });
			const widest = [...e.children].reduce((a, b) => b.getBoundingClientRect().width > a.getBoundingClientRect().width ? b : a);
			const r = widest.getBoundingClientRect();
			return [r.x + r.width / 2, r.y + r.height / 2];
		})()`)
		require.NoError(t, p.Point(at[0]-1, at[1]))
		require.NoError(t, p.Point(at[0], at[1]))
		visible = eval[bool](t, p.Tab, "document.querySelector('.tip')?.checkVisibility() ?? false")
	}
	require.Contains(t, textOf(t, p.Tab, ".tip"), "P50")

	click(t, p.Tab, "#requests-list details[data-name=\"GET /item\"] summary .name")
	until(t, p.Tab, "document.querySelector('#requests-list details[open] .body')")
	require.Contains(t, textOf(t, p.Tab, "#requests-list details[open] table.parts"), "At P99")
	pieces := eval[[]float64](t, p.Tab, `[...document.querySelector("#requests-list details[open] .gantt").querySelectorAll(".lane i")].map((i) => parseFloat(i.style.width))`)
	sum := 0.0
	for _, width := range pieces {
		sum += width
	}
	require.InDelta(t, 100, sum, 0.5, "the pieces of the slowest request are all of its time")
	require.NotEmpty(t, eval[string](t, p.Tab, "document.querySelector('#requests-list details[open] .lane i').getAttribute('aria-label')"))
	p.requireClean(t)
}

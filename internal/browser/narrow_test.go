package browser

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// testNarrow looks at the page on a telephone.
func testNarrow(t *testing.T, b *Browser, s *Stage) {
	const width = 400
	p := openTab(t, b)
	require.NoError(t, p.Resize(width, 800))
	require.NoError(t, p.Go(s.URL))
	until(t, p.Tab, "document.body.dataset.ready && tracewatch.heat.hasData()")
	awaitFault(t, p)
	// wide lists what makes the page wider than the window.
	const wide = `document.scrollingElement.scrollWidth <= 400 ? [] : [document.scrollingElement.scrollWidth + " px"].concat([...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > 400.5 && !e.parentElement.closest(".scroll, nav, .gantt, .hidden, .skip")).slice(0, 10).map((e) => e.outerHTML.slice(0, 200)))`
	require.Empty(t, eval[[]string](t, p.Tab, wide))
	openAll(t, p)
	require.True(t, eval[bool](t, p.Tab, "document.getElementById('detail').checkVisibility()"))
	require.Empty(t, eval[[]string](t, p.Tab, wide), "with all open")
	require.Equal(t, 0, eval[int](t, p.Tab, "document.scrollingElement.scrollLeft"))
	require.LessOrEqual(t, eval[float64](t, p.Tab, "document.getElementById('heat').getBoundingClientRect().right"), float64(width))
	p.requireClean(t)
}

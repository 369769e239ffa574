package browser

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// A stop is where the focus is: the place among all that Tab should reach, -1 if it is none of them, and how it shows.
type stop struct {
	At      int
	What    string
	Shows   bool
	InView  bool
	Scrolls bool // only so that it can be scrolled: the browser makes such a stop by itself
}

const (
	// listStops notes in the order of the page all that Tab should reach.
	listStops = `(window.stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")].filter((e) =>
		e.tabIndex >= 0 && !e.disabled && e.checkVisibility({ visibilityProperty: true }))).length`

	whereFocus = `(() => {
		const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
		return {
			at: stops.indexOf(e), what: e === document.body ? "" : e.outerHTML.slice(0, 120),
			shows: (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== "none",
			inView: r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
			scrolls: e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight,
		};
	})()`
)

func testKeyboard(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	awaitFault(t, p)
	tab := func() stop {
		require.NoError(t, p.Press(kb.Tab))
		return eval[stop](t, p.Tab, whereFocus)
	}
	active := func() string { return eval[string](t, p.Tab, "document.activeElement.id") }

	// The first stop skips what is above the answer.
	eval[int](t, p.Tab, listStops)
	first := tab()
	require.Zero(t, first.At, first.What)
	require.Contains(t, first.What, "skip")
	require.True(t, first.Shows && first.InView)
	require.NoError(t, p.Press(kb.Enter))
	require.Equal(t, "main", active())
	require.Contains(t, eval[string](t, p.Tab, "location.hash"), "main")
	next := tab()
	require.True(t, eval[bool](t, p.Tab, "document.getElementById('main').contains(document.activeElement)"), next.What)

	// With all that is read when one gets there, and standing still, so that there is an order to compare with.
	goTo(t, p, "requests", "#requests-list details")
	goTo(t, p, "goroutines", "#goroutines-body tr")
	eval[int](t, p.Tab, "document.getElementById('pause').click(), 1")
	until(t, p.Tab, "!document.querySelector('main [aria-busy=true]')")
	eval[int](t, p.Tab, "document.querySelector('.skip').focus(), 1")
	all := eval[int](t, p.Tab, listStops)
	require.Greater(t, all, 40)
	before := ""
	for at := 0; ; {
		s := tab()
		if s.What == "" || s.At == 0 {
			require.Equal(t, all-1, at, "the last stop is not the last of the page but, before %q: %s", s.What, before)
			break
		}
		require.True(t, s.Shows, "one does not see that it has the focus: %s", s.What)
		if !s.InView { // the page scrolls smoothly
			require.NoError(t, p.Until(whereFocus+".inView"), "out of sight: %s", s.What)
		}
		if s.At < 0 {
			require.True(t, s.Scrolls, "why does it take the focus? %s", s.What)
			continue
		}
		require.Equal(t, at+1, s.At, "not the next one: %s", s.What)
		at, before = s.At, s.What
	}

	// The map, by keyboard alone. By now the trace of what was in view may have gone.
	eval[int](t, p.Tab, "document.getElementById('pause').click(), 1")
	until(t, p.Tab, "document.getElementById('connection-text').textContent === 'live'")
	eval[int](t, p.Tab, "document.getElementById('heat-save').focus(), 1")
	for active() != "heat" {
		require.NotEmpty(t, tab().What)
	}
	says := func() string { return eval[string](t, p.Tab, "document.getElementById('heat-says').textContent") }
	require.NoError(t, p.Press("h")) // the hottest, which also opens it
	awaitDetail(t, p)                // whatever it says
	require.Equal(t, "detail-title", active())
	require.NoError(t, p.Press(kb.Escape))
	require.True(t, eval[bool](t, p.Tab, "document.getElementById('detail').hidden"), "Escape closes the detail")
	require.Equal(t, "heat", active(), "the focus is where it was")
	require.NoError(t, p.Press(kb.ArrowLeft))
	before = says()
	require.Regexp(t, `^P \d+, \d\d:\d\d:\d\d`, before)
	require.NoError(t, p.Press(kb.ArrowLeft))
	left := says()
	require.NotEqual(t, before, left)
	require.NoError(t, p.Press(kb.ArrowRight))
	require.Equal(t, before, says())
	require.NoError(t, p.Press(kb.ArrowUp+kb.ArrowUp+kb.ArrowUp))
	require.Contains(t, says(), "P 0,")
	if eval[int](t, p.Tab, "tracewatch.heat.ring().rows") > 1 {
		require.NoError(t, p.Press(kb.ArrowDown))
		require.Contains(t, says(), "P 1,")
	}
	require.NoError(t, p.Press(kb.Enter))
	awaitDetail(t, p)
	require.Equal(t, "detail-title", active())

	// Also from within, where one reads.
	inside := tab()
	require.True(t, eval[bool](t, p.Tab, "document.getElementById('detail').contains(document.activeElement)"), inside.What)
	require.NoError(t, p.Press(kb.Escape))
	require.True(t, eval[bool](t, p.Tab, "document.getElementById('detail').hidden"))
	require.Equal(t, "heat", active())
	require.NoError(t, p.Press("+"))
	zoomed := eval[float64](t, p.Tab, "tracewatch.heat.view.columns")
	require.NoError(t, p.Press("-"))
	require.Greater(t, eval[float64](t, p.Tab, "tracewatch.heat.view.columns"), zoomed)

	// Backwards as well: the map holds nobody.
	require.NoError(t, chromedp.Do(p.Context(), chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))))
	require.NotEqual(t, "heat", active())
	p.requireClean(t)
}

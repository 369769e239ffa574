package browser

import (
	_ "embed"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed colours.js
var coloursScript string

// colours is what colours.js says.
type colours struct {
	Poor       []string
	Least      float64
	Text, Back string
}

func testColours(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	awaitFault(t, p)
	openAll(t, p)
	look := func(theme string) colours {
		until(t, p.Tab, "document.documentElement.dataset.theme === "+quote(theme))
		c := eval[colours](t, p.Tab, coloursScript)
		require.Empty(t, c.Poor, theme)
		t.Logf("%s: %s on %s, the least contrast of any text is %.2f", theme, c.Text, c.Back, c.Least)
		return c
	}
	require.NoError(t, p.Prefer("light"))
	light := look("light")
	require.NoError(t, p.Prefer("dark"))
	dark := look("dark")
	require.NotEqual(t, light.Text, dark.Text)
	require.NotEqual(t, light.Back, dark.Back)
	require.NotEmpty(t, eval[string](t, p.Tab, "getComputedStyle(document.documentElement).colorScheme"))

	// What the user chooses is stronger, and is kept.
	const back = "getComputedStyle(document.documentElement).backgroundColor"
	require.Equal(t, "Light", textOf(t, p.Tab, "#theme"))
	click(t, p.Tab, "#theme")
	require.Equal(t, light.Back, eval[string](t, p.Tab, back))
	require.NoError(t, p.Go(s.URL))
	until(t, p.Tab, "document.body.dataset.ready && tracewatch.heat.hasData()")
	require.Equal(t, light.Back, eval[string](t, p.Tab, back))
	click(t, p.Tab, "#theme")
	require.Equal(t, dark.Back, eval[string](t, p.Tab, back))
	p.requireClean(t)
}

// openAll opens what can be opened on a page: the hottest cell, all anomalies and requests.
func openAll(t *testing.T, p shown) {
	t.Helper()
	goTo(t, p, "requests", "#requests-list details")
	goTo(t, p, "goroutines", "#goroutines-body tr")
	eval[int](t, p.Tab, "document.getElementById('pause').click(), 1") // so that it stays as it is
	clickHottest(t, p)
	eval[int](t, p.Tab, "document.querySelectorAll('details').forEach((d) => { d.open = true; }), 1")
	until(t, p.Tab, "[...document.querySelectorAll('details.anomaly, details.request')].every((d) => d.querySelector('.body'))")
	// What was in these may be opened, too.
	eval[int](t, p.Tab, "document.querySelectorAll('details').forEach((d) => { d.open = true; }), 1")
}

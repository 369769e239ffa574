package browser

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// goTo scrolls to a section and waits for what is read then.
func goTo(t *testing.T, p shown, section, has string) {
	t.Helper()
	eval[int](t, p.Tab, "document.getElementById("+quote(section)+").scrollIntoView({ behavior: 'instant' }), 1")
	until(t, p.Tab, "document.querySelector("+quote(has)+")")
}

func testGoroutines(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	goTo(t, p, "goroutines", "#goroutines-body tr")
	eval[int](t, p.Tab, "document.getElementById('pause').click(), 1") // so that the table stays as it is
	require.Contains(t, textOf(t, p.Tab, "#uses"), culprit)
	showAll := func() { // a long table comes in parts, as one scrolls
		eval[int](t, p.Tab, "document.getElementById('goroutines-more').hidden || document.getElementById('goroutines-more').click(), 1")
		require.True(t, eval[bool](t, p.Tab, "document.getElementById('goroutines-more').hidden"))
	}

	// The values of a column are compared as the page has them in its rows, by the text that a user reads.
	column := func(id string) (texts []string) {
		return eval[[]string](t, p.Tab, `(() => {
			const i = [...document.querySelectorAll("#goroutines-head tr:last-child th")].findIndex((th) => th.querySelector("[data-column='`+id+`']"));
			return [...document.querySelectorAll("#goroutines-body tr")].map((tr) => tr.children[i].innerText);
		})()`)
	}
	sorted := func(id string) string {
		return eval[string](t, p.Tab, "document.querySelector('#goroutines-head [data-column="+id+"]').closest('th').getAttribute('aria-sort')")
	}
	require.Equal(t, "descending", sorted("delay"))
	for _, id := range []string{"running", "max", "alive", "delay"} {
		click(t, p.Tab, "#goroutines-head [data-column="+id+"]")
		require.Equal(t, "descending", sorted(id), id)
		down := numbers(t, column(id))
		require.Greater(t, len(down), 3)
		require.True(t, slices.IsSortedFunc(down, func(a, b float64) int { return compare(b, a) }), "%s: %v", id, down)
		require.Greater(t, down[0], down[len(down)-1], id)
		click(t, p.Tab, "#goroutines-head [data-column="+id+"]")
		require.Equal(t, "ascending", sorted(id), id)
		up := numbers(t, column(id))
		require.True(t, slices.IsSortedFunc(up, compare), "%s: %v", id, up)
		require.Equal(t, 1, eval[int](t, p.Tab, "document.querySelectorAll('#goroutines-head [aria-sort=ascending], #goroutines-head [aria-sort=descending]').length"))
	}
	click(t, p.Tab, "#goroutines-head [data-column=site]")
	require.Equal(t, "ascending", sorted("site"))
	showAll()
	names := column("site")
	require.NotEqual(t, names[0], names[len(names)-1])

	all := len(names)
	rows := "document.querySelectorAll('#goroutines-body tr').length"
	eval[int](t, p.Tab, "document.getElementById('goroutines-filter').focus(), 1")
	require.NoError(t, p.Press("hasheverything"))
	found := column("site")
	require.NotEmpty(t, found)
	require.Less(t, len(found), all)
	for _, name := range found {
		require.Contains(t, name, culprit)
	}
	require.Contains(t, textOf(t, p.Tab, "#goroutines-count"), " of ")
	require.NoError(t, p.Press(" nothing-is-called-so"))
	require.Zero(t, eval[int](t, p.Tab, rows))
	require.True(t, eval[bool](t, p.Tab, "document.getElementById('goroutines-none').checkVisibility()"))
	eval[int](t, p.Tab, "document.getElementById('goroutines-filter').select(), 1")
	require.NoError(t, p.Press("\b"))
	showAll()
	require.Equal(t, all, eval[int](t, p.Tab, rows))

	// Those whose goroutines were preempted have a number in that column.
	had := 0
	for _, n := range numbers(t, column("preempted")) {
		if n > 0 {
			had++
		}
	}
	click(t, p.Tab, "#goroutines-preempted")
	only := numbers(t, column("preempted"))
	require.Len(t, only, had)
	require.NotContains(t, only, 0.0)
	click(t, p.Tab, "#goroutines-preempted")
	showAll()
	require.Equal(t, all, eval[int](t, p.Tab, rows))

	// By cause there are more columns.
	columns := "document.querySelectorAll('#goroutines-head tr:last-child th').length"
	before := eval[int](t, p.Tab, columns)
	click(t, p.Tab, "#goroutines-causes")
	require.Greater(t, eval[int](t, p.Tab, columns), before)
	require.Equal(t, eval[int](t, p.Tab, columns), eval[int](t, p.Tab, "document.querySelector('#goroutines-body tr').children.length"))
	p.requireClean(t)
}

package browser

import (
	_ "embed"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

//go:embed accessible.js
var accessibleScript string

// controls are the roles of what needs a name.
var controls = []string{"button", "link", "textbox", "searchbox", "checkbox", "application", "Canvas", "canvas", "img", "image", "region", "navigation", "DisclosureTriangle"}

func testAccessible(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	awaitFault(t, p)
	openAll(t, p)
	require.Empty(t, eval[[]string](t, p.Tab, accessibleScript))

	tree, err := chromedp.Call(p.Context(), accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	require.NoError(t, err)
	named := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored || n.Role == nil {
			continue
		}
		role := strings.Trim(string(n.Role.Value), `"`)
		if !slices.Contains(controls, role) {
			continue
		}
		var name string
		if n.Name != nil {
			name = strings.Trim(string(n.Name.Value), `" `)
		}
		require.NotEmpty(t, name, "a %s has no name: %s", role, describe(t, p, n))
		named[role]++
	}
	t.Logf("with names: %v", named)
	require.Greater(t, named["button"], 20)
	require.Greater(t, named["link"], 10)
	require.Equal(t, 1, named["checkbox"]-1)
	p.requireClean(t)
}

// describe says what of the page it is that the browser's tree for screen readers has.
func describe(t *testing.T, p shown, n *accessibility.Node) string {
	t.Helper()
	html, err := chromedp.Call(p.Context(), dom.GetOuterHTML, dom.GetOuterHTMLParams{BackendNodeID: n.BackendDOMNodeID})
	require.NoError(t, err)
	return html.OuterHTML
}

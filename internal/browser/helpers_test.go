package browser

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// openBrowser starts a browser for a test. Where everything has to be tested it has to be there.
func openBrowser(t *testing.T) *Browser {
	t.Helper()
	if _, err := Find(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	b, err := Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// eval returns the value of an expression in a page.
func eval[T any](t *testing.T, tab *Tab, expression string) T {
	t.Helper()
	v, err := Eval[T](tab, expression)
	require.NoError(t, err)
	return v
}

// until waits until an expression is true in a page.
func until(t *testing.T, tab *Tab, expression string) {
	t.Helper()
	require.NoError(t, tab.Until(expression))
}

// click clicks on what a selector finds.
func click(t *testing.T, tab *Tab, selector string) {
	t.Helper()
	require.NoError(t, tab.Click(selector), selector)
}

// textOf is the text of what a selector finds.
func textOf(t *testing.T, tab *Tab, selector string) string {
	t.Helper()
	return eval[string](t, tab, "document.querySelector("+quote(selector)+").innerText")
}

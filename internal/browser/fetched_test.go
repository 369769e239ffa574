package browser

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// A fetcher has a tab that keeps what is downloaded in it.
type fetcher struct {
	tab  *Tab
	dir  string
	done chan *browser.EventDownloadProgress
	name chan string
}

func newFetcher(t *testing.T, tab *Tab) *fetcher {
	t.Helper()
	f := &fetcher{tab: tab, dir: t.TempDir(), done: make(chan *browser.EventDownloadProgress, 64), name: make(chan string, 64)}
	yes := true
	require.NoError(t, chromedp.ListenBrowser(tab.Context(), func(event any) {
		switch e := event.(type) {
		case *browser.EventDownloadWillBegin:
			f.name <- e.SuggestedFilename
		case *browser.EventDownloadProgress:
			if e.State != browser.DownloadProgressStateInProgress {
				f.done <- e
			}
		}
	}))
	_, err := chromedp.CallBrowser(tab.Context(), browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: f.dir, EventsEnabled: &yes,
		BrowserContextID: chromedp.FromContext(tab.Context()).BrowserContextID,
	})
	require.NoError(t, err)
	return f
}

// click clicks on a link, and returns the file that it leads to and the name that the page's server gave it.
func (f *fetcher) click(t *testing.T, selector string) (file, name string) {
	t.Helper()
	click(t, f.tab, selector)
	timeout := time.After(patience)
	select {
	case e := <-f.done:
		require.Equal(t, browser.DownloadProgressStateCompleted, e.State, selector)
		return filepath.Join(f.dir, e.GUID), <-f.name
	case <-timeout:
		require.Fail(t, "nothing was downloaded", selector)
		return "", ""
	}
}

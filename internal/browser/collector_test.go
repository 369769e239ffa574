package browser

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/stretchr/testify/require"
)

// collector collects what goes wrong in a tab, and what it asks the network for.
type collector struct {
	mu       sync.Mutex
	problems []string
	requests []string
}

// hear takes an event.
func (c *collector) hear(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += ": " + x.Description
		}
		c.problem("exception", text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			var args []string
			for _, a := range e.Args {
				args = append(args, string(a.Value)+a.Description)
			}
			c.problem("console."+string(e.Type), strings.Join(args, " "))
		}
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.EntryLevelError || e.Entry.Level == cdplog.EntryLevelWarning {
			c.problem("log, "+string(e.Entry.Source), e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventLoadingFailed:
		// A link that turns out to be a download is no page that has failed.
		if !e.Canceled || e.Type != network.ResourceTypeDocument {
			c.problem("loading failed", string(e.Type)+": "+e.ErrorText+" "+string(e.BlockedReason))
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			c.problem("status "+strconv.FormatInt(e.Response.Status, 10), e.Response.URL)
		}
	case *network.EventRequestWillBeSent:
		c.requests = append(c.requests, e.Request.URL)
	case *page.EventJavascriptDialogOpening:
		c.problem("dialog", e.Message)
	}
}

func (c *collector) problem(what, text string) {
	c.problems = append(c.problems, fmt.Sprintf("%s: %s", what, text))
}

// wrong is what has gone wrong so far.
func (c *collector) wrong() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.problems...)
}

// asked is what the tab has asked the network for so far, other than what an address itself contains.
func (c *collector) asked() (urls []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range c.requests {
		if !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
			urls = append(urls, u)
		}
	}
	return urls
}

// shown is a tab with what goes wrong in it.
type shown struct {
	*Tab
	*collector
}

// openTab opens an empty tab, which the test closes.
func openTab(t *testing.T, b *Browser) shown {
	t.Helper()
	c := &collector{}
	tab, err := b.Open(1200, 900, c.hear)
	require.NoError(t, err)
	t.Cleanup(tab.Close)
	return shown{tab, c}
}

// openPage opens the page of a watcher, and waits until it has data.
func openPage(t *testing.T, b *Browser, url string) shown {
	t.Helper()
	p := openTab(t, b)
	require.NoError(t, p.Go(url))
	until(t, p.Tab, "document.body.dataset.ready && tracewatch.heat.hasData()")
	return p
}

// requireClean fails if anything has gone wrong in the tab.
func (p shown) requireClean(t *testing.T) {
	t.Helper()
	require.Empty(t, p.wrong())
}

// quote writes a text as JavaScript has it.
func quote(s string) string { return strconv.Quote(s) }

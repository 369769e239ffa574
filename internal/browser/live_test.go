package browser

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// broken is a page in which all goes wrong that a collector has to find.
func broken(closed string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Security-Policy", "script-src 'nonce-1'")
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><title>broken</title><link rel="icon" href="data:,">
			<img src="missing.png" alt="">
			<script>document.title = "the policy was not kept"</script>
			<script nonce="1">
				console.error("complaint");
				setTimeout(() => { throw new Error("thrown"); });
				Promise.reject(new Error("rejected"));
				fetch(%q, { mode: "no-cors" }).catch(() => {});
			</script>`, "http://"+closed+"/")
	})
}

// A collector that finds nothing proves nothing unless it finds what is there.
func testCollector(t *testing.T, b *Browser, _ *Stage) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	closed := l.Addr().String()
	require.NoError(t, l.Close())
	url := serve(t, broken(closed))
	p := openTab(t, b)
	require.NoError(t, p.Go(url))
	require.Eventually(t, func() bool {
		all := strings.Join(p.wrong(), "\n")
		for _, want := range []string{"status 404", "missing.png", "Content Security Policy", "complaint", "exception: Uncaught: Error: thrown", "Error: rejected", "loading failed: Fetch: net::ERR_CONNECTION_REFUSED"} {
			if !strings.Contains(all, want) {
				return false
			}
		}
		return true
	}, patience, patience/1000, "%v", lazily(func() string { return strings.Join(p.wrong(), "\n") }))
	require.Equal(t, "broken", eval[string](t, p.Tab, "document.title"))
	require.Contains(t, p.asked(), url+"/missing.png")
}

// lazily is a text that is made when it is printed.
type lazily func() string

func (f lazily) String() string { return f() }

// testLive looks at a page that has just been opened.
func testLive(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	until(t, p.Tab, "document.getElementById('connection-text').textContent === 'live'")
	require.Contains(t, eval[string](t, p.Tab, "document.getElementById('connection').className"), "good")
	before := eval[int](t, p.Tab, "tracewatch.heat.ring().strips.total")
	until(t, p.Tab, fmt.Sprintf("tracewatch.heat.ring().strips.total >= %d + 2", before))
	require.Contains(t, textOf(t, p.Tab, "#verdict"), "sched-delay")
	require.Contains(t, textOf(t, p.Tab, "#verdict-list"), culprit)
	require.NotEmpty(t, textOf(t, p.Tab, "#health-tiles"))
	// All of the page, with what is read only when it comes into view.
	require.NoError(t, p.Resize(1200, 8000))
	until(t, p.Tab, "document.querySelector('#requests-list details') && document.querySelector('#goroutines-body tr')")
	for _, url := range p.asked() {
		require.True(t, strings.HasPrefix(url, s.URL), url)
	}

	// Who pauses it is asked nothing more.
	click(t, p.Tab, "#pause")
	require.Equal(t, "paused", textOf(t, p.Tab, "#connection-text"))
	click(t, p.Tab, "#pause")
	until(t, p.Tab, "document.getElementById('connection-text').textContent === 'live'")
	p.requireClean(t)
}

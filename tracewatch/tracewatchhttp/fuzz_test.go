package tracewatchhttp

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// statuses are all with which the handler answers.
var statuses = []int{
	http.StatusOK, http.StatusNotModified, http.StatusTemporaryRedirect, http.StatusBadRequest, http.StatusForbidden,
	http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusRequestURITooLong,
	http.StatusTooManyRequests, http.StatusServiceUnavailable,
}

// FuzzHandler asks for anything, mounted anywhere, with any headers.
func FuzzHandler(f *testing.F) {
	for _, target := range []string{
		"/", "/live.json?after=3", "/cell.json?proc=1&from=571000000000&to=572000000000", "/trace?seconds=3", "/profile?kind=sched",
		"/dump?anomaly=1", "/heatmap.png?width=300", "/..%2f../live.json", "//live.json", "*", "", "/a/b/live.json", "/%00",
	} {
		f.Add(target, "GET /{a}/", "localhost", "127.0.0.1:1", "GET", "Origin", "http://localhost")
		f.Add("/debug"+target, "/debug/", "[::1]:80", "[::1]:1", "HEAD", "Accept-Encoding", "gzip;q=0.1")
		f.Add(target, "", "", "@", "POST", "Sec-Fetch-Site", "cross-site")
		f.Add(target, "{", "x", "192.0.2.1:1", "get", "If-None-Match", "*")
		f.Add(target, "", "a.localhost:1", "127.0.0.1:1", "GET", "X-Forwarded-For", "")
	}
	src := newFake(2)
	f.Fuzz(func(t *testing.T, target, pattern, host, remote, method, name, value string) {
		path, query, _ := strings.Cut(target, "?")
		u := &url.URL{Path: path, RawQuery: query}
		if p, err := url.PathUnescape(path); err == nil {
			u.Path, u.RawPath = p, path
		}
		for _, uri := range []string{target, "", "/debug" + target} {
			r := &http.Request{
				Method: method, URL: u, RequestURI: uri, Pattern: pattern, Host: host, RemoteAddr: remote,
				Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{http.CanonicalHeaderKey(name): {value}},
			}
			w := httptest.NewRecorder()
			newHandler(src, nil).ServeHTTP(w, r)
			require.Contains(t, statuses, w.Code)
			secure(t, w.Header())
			if w.Code >= 400 && method != http.MethodHead {
				told(t, w)
			}
			if w.Code == http.StatusTooManyRequests || w.Code == http.StatusServiceUnavailable {
				require.NotEmpty(t, w.Header().Get("Retry-After"))
			}
			if w.Code < 400 {
				require.Contains(t, []string{http.MethodGet, http.MethodHead}, method)
				require.True(t, local(r))
				last := path[strings.LastIndexByte(path, '/')+1:]
				known := []string{"", "live.json", "anomalies.json", "report.json", "cell.json", "trace", "profile", "dump", "allocs", "heatmap.png", "heatmap.svg"}
				require.True(t, slices.Contains(known, last) || w.Header().Get("Etag") != "", "%q", target)
				require.False(t, isTrick(u.Path))
			}
			if location := w.Header().Get("Location"); location != "" {
				require.True(t, strings.HasPrefix(location, "./") && !strings.ContainsAny(location[2:], ":\\\r\n"), location)
			}
		}
	})
}

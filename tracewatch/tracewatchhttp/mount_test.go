package tracewatchhttp

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mux returns a mux with the handler at a pattern.
func mux(pattern string, h http.Handler) http.Handler {
	m := http.NewServeMux()
	m.Handle(pattern, h)
	return m
}

func TestMount(t *testing.T) {
	h := newHandler(newFake(1), nil)
	const ok, no, redirect = http.StatusOK, http.StatusNotFound, http.StatusTemporaryRedirect
	for _, c := range []struct {
		name    string
		mounted http.Handler
		asked   map[string]int
	}{
		{"alone", h, map[string]int{"/": ok, "/live.json": ok, "/a/live.json": no, "/a/": no, "//live.json": no, "/live.json/": no}},
		{"root", mux("/", h), map[string]int{"/": ok, "/live.json": ok, "/a/live.json": no, "/a/": no}},
		{"prefix", mux("/debug/tracewatch/", h), map[string]int{
			"/debug/tracewatch/": ok, "/debug/tracewatch/live.json": ok, "/debug/tracewatch": http.StatusTemporaryRedirect,
			"/debug/tracewatch/a/live.json": no, "/debug/tracewatch/a/": no, "/debug/tracewatch/live.json/": no,
			"/debug/tracewatch/a%2flive.json": no, "/debug/tracewatch/%2flive.json": no, "/debug/tracewatch/%6cive.json": no,
			"/debug/tracewatch/a%5c..%5clive.json": no, "/debug/tracewatch/live.json%00": no, "/debug/tracewatch/assets/page.html": no,
			"/live.json": no,
		}},
		{"method", mux("GET /debug/tracewatch/", h), map[string]int{"/debug/tracewatch/": ok, "/debug/tracewatch/live.json": ok, "/debug/tracewatch/a/live.json": no}},
		{"host", mux("localhost/debug/tracewatch/", h), map[string]int{"/debug/tracewatch/": ok, "/debug/tracewatch/live.json": ok}},
		{"method and host", mux("GET  localhost/debug/tracewatch/", h), map[string]int{"/debug/tracewatch/": ok, "/debug/tracewatch/a/": no}},
		{"wildcard", mux("/{tenant}/debug/", h), map[string]int{"/a/debug/": ok, "/a/debug/live.json": ok, "/a%2fb/debug/live.json": ok, "/..%2f../debug/live.json": no, "/a/debug/b/live.json": no, "/a/b/live.json": no}},
		{"rest", mux("/debug/{rest...}", h), map[string]int{"/debug/": ok, "/debug/live.json": ok, "/debug/a/live.json": no}},
		{"escaped pattern", mux("/a%20b/", h), map[string]int{"/a%20b/live.json": ok, "/a%20b/x/live.json": no}},
		{"exact", mux("/debug/live.json", h), map[string]int{"/debug/live.json": ok}},
		{"end", mux("/debug/{$}", h), map[string]int{"/debug/": ok}},
		{"without a slash", mux("/debug/tracewatch", h), map[string]int{"/debug/tracewatch": no}},
		{"stripped", mux("/debug/tracewatch/", http.StripPrefix("/debug/tracewatch", h)), map[string]int{
			"/debug/tracewatch/": ok, "/debug/tracewatch/live.json": ok, "/debug/tracewatch/a/live.json": no, "/debug/tracewatch/a/": no}},
		{"stripped with its slash", mux("/debug/tracewatch/", http.StripPrefix("/debug/tracewatch/", h)), map[string]int{
			"/debug/tracewatch/": ok, "/debug/tracewatch/live.json": ok, "/debug/tracewatch/a/live.json": no, "/debug/tracewatch/a/": no}},
		{"stripped without a mux", http.StripPrefix("/debug/tracewatch", h), map[string]int{
			"/debug/tracewatch": redirect, "/debug/tracewatch/": ok, "/debug/tracewatch/live.json": ok, "/debug/tracewatch/a/live.json": no,
			"/debug/tracewatchlive.json": no, "/debug/tracewatch/../live.json": no, "/debug/tracewatch//live.json": no}},
		{"stripped before the mux", http.StripPrefix("/api", mux("/debug/tracewatch/", h)), map[string]int{"/api/debug/tracewatch/": ok, "/api/debug/tracewatch/live.json": ok, "/api/debug/tracewatch/a/live.json": no}},
		{"stripped in part", mux("/api/debug/tracewatch/", http.StripPrefix("/api", h)), map[string]int{"/api/debug/tracewatch/": ok, "/api/debug/tracewatch/live.json": ok, "/api/debug/tracewatch/a/live.json": no}},
		{"other router", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Pattern = "/debug/tracewatch/*"
			h.ServeHTTP(w, r)
		}), map[string]int{"/debug/tracewatch/": ok, "/debug/tracewatch/live.json": ok, "/debug/tracewatch/a/live.json": no}},
	} {
		for target, status := range c.asked {
			t.Run(c.name+target, func(t *testing.T) {
				w := fetch(c.mounted, target)
				if w.Code == http.StatusMovedPermanently || w.Code == http.StatusTemporaryRedirect && w.Header().Get("Content-Security-Policy") == "" {
					require.Equal(t, http.StatusTemporaryRedirect, status) // the mux's own
					return
				}
				require.Equal(t, status, w.Code, w.Body)
				if status == redirect {
					require.Equal(t, "./tracewatch/", w.Header().Get("Location"))
				}
			})
		}
	}
	require.Contains(t, told(t, fetch(mux("/debug/tracewatch", h), "/debug/tracewatch")), `mux.Handle("/debug/tracewatch/",`)
	require.Contains(t, told(t, fetch(h, "/a/live.json")), "http.StripPrefix")
}

// Nobody is sent to another host.
func TestRedirect(t *testing.T) {
	h := newHandler(newFake(1), nil)
	for _, uri := range []string{"//evil.example", "/a:b", "/..", "/.", `/\evil.example`, "/%2f%2fevil.example", "http://localhost//evil.example", "/a\r\nX: y"} {
		w := fetch(h, "/", func(r *http.Request) { r.URL.Path, r.URL.RawPath, r.RequestURI = "", "", uri })
		location := w.Header().Get("Location")
		require.True(t, location == "" && w.Code == http.StatusNotFound || strings.HasPrefix(location, "./"), "%s: %d %q", uri, w.Code, location)
	}
}

// What net/http's client would not send.
func TestRawPaths(t *testing.T) {
	h := newHandler(newFake(1), nil)
	for _, m := range []http.Handler{mux("/debug/tracewatch/", h), http.StripPrefix("/debug/tracewatch", h), h} {
		s := httptest.NewServer(m)
		defer s.Close()
		for _, target := range []string{
			"/debug/tracewatch/../tracewatch/live.json", "/debug/tracewatch/x/../live.json", "/debug/tracewatch//live.json", "//debug/tracewatch/live.json",
			"/debug/tracewatch/./live.json", "/debug/tracewatch/%2e%2e/live.json", "/debug/tracewatch/%2e/live.json", "/debug/tracewatch/%2E%2e%2flive.json",
			"/debug/tracewatch/..%2flive.json", `/debug/tracewatch/\live.json`, `/debug/tracewatch/..\live.json`, "/debug/tracewatch/%5clive.json",
			"/debug/tracewatch/%00", "/debug/tracewatch/live.json%00", "/debug/tracewatch/live.json;x", "/debug/tracewatch/live.json%20", "/debug/tracewatch/LIVE.JSON",
			"/debug/tracewatch/live.json/", "/debug/tracewatch/live.json/.", "/debug/tracewatch/..", "*", "localhost:80", "/debug/tracewatch/%",
			"/debug/tracewatch/%c0%ae%c0%ae/live.json", "/debug/tracewatch/page.html/../live.json", "/debug/tracewatch/assets/../live.json",
			"/debug/tracewatch/dump/../../../etc/passwd", "/debug/tracewatch/..;/live.json",
		} {
			resp := raw(t, s, "GET "+target+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
			require.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest, http.StatusMovedPermanently, http.StatusTemporaryRedirect}, resp.StatusCode, target)
			if resp.StatusCode < 400 {
				require.NotContains(t, resp.Header, "Content-Security-Policy", "the mux's own answer: %s", target)
			}
		}
	}
	s := httptest.NewServer(h)
	defer s.Close()
	require.Equal(t, http.StatusOK, raw(t, s, "GET /live.json HTTP/1.0\r\n\r\n").StatusCode)
	require.Equal(t, http.StatusOK, raw(t, s, "GET http://localhost/live.json HTTP/1.1\r\nHost: evil.example\r\n\r\n").StatusCode) // the target counts
	require.Equal(t, http.StatusForbidden, raw(t, s, "GET http://evil.example/live.json HTTP/1.1\r\nHost: localhost\r\n\r\n").StatusCode)
	require.Equal(t, http.StatusForbidden, raw(t, s, "GET /live.json HTTP/1.1\r\nHost:\r\n\r\n").StatusCode)
	require.Equal(t, http.StatusMethodNotAllowed, raw(t, s, "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n\r\n").StatusCode)
	require.Equal(t, http.StatusOK, raw(t, s, "HEAD /trace HTTP/1.0\r\n\r\n").StatusCode)
	// A body that never comes is not waited for.
	require.Equal(t, http.StatusBadRequest, raw(t, s, "GET /live.json HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n").StatusCode)
	require.Equal(t, http.StatusBadRequest, raw(t, s, "GET /live.json HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n").StatusCode)
	require.Equal(t, http.StatusForbidden, raw(t, s, "POST /live.json HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n").StatusCode)
}

// raw sends bytes and reads the head of the answer.
func raw(t *testing.T, s *httptest.Server, request string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte(request))
	require.NoError(t, err)
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	require.NoError(t, err, request)
	require.NoError(t, resp.Body.Close())
	return resp
}

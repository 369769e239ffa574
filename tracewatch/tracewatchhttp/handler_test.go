package tracewatchhttp

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// fetch answers a request of a client on this machine, which mount and change may alter.
func fetch(h http.Handler, target string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:50000", "localhost:6060"
	for _, c := range change {
		c(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func with(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

func by(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }

// told returns what a problem says, and checks that it is one.
func told(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	var p Problem
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p), w.Body)
	require.NotEmpty(t, p.Error)
	return p.Error
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) *T {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	v := new(T)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), v))
	return v
}

// secure checks the headers that every answer has.
func secure(t testing.TB, header http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"X-Frame-Options":              "DENY",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
	} {
		require.Equal(t, []string{want}, header[name], name)
	}
	for name := range header {
		require.False(t, strings.HasPrefix(name, "Access-Control-"), name)
	}
	require.Contains(t, []string{"no-store", "private, no-cache"}, header.Get("Cache-Control"))
}

func TestEndpoints(t *testing.T) {
	dir := t.TempDir()
	dump := filepath.Join(dir, "tracewatch-20260102T150405.000Z-0001-sched-delay.trace")
	require.NoError(t, os.WriteFile(dump, []byte("a dump"), 0o600))
	src := newFake(4)
	src.dumps[1] = [2]string{dump, dump}
	src.dumps[2] = [2]string{dump + ".gone", dir}
	for _, c := range []struct {
		target, contentType, body string
	}{
		{"/", "text/html; charset=utf-8", ""},
		{"/live.json", "application/json", `{"program":{"name":"shop"`},
		{"/live.json?after=600", "application/json", `"strips":[],"more":false`},
		{"/anomalies.json", "application/json", `{"anomalies":[{"number":3`},
		{"/report.json", "application/json", `"report":{"from_ns":570000000000`},
		{"/cell.json?proc=1&from=571000000000&to=572000000000", "application/json", `{"proc":1,"from_ns":571000000000`},
		{"/trace", "application/octet-stream", "tracetrace"},
		{"/trace?seconds=3", "application/octet-stream", "tracetrace"},
		{"/trace?from=571000000000&to=572000000000", "application/octet-stream", "tracetrace"},
		{"/profile?kind=sched", "application/octet-stream", "sched of 30s"},
		{"/profile?kind=network&seconds=2", "application/octet-stream", "network of 2s"},
		{"/heatmap.png", "image/png", "picture false"},
		{"/heatmap.svg", "image/svg+xml", "picture true"},
		{"/dump?anomaly=1", "application/octet-stream", "a dump"},
		{"/allocs?anomaly=1", "application/octet-stream", "a dump"},
	} {
		t.Run(c.target, func(t *testing.T) {
			h := newHandler(src, nil) // with a minute's worth of everything
			h.program.Name = "shop"
			w := fetch(h, c.target)
			require.Equal(t, http.StatusOK, w.Code, w.Body)
			require.Equal(t, c.contentType, w.Header().Get("Content-Type"))
			require.Contains(t, w.Body.String(), c.body)
			require.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))
			secure(t, w.Header())

			head := fetch(h, c.target, by(http.MethodHead))
			require.Equal(t, http.StatusOK, head.Code)
			require.Zero(t, head.Body.Len())
			require.Equal(t, c.contentType, head.Header().Get("Content-Type"))
			require.Equal(t, w.Header().Get("Content-Disposition"), head.Header().Get("Content-Disposition"))
			secure(t, head.Header())
		})
	}

	for _, c := range []struct {
		target string
		status int
		says   string
	}{
		{"/nothing", 404, "nothing here"},
		{"/page.html", 404, ""},
		{"/assets/page.html", 404, ""},
		{"/live.json?after=-1", 400, "after is \"-1\"; it has to be a whole number from 0"},
		{"/live.json?after=", 400, "whole number"},
		{"/live.json?after=1e3", 400, "whole number"},
		{"/live.json?after=+1", 400, "whole number"},
		{"/live.json?after=%2B1", 400, "whole number"},
		{"/live.json?after=99999999999999999999", 400, "whole number"},
		{"/live.json?after=1&after=1", 400, "2 times"},
		{"/live.json?afer=1", 400, `"afer" is no parameter; there are after`},
		{"/live.json?after=1;x", 400, "cannot be read"},
		{"/live.json?%zz", 400, "cannot be read"},
		{"/anomalies.json?x=1", 400, "there are no parameters"},
		{"/report.json?x", 400, "there are no parameters"},
		{"/cell.json", 400, "proc is missing"},
		{"/cell.json?proc=1", 400, "from is missing"},
		{"/cell.json?proc=-1&from=1&to=2", 400, "proc"},
		{"/cell.json?proc=65536&from=1&to=2", 400, "0 to 65535"},
		{"/cell.json?proc=1&from=2&to=2", 400, "after from"},
		{"/cell.json?proc=1&from=3&to=2", 400, "after from"},
		{"/cell.json?proc=1&from=-1&to=2", 400, "from"},
		{"/cell.json?proc=1&from=0&to=9223372036854775807", 400, "to"},
		{"/cell.json?proc=1&from=0&to=10000000001", 400, "at most 10s"},
		{"/cell.json?proc=1&from=1&to=2", 410, "not in memory any more: what is begins at 570000000000"},
		{"/cell.json?proc=1&from=600000000000&to=600000000001", 503, "not in memory yet"},
		{"/trace?seconds=0", 400, "1 to 3600"},
		{"/trace?seconds=3601", 400, "1 to 3600"},
		{"/trace?seconds=1.5", 400, "1 to 3600"},
		{"/trace?seconds=NaN", 400, "1 to 3600"},
		{"/trace?seconds=1&from=1&to=2", 400, "either seconds or from and to"},
		{"/trace?from=1", 400, "to is missing"},
		{"/trace?to=1", 400, "from is missing"},
		{"/trace?from=1&to=2", 410, "nothing of that time is in memory"},
		{"/profile", 400, `kind is ""; there are: sched`},
		{"/profile?kind=../../etc/passwd", 400, "there are: sched"},
		{"/profile?kind=sched&seconds=0", 400, "1 to 3600"},
		{"/profile?kind=sched&seconds=1&from=1&to=2", 400, "either seconds or from and to"},
		{"/profile?kind=sched&from=1&to=2", 410, "in memory"},
		{"/profile?kind=sched&kind=network", 400, "2 times"},
		{"/heatmap.png?width=199", 400, "200 to 4096"},
		{"/heatmap.png?height=99999", 400, "100 to 2160"},
		{"/heatmap.svg?dark=yes", 400, "0 to 1"},
		{"/heatmap.svg?seconds=601", 400, "1 to 600"},
		{"/dump", 400, "anomaly is missing"},
		{"/dump?anomaly=../../etc/passwd", 400, "whole number"},
		{"/dump?anomaly=0", 400, "whole number"},
		{"/dump?anomaly=1.trace", 400, "whole number"},
		{"/dump?anomaly=" + dump, 400, "whole number"},
		{"/dump?anomaly=1%00", 400, `"1\x00"`},
		{"/dump?name=" + dump, 400, "no parameter"},
		{"/dump?anomaly=7", 404, "no anomaly 7"},
		{"/dump?anomaly=3", 404, "WithDumpDir"},
		{"/dump?anomaly=2", 410, "WithDumpLimits"},
		{"/allocs?anomaly=2", 410, "not there any more"}, // a directory
		{"/allocs?anomaly=3", 404, "gc-assist"},
		{"/live.json?" + strings.Repeat("a", 1025), 414, "1025 bytes, at most 1024"},
	} {
		t.Run(strings.ReplaceAll(c.target[:min(len(c.target), 60)], dir, ""), func(t *testing.T) {
			w := fetch(newHandler(src, nil), c.target)
			require.Equal(t, c.status, w.Code, w.Body)
			require.Contains(t, told(t, w), c.says)
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			if c.status == 503 {
				require.NotEmpty(t, w.Header().Get("Retry-After"))
			}
			secure(t, w.Header())
		})
	}
}

// A link in the place of a dump is not followed.
func TestDumpIsNoLink(t *testing.T) {
	dir := t.TempDir()
	secret, link := filepath.Join(dir, "secret"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(secret, []byte("secret"), 0o600))
	if err := os.Symlink(secret, link); err != nil {
		t.Skip(err)
	}
	src := newFake(1)
	src.dumps[1] = [2]string{link, link}
	require.Equal(t, http.StatusGone, fetch(newHandler(src, nil), "/dump?anomaly=1").Code)
}

func TestMethods(t *testing.T) {
	h := newHandler(newFake(1), nil)
	for _, m := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"} {
		for _, target := range []string{"/", "/live.json", "/nothing"} {
			w := fetch(h, target, by(m))
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, m)
			require.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
			told(t, w)
			secure(t, w.Header())
		}
	}
	w := fetch(h, "/live.json", func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader("body")), 4
	})
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Equal(t, "close", w.Header().Get("Connection"))
}

// Strips come in portions, by number and by size.
func TestLive(t *testing.T) {
	h := newHandler(newFake(4), nil)
	after, got := uint64(0), 0
	for {
		live := decode[Live](t, fetch(h, fmt.Sprint("/live.json?after=", after)))
		require.LessOrEqual(t, len(live.Strips), 60)
		for i, s := range live.Strips {
			require.Equal(t, after+uint64(i)+1, s.Number)
		}
		got += len(live.Strips)
		after += uint64(len(live.Strips))
		require.Equal(t, got < 600, live.More)
		require.Equal(t, uint64(3), live.Newest)
		require.Equal(t, 570*second, live.Health.MemoryFrom)
		require.NotZero(t, live.Now)
		require.Equal(t, os.Getpid(), live.Program.PID)
		if !live.More {
			break
		}
	}
	require.Equal(t, 600, got)
	require.Equal(t, strip(1, 4), decode[Live](t, fetch(h, "/live.json")).Strips[0])

	large := newFake(1)
	large.strips = []tracewatch.HeatStrip{strip(1, 4096), strip(2, 4096)}
	w := fetch(newHandler(large, nil), "/live.json")
	live := decode[Live](t, w)
	require.True(t, live.More)
	require.Len(t, live.Strips, 1) // the second one would not fit
	require.Less(t, w.Body.Len(), 3<<20)
}

func TestNames(t *testing.T) {
	src := newFake(1)
	h := newHandler(src, nil)
	for program, want := range map[string]string{
		"shop": "shop", `a"b\c/d é` + "\r\n": "a_b_c_d____", "..": "program", "": "program", ".hidden": "hidden", strings.Repeat("x", 99): strings.Repeat("x", 64),
	} {
		h.program.Name = program
		require.Equal(t, want, h.fileName())
	}
	h.program.Name = "shop"
	for target, want := range map[string][2]string{
		"/trace":            {`^attachment; filename=shop-\d{8}T\d{6}Z-30s\.trace$`, "30.000"},
		"/trace?seconds=5":  {`^attachment; filename=shop-\d{8}T\d{6}Z-5s\.trace$`, "5.000"},
		"/trace?seconds=99": {`^attachment; filename=shop-\d{8}T\d{6}Z-30s\.trace$`, "30.000"}, // what there is
		"/trace?from=599500000000&to=700000000000": {`Z-1s\.trace$`, "0.500"},
		"/profile?kind=sched":                      {`^attachment; filename=sched-shop-\d{8}T\d{6}Z\.pb\.gz$`, ""},
	} {
		w := fetch(h, target)
		require.Regexp(t, want[0], w.Header().Get("Content-Disposition"))
		require.Equal(t, want[1], w.Header().Get("X-Tracewatch-Seconds"))
	}
}

func TestPicture(t *testing.T) {
	src := newFake(1)
	require.Equal(t, http.StatusOK, fetch(newHandler(src, nil), "/heatmap.png?seconds=10&width=300&height=200&dark=1").Code)
	require.Equal(t, 300, src.picture.Width)
	require.Equal(t, 200, src.picture.Height)
	require.True(t, src.picture.Dark)
	require.Len(t, src.drawn, 10)
	src.strips = nil
	require.Equal(t, http.StatusServiceUnavailable, fetch(newHandler(src, nil), "/heatmap.png").Code)
}

func TestGzip(t *testing.T) {
	h := newHandler(newFake(8), nil)
	plain := decode[Live](t, fetch(h, "/live.json?after=590"))
	for accept, zipped := range map[string]bool{
		"gzip": true, "deflate, gzip;q=0.5": true, "GZIP": true, "br,gzip ; Q=1.0": true,
		"": false, "identity": false, "gzip;q=0": false, "gzip; q=0.0": false, "gzip;q=x": false, "xgzip": false,
	} {
		w := fetch(h, "/live.json?after=590", with("Accept-Encoding", accept))
		require.Equal(t, []string{"Accept-Encoding"}, w.Header()["Vary"])
		require.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))
		if !zipped {
			require.Empty(t, w.Header().Get("Content-Encoding"), accept)
			continue
		}
		require.Equal(t, "gzip", w.Header().Get("Content-Encoding"), accept)
		z, err := gzip.NewReader(w.Body)
		require.NoError(t, err)
		got, err := io.ReadAll(z)
		require.NoError(t, err)
		var live Live
		decodeInto(t, got, &live)
		require.Equal(t, plain.Strips, live.Strips)
	}
	w := fetch(h, "/live.json?after=x", with("Accept-Encoding", "gzip"))
	require.Empty(t, w.Header().Get("Content-Encoding"))
	told(t, w)
}

func TestAssets(t *testing.T) {
	h := newHandler(newFake(1), nil)
	large := bytes.Repeat([]byte("body{}\n"), 1000)
	h.files["page.css"] = &file{"text/css; charset=utf-8", "hash", document{plain: large}}
	h.zip(&h.files["page.css"].doc)
	for name := range h.files {
		w := fetch(h, "/"+name)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "private, no-cache", w.Header().Get("Cache-Control"))
		tag := w.Header().Get("Etag")
		require.Regexp(t, `^"\w+"$`, tag)
		for _, match := range []string{tag, `"x", W/` + tag, "*"} {
			again := fetch(h, "/"+name, with("If-None-Match", match))
			require.Equal(t, http.StatusNotModified, again.Code)
			require.Zero(t, again.Body.Len())
			require.Equal(t, tag, again.Header().Get("Etag"))
			secure(t, again.Header())
		}
		require.Equal(t, http.StatusOK, fetch(h, "/"+name, with("If-None-Match", `"x"`)).Code)
		require.Equal(t, http.StatusOK, fetch(h, "/"+name+"?v=1").Code)
	}
	w := fetch(h, "/page.css", with("Accept-Encoding", "gzip"))
	require.Equal(t, "gzip", w.Header().Get("Content-Encoding"))
	require.Equal(t, `"hash-gzip"`, w.Header().Get("Etag"))
	require.Less(t, w.Body.Len(), len(large))
}

func TestReadAssets(t *testing.T) {
	files := readAssets(fstest.MapFS{
		"assets/page.html": {Data: []byte("page")}, "assets/page.css": {}, "assets/js/map.js": {}, "assets/logo.svg": {}, "assets/logo.png": {},
		"assets/README.md": {}, "assets/.hidden": {}, "assets/page.ts": {},
	})
	types := make(map[string]string)
	for name, f := range files {
		types[name] = f.contentType
	}
	require.Equal(t, map[string]string{
		"": "text/html; charset=utf-8", "page.css": "text/css; charset=utf-8", "map.js": "text/javascript; charset=utf-8",
		"logo.svg": "image/svg+xml", "logo.png": "image/png",
	}, types)
}

func TestLimited(t *testing.T) {
	var b limited
	_, err := b.Write(make([]byte, limits.PageFileBytes))
	require.NoError(t, err)
	_, err = b.Write([]byte("x"))
	require.ErrorContains(t, err, "ask for less")
}

// After Stop what was seen is still there, and what needs the trace says so.
func TestStopped(t *testing.T) {
	src := newFake(1)
	src.fail(tracewatch.ErrStopped)
	h := newHandler(src, nil)
	require.Equal(t, http.StatusOK, fetch(h, "/").Code)
	require.Equal(t, http.StatusOK, fetch(h, "/anomalies.json").Code)
	require.Equal(t, http.StatusOK, fetch(h, "/heatmap.svg").Code)
	require.Equal(t, "stopped", decode[Live](t, fetch(h, "/live.json")).Health.Recorder)
	for _, target := range []string{"/report.json", "/cell.json?proc=0&from=1&to=2", "/trace", "/profile?kind=sched"} {
		w := fetch(h, target)
		require.Equal(t, http.StatusGone, w.Code)
		require.Contains(t, told(t, w), "has stopped")
	}
	src.fail(tracewatch.ErrNoTrace)
	for _, target := range []string{"/report.json", "/cell.json?proc=0&from=1&to=2", "/trace", "/profile?kind=sched"} {
		w := fetch(h, target)
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, "1", w.Header().Get("Retry-After"))
	}
}

func TestNoWatcher(t *testing.T) {
	h := Handler(nil, nil, WithAuthorization(nil), WithLogger(nil))
	require.Equal(t, http.StatusOK, fetch(h, "/").Code)
	w := fetch(h, "/live.json")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Contains(t, told(t, w), "tracewatch.Start")
}

// A panic of ours costs an answer, and is told to the logger alone.
func TestPanic(t *testing.T) {
	src := newFake(1)
	src.panics = true
	var log bytes.Buffer
	h := newHandler(src, []HandlerOption{WithLogger(slog.New(slog.NewTextHandler(&log, nil)))})
	for range 100 { // what was taken is given back
		w := fetch(h, "/live.json")
		require.Equal(t, http.StatusInternalServerError, w.Code)
		require.NotContains(t, told(t, w), "secret")
		secure(t, w.Header())
	}
	require.Contains(t, log.String(), "the watcher's secret")
	require.Equal(t, http.StatusInternalServerError, fetch(newHandler(src, nil), "/live.json").Code)

	// In the middle of an answer it is broken off.
	h.endpoints["live.json"] = endpoint{nil, func(x *exchange) error {
		x.start(http.StatusOK, "application/json", 100)
		panic("late")
	}}
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { fetch(h, "/live.json") })
	h.endpoints["live.json"] = endpoint{nil, func(*exchange) error { panic(http.ErrAbortHandler) }}
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { fetch(h, "/live.json") })
	h.endpoints["live.json"] = endpoint{nil, func(x *exchange) error {
		x.start(http.StatusOK, "application/json", 100)
		return errors.New("late")
	}}
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { fetch(h, "/live.json") })
	require.Zero(t, len(h.requests.slots))
	require.Zero(t, len(h.documents.slots))
}

func decodeInto(t *testing.T, body []byte, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(body, into), "%s", body)
}

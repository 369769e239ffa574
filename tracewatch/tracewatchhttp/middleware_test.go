package tracewatchhttp_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

var protocols = []struct {
	name  string
	http2 bool
}{{"HTTP/1.1", false}, {"HTTP/2.0", true}}

// What a handler does with its request's context belongs to the task.
func TestTask(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			h := func(_ http.ResponseWriter, r *http.Request) {
				defer trace.StartRegion(r.Context(), "reading").End()
				trace.Log(r.Context(), "id", r.PathValue("id"))
			}
			data := record(t, func() {
				served(tracewatchhttp.Middleware(routed(http.HandlerFunc(h), "GET /users/{id}")), p.http2, func(c *http.Client, url string) {
					for _, path := range []string{"/users/7", "/users/8", "/none"} {
						require.Equal(t, p.name, get(t, c, "GET", url+path).Proto)
					}
				})
			})
			got := tasks(t, data)
			require.Len(t, got, 3)
			require.Equal(t, "GET /users/{id}", got[0].name)
			require.Equal(t, []string{"reading"}, got[0].regions)
			require.Equal(t, []string{"7"}, got[0].logs)
			require.Equal(t, []string{"reading"}, got[1].regions)
			require.Equal(t, []string{"8"}, got[1].logs)
			require.Equal(t, "GET", got[2].name)
			require.Empty(t, got[2].regions)

			report, err := tracewatch.Analyze(t.Context(), bytes.NewReader(data))
			require.NoError(t, err)
			require.EqualValues(t, 3, report.Totals.Tasks.Count)
		})
	}
}

// While nothing is recorded the handler gets what the server gave, and nothing is allocated.
func TestOff(t *testing.T) {
	require.False(t, trace.IsEnabled())
	var got *http.Request
	h := tracewatchhttp.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }),
		tracewatchhttp.WithName(func(*http.Request) string { panic("called") }))
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	require.Zero(t, testing.AllocsPerRun(1_000, func() { h.ServeHTTP(w, r) }))
	require.Same(t, r, got)
}

// A flight recorder is a trace as well.
func TestFlightRecorder(t *testing.T) {
	rec := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: time.Minute})
	require.NoError(t, rec.Start())
	defer rec.Stop()
	served(tracewatchhttp.Middleware(http.HandlerFunc(ok)), false, func(c *http.Client, url string) {
		get(t, c, "GET", url)
	})
	var buf bytes.Buffer
	_, err := rec.WriteTo(&buf)
	require.NoError(t, err)
	require.Equal(t, []string{"GET"}, names(t, buf.Bytes()))
}

// A request during which recording begins has no task, and one during which it ends does no harm.
func TestRecordingChangesMeanwhile(t *testing.T) {
	var data bytes.Buffer
	h := tracewatchhttp.Middleware(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			require.NoError(t, trace.Start(&data))
		} else {
			trace.Stop()
		}
	}))
	defer trace.Stop()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	trace.Stop()
	require.Empty(t, tasks(t, data.Bytes()))

	require.NoError(t, trace.Start(io.Discard))
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	require.False(t, trace.IsEnabled())
}

// Around the mux and inside it: one request is one task.
func TestNested(t *testing.T) {
	calls := 0
	h := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { calls++ })
	inside := tracewatchhttp.Middleware(h, tracewatchhttp.WithName(func(*http.Request) string { return "inside" }))
	data := record(t, func() {
		served(tracewatchhttp.Middleware(routed(inside, "GET /users/{id}")), false, func(c *http.Client, url string) {
			get(t, c, "GET", url+"/users/7")
			get(t, c, "GET", url+"/users/8")
		})
	})
	require.Equal(t, []string{"GET /users/{id}", "GET /users/{id}"}, names(t, data))
	require.Equal(t, 2, calls)
}

// The ResponseWriter is the server's own, with everything that it can.
func TestResponseWriter(t *testing.T) {
	w := httptest.NewRecorder()
	record(t, func() {
		tracewatchhttp.Middleware(http.HandlerFunc(func(got http.ResponseWriter, _ *http.Request) {
			require.Same(t, w, got)
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	})
}

// A hijacked connection's task is as long as the handler.
func TestHijacked(t *testing.T) {
	done := make(chan struct{})
	h := tracewatchhttp.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return // the client gets an empty answer
		}
		defer conn.Close()
		_, _ = rw.WriteString("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nown")
		_ = rw.Flush()
	}))
	data := record(t, func() {
		served(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer close(done) // the server does not wait for it
			h.ServeHTTP(w, r)
		}), false, func(c *http.Client, url string) {
			require.EqualValues(t, 3, get(t, c, "GET", url).ContentLength)
			<-done
		})
	})
	require.Equal(t, []string{"GET"}, names(t, data))
}

// A handler's panic is the server's or the outer handlers' as ever, and the task has its end.
func TestPanic(t *testing.T) {
	for _, p := range protocols {
		for _, cause := range []any{http.ErrAbortHandler, "broken"} {
			t.Run(fmt.Sprint(p.name, ", ", cause), func(t *testing.T) {
				var got any
				h := tracewatchhttp.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(cause) }))
				data := record(t, func() {
					served(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						defer func() {
							got = recover()
							panic(got)
						}()
						h.ServeHTTP(w, r)
					}), p.http2, func(c *http.Client, url string) {
						r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("once")) // not tried again
						require.NoError(t, err)
						resp, err := c.Do(r)
						if err == nil {
							resp.Body.Close()
						}
						require.Error(t, err)
					})
				})
				require.Equal(t, cause, got)
				require.Equal(t, []string{"POST"}, names(t, data))
			})
		}
	}
}

// What routing and parsing set on the request is there for outer handlers, even if the inner
// one panics.
func TestOuterHandlerSees(t *testing.T) {
	for _, cause := range []any{nil, "broken"} {
		var outer, inner http.Request
		h := tracewatchhttp.Middleware(routed(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			require.NoError(t, r.ParseMultipartForm(1<<20))
			inner = *r
			if cause != nil {
				panic(cause)
			}
		}), "POST /users/{id}"))
		w, r := httptest.NewRecorder(), upload(t, "http://example.com/users/7?key=value", 10)
		record(t, func() {
			defer func() {
				require.Equal(t, cause, recover())
				outer = *r
			}()
			h.ServeHTTP(w, r)
		})
		require.Equal(t, "POST /users/{id}", outer.Pattern)
		require.Equal(t, "value", outer.Form.Get("key"))
		require.NotNil(t, outer.PostForm)
		require.Equal(t, inner.PostForm, outer.PostForm)
		require.NotNil(t, outer.MultipartForm)
		require.Same(t, inner.MultipartForm, outer.MultipartForm)
		require.NotEqual(t, inner.Context(), outer.Context())
	}
}

// The server removes the files of a large upload as it does without the middleware.
func TestUploadIsRemoved(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			if p.http2 && uploadsLeft(t, p.http2, func(h http.Handler) http.Handler { return h }) > 0 {
				t.Skip("the server leaves them behind by itself, as that of Go 1.27 does")
			}
			record(t, func() {
				require.Zero(t, uploadsLeft(t, p.http2, func(h http.Handler) http.Handler { return tracewatchhttp.Middleware(h) }))
			})
		})
	}
}

// uploadsLeft returns how many files are left of an upload to a server.
func uploadsLeft(t *testing.T, http2 bool, middleware func(http.Handler) http.Handler) int {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir) // Windows
	files := func() int {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		return len(entries)
	}
	during := 0
	served(middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 10); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
		during = files()
	})), http2, func(c *http.Client, url string) {
		require.Equal(t, http.StatusOK, send(t, c, upload(t, url, 1<<20)).StatusCode)
	})
	require.Equal(t, 1, during)
	return files()
}

// upload returns a request with a file of that size.
func upload(t *testing.T, url string, size int) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "name")
	require.NoError(t, err)
	_, err = file.Write(make([]byte, size))
	require.NoError(t, err)
	require.NoError(t, form.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, &body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return r
}

// TestConcurrent has clients while recording begins and ends, and then while it goes on.
func TestConcurrent(t *testing.T) {
	const clients, requests = 8, 50
	h := tracewatchhttp.Middleware(routed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer trace.StartRegion(r.Context(), "writing").End()
		_, _ = io.WriteString(w, r.PathValue("id"))
	}), "GET /users/{id}", "/any/{id}"))
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			served(h, p.http2, func(c *http.Client, url string) {
				crowd := func() {
					var wg sync.WaitGroup
					for i := range clients {
						wg.Go(func() {
							for j := range requests {
								path := [...]string{"/users/", "/any/", "/none/"}[(i+j)%3]
								resp, err := c.Get(fmt.Sprint(url, path, j))
								if err == nil {
									_, _ = io.Copy(io.Discard, resp.Body)
									resp.Body.Close()
								}
							}
						})
					}
					wg.Wait()
				}

				stop := make(chan struct{})
				var wg sync.WaitGroup
				wg.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							_ = trace.Start(io.Discard)
							trace.Stop()
						}
					}
				})
				crowd()
				close(stop)
				wg.Wait()

				got := names(t, record(t, crowd))
				require.Len(t, got, clients*requests)
				slices.Sort(got)
				require.Equal(t, []string{"GET", "GET /any/{id}", "GET /users/{id}"}, slices.Compact(got))
			})
		})
	}
}

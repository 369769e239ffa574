package tracewatchhttp_test

import (
	"net/http"
	"net/http/httptest"
	"runtime/trace"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// BenchmarkMiddleware serves a request with a handler that does nothing: alone, inside the
// middleware while nothing is recorded, and while a trace is. What of the trace is written for a
// request is given as traced-B/op.
func BenchmarkMiddleware(b *testing.B) {
	nothing := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		name string
		h    http.Handler
	}{
		{"no-mux", nothing},
		{"literal", routed(nothing, "GET /users/7")},
		{"wildcard", routed(nothing, "GET /users/{id}")},
		{"no-method", routed(nothing, "/users/{id}")},
	} {
		h := tracewatchhttp.Middleware(c.h)
		b.Run(c.name+"/bare", func(b *testing.B) { serve(b, c.h) })
		b.Run(c.name+"/off", func(b *testing.B) { serve(b, h) })
		b.Run(c.name+"/on", func(b *testing.B) {
			var n counter
			require.NoError(b, trace.Start(&n))
			serve(b, h)
			trace.Stop()
			b.ReportMetric(float64(n)/float64(b.N), "traced-B/op")
		})
	}
}

func serve(b *testing.B, h http.Handler) {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/users/7", nil)
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// counter counts the bytes that are written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

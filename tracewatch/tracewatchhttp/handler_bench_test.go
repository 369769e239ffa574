package tracewatchhttp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkLive answers live.json for a program with 64 Ps: one strip, as each second, and a full portion, as when the page
// is opened.
func BenchmarkLive(b *testing.B) {
	h := newHandler(newFake(64), nil)
	for _, strips := range []int{1, 60} {
		for _, encoding := range []string{"identity", "gzip"} {
			b.Run(fmt.Sprintf("strips=%d/%s", strips, encoding), func(b *testing.B) {
				r := httptest.NewRequest(http.MethodGet, fmt.Sprint("/live.json?after=", 600-strips), nil)
				r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost"
				r.Header.Set("Accept-Encoding", encoding)
				b.ReportAllocs()
				size := 0
				for b.Loop() {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						b.Fatal(w.Code)
					}
					size = w.Body.Len()
				}
				b.ReportMetric(float64(size), "sent-B/op")
			})
		}
	}
}

package timeline

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// recordService records a service and its clients, in this process and over the loopback
// device, for that long.
func recordService(tb testing.TB, d time.Duration) []byte {
	tb.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request map[string]int
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answers := make(chan int)
		for i := range 3 { // a request is seldom one goroutine's work
			go func() { answers <- request["n"] * i }()
		}
		sum := 0
		for range 3 {
			sum += <-answers
		}
		_ = json.NewEncoder(w).Encode(map[string]int{"sum": sum})
	}))
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	defer client.CloseIdleConnections()

	return record(tb, func() {
		var wg sync.WaitGroup
		end := time.Now().Add(d)
		for range 64 {
			wg.Go(func() {
				for time.Now().Before(end) {
					resp, err := client.Post(server.URL, "application/json", strings.NewReader(`{"n":7}`))
					if err != nil {
						tb.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
			})
		}
		wg.Wait()
	})
}

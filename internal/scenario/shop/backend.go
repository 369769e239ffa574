package shop

import (
	"math/rand/v2"
	"net/http"
	"time"
)

// quotePrice is the HTTP backend: it answers after one to three milliseconds.
func quotePrice(w http.ResponseWriter, _ *http.Request) {
	time.Sleep(millis(1, 3))
	w.Write([]byte(`{"amount":1999,"currency":"EUR"}`))
}

// millis returns a random duration of lo to hi milliseconds.
func millis(lo, hi int) time.Duration {
	return time.Duration(lo)*time.Millisecond + rand.N(time.Duration(hi-lo)*time.Millisecond)
}

// newClient returns a client that keeps conns connections. They are its own: those of the shared
// default client would outlive the service.
func newClient(conns int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxConnsPerHost: conns, MaxIdleConnsPerHost: conns}}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime/trace"
	"strings"
	"sync"
)

// clients is how many ask the service at once.
const clients = 64

// recordService records an HTTP service and its clients, in this process and over the
// loopback device, until there are so many bytes of trace.
func recordService(ctx context.Context, file string, bytes int) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	server := httptest.NewServer(http.HandlerFunc(answer))
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = clients
	defer client.CloseIdleConnections()

	ctx, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	if err := trace.Start(&counting{w: f, left: bytes, enough: func() { enough(errEnough) }}); err != nil {
		return err
	}
	defer trace.Stop()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := ask(client, server.URL); err != nil {
					enough(err)
				}
			}
		})
	}
	wg.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, errEnough) {
		return cause
	}
	return nil
}

var errEnough = errors.New("enough is recorded")

// answer gives its work to three goroutines, as a handler that asks others would.
func answer(w http.ResponseWriter, r *http.Request) {
	var request map[string]int
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answers := make(chan int)
	for i := range 3 {
		go func() { answers <- request["n"] * i }()
	}
	sum := 0
	for range 3 {
		sum += <-answers
	}
	_ = json.NewEncoder(w).Encode(map[string]int{"sum": sum})
}

func ask(client *http.Client, url string) error {
	resp, err := client.Post(url, "application/json", strings.NewReader(`{"n":7}`))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// counting says when so many bytes have been written.
type counting struct {
	w      io.Writer
	left   int
	enough func()
}

func (c *counting) Write(p []byte) (int, error) {
	if c.left -= len(p); c.left <= 0 {
		c.enough()
	}
	return c.w.Write(p)
}

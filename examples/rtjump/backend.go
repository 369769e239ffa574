package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// A backend is another service, on loopback, that takes as long to answer as it is told to.
type backend struct {
	server *server
	client *http.Client
}

func startBackend() (*backend, error) {
	s, err := serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d, err := time.ParseDuration(r.FormValue("take")); err == nil {
			time.Sleep(d)
		}
		fmt.Fprint(w, "1999")
	}))
	if err != nil {
		return nil, err
	}
	return &backend{server: s, client: newClient(100)}, nil
}

// ask asks the backend for what it takes so long for, and waits for the answer.
func (b *backend) ask(ctx context.Context, take time.Duration) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.url+"/?take="+take.String(), nil)
	if err != nil {
		return err
	}
	return drain(b.client.Do(req))
}

func (b *backend) stop(ctx context.Context) error {
	b.client.CloseIdleConnections()
	return b.server.stop(ctx)
}

// newClient returns a client with connections of its own: those of the default client would outlive
// whom they belong to.
func newClient(conns int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: conns}}
}

// drain reads the whole answer.
func drain(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

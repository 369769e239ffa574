package healthy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// serveHTTP serves on the loopback interface until the program stops, and returns the address, such
// as "http://127.0.0.1:40123".
func (p *program) serveHTTP(h http.Handler, protocols *http.Protocols) (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	var conns sync.WaitGroup // http.Server.Close does not wait for their goroutines
	s := &http.Server{Handler: h, Protocols: protocols, ConnState: func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			conns.Add(1)
		case http.StateClosed:
			conns.Done()
		}
	}}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	p.atEnd(func() error {
		err := s.Close()
		if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
			err = errors.Join(err, serveErr)
		}
		err = errors.Join(err, s.Close()) // again, for a connection accepted during the first call
		conns.Wait()
		return err
	})
	return "http://" + l.Addr().String(), nil
}

// client returns an HTTP client that keeps up to conns idle connections, and closes them at the end.
func (p *program) client(conns int) *http.Client {
	t := &http.Transport{MaxIdleConnsPerHost: conns}
	p.atEnd(func() error {
		t.CloseIdleConnections()
		return nil
	})
	return &http.Client{Transport: t}
}

// get asks for a page and reads all of it.
func get(ctx context.Context, c *http.Client, url string) error {
	body, err := open(ctx, c, url)
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.Copy(io.Discard, body)
	return err
}

// open asks for a page and returns its body.
func open(ctx context.Context, c *http.Client, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		resp.Body.Close()
		return nil, fmt.Errorf("%s: %s", url, resp.Status)
	}
	return resp.Body, nil
}

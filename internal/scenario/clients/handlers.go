package clients

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// handle serves HTTP requests, for each of which f is called, and has as many users as there are
// callers.
func (p *program) handle(f func() error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var conns sync.WaitGroup // http.Server.Close does not wait for their goroutines
	s := &http.Server{
		Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { p.fail(f()) }),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				conns.Add(1)
			case http.StateClosed:
				conns.Done()
			}
		},
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	transport := &http.Transport{MaxIdleConnsPerHost: callers}
	p.atEnd(func() error {
		transport.CloseIdleConnections()
		err := s.Close()
		if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
			err = errors.Join(err, serveErr)
		}
		err = errors.Join(err, s.Close()) // again, for a connection accepted during the first call
		conns.Wait()
		return err
	})
	users := &http.Client{Transport: transport}
	for range callers {
		p.running.Go(func() {
			for p.rest() {
				p.fail(request(p.ctx, users, "http://"+l.Addr().String()))
			}
		})
	}
	return nil
}

// request asks for a page and reads all of it.
func request(ctx context.Context, users *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := users.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

package shop

import (
	"errors"
	"net"
	"net/http"
	"sync"
)

// listenAll opens n loopback listeners, or none.
func listenAll(n int) ([]net.Listener, error) {
	var all []net.Listener
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			return nil, err
		}
		all = append(all, l)
	}
	return all, nil
}

// server is an HTTP server that can be waited for.
type server struct {
	http   http.Server
	url    string
	served chan error
	conns  sync.WaitGroup
}

func serve(l net.Listener, h http.Handler) *server {
	s := &server{url: "http://" + l.Addr().String(), served: make(chan error, 1)}
	s.http.Handler = h
	s.http.ConnState = s.connState
	go func() { s.served <- s.http.Serve(l) }()
	return s
}

// connState counts connections, because http.Server.Close does not wait for their goroutines.
func (s *server) connState(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed:
		s.conns.Done()
	}
}

// stop closes every connection and waits for the handlers.
func (s *server) stop() error {
	err := s.http.Close()
	if serveErr := <-s.served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	// Again, for a connection accepted during the first call.
	err = errors.Join(err, s.http.Close())
	s.conns.Wait()
	return err
}

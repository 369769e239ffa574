package sick

import (
	"errors"
	"net"
	"net/http"
	"sync"
)

// serveHTTP serves requests on the loopback interface until Stop, and returns the address.
func (s *stage) serveHTTP(h http.Handler) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	var conns sync.WaitGroup // http.Server.Close does not wait for their goroutines
	server := &http.Server{Handler: h, ConnState: func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			conns.Add(1)
		case http.StateClosed:
			conns.Done()
		}
	}}
	s.running.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.fail(err)
		}
	})
	s.atStop(server.Close)
	s.afterStop(func() error {
		err := server.Close() // again, for a connection accepted during the first call
		conns.Wait()
		return err
	})
	return l.Addr().String(), nil
}

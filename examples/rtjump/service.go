package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// A service is one version of a cause's service, with its backend, as it runs.
type service struct {
	program *program
	backend *backend
	front   *server
	cancel  context.CancelFunc
	beside  sync.WaitGroup
}

// start starts a service. The middleware is what makes its requests known to the trace.
func start(c *cause, v version) (*service, error) {
	b, err := startBackend()
	if err != nil {
		return nil, err
	}
	p := c.build(v, b)
	s := &service{program: p, backend: b}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /quote", p.handle)
	if s.front, err = serve(tracewatchhttp.Middleware(mux)); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	for _, f := range p.beside {
		s.beside.Go(func() { f(ctx) })
	}
	return s, nil
}

// patience is how long the last requests may take to end.
const patience = 10 * time.Second

// stop stops everything, and waits for it.
func (s *service) stop() (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if s.cancel != nil {
		s.cancel() // first: it may be what makes the requests slow
		s.beside.Wait()
	}
	if s.front != nil {
		err = s.front.stop(ctx)
	}
	err = errors.Join(err, s.backend.stop(ctx))
	if s.program.free != nil {
		s.program.free()
	}
	return err
}

// A server is an HTTP server on loopback.
type server struct {
	http   http.Server
	url    string
	served chan error
}

func serve(h http.Handler) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{http: http.Server{Handler: h}, url: "http://" + l.Addr().String(), served: make(chan error, 1)}
	go func() { s.served <- s.http.Serve(l) }()
	return s, nil
}

// stop waits for the requests that are being served.
func (s *server) stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if served := <-s.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, s.http.Close())
}

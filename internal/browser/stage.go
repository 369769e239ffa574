package browser

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/metric/noop"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// Path is where the page is.
const Path = "/debug/tracewatch/"

// Stage is a service with a fault, its watcher, and a server of its debug page.
type Stage struct {
	Watcher *tracewatch.Watcher
	URL     string // of the page

	shop   *shop.Service
	server http.Server
	served chan error
}

// Start starts a service with a mild fault, which leaves some of the machine to the browser. Dumps are written to
// a directory. Around is put around the page's handler, if it is not nil.
func Start(ctx context.Context, fault shop.Fault, dumps string, around func(http.Handler) http.Handler) (*Stage, error) {
	// What is watched ends before the watcher does.
	w, err := tracewatch.Start(context.WithoutCancel(ctx), tracewatch.WithMeterProvider(noop.NewMeterProvider()), tracewatch.WithDumpDir(dumps))
	if err != nil {
		return nil, err
	}
	s := &Stage{Watcher: w, served: make(chan error, 1)}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, w.Stop())
	}
	page := tracewatchhttp.Handler(w)
	if around != nil {
		page = around(page)
	}
	mux := http.NewServeMux()
	mux.Handle(Path, page)
	s.URL = "http://" + listener.Addr().String() + Path
	s.server.Handler, s.server.ReadHeaderTimeout = mux, 10*time.Second
	go func() { s.served <- s.server.Serve(listener) }()
	s.shop, err = shop.Start(ctx, shop.None, func(h http.Handler) http.Handler { return tracewatchhttp.Middleware(h) })
	if err == nil && fault != shop.None {
		err = s.shop.Break(fault, scenario.Mild)
	}
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// Stop ends the service, the server and the watcher, in this order, and waits for them.
func (s *Stage) Stop() error {
	var errs []error
	if s.shop != nil {
		errs = append(errs, s.shop.Stop())
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close() // somebody is still reading
	}
	if err := <-s.served; !errors.Is(err, http.ErrServerClosed) {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, s.Watcher.Stop())...)
}

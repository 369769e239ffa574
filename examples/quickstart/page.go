package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// pagePath is where the debug page is.
const pagePath = "/debug/tracewatch/"

// page is a server of the debug page. A service has one already, and adds the page to its mux.
type page struct {
	server http.Server
	url    string
	served chan error
}

// servePage serves the debug page at an address.
func servePage(addr string, w *tracewatch.Watcher) (*page, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(pagePath, tracewatchhttp.Handler(w))
	p := &page{url: "http://" + listener.Addr().String() + pagePath, served: make(chan error, 1)}
	p.server.Handler, p.server.ReadHeaderTimeout = mux, 10*time.Second
	go func() { p.served <- p.server.Serve(listener) }()
	return p, nil
}

// stop ends the server and what it is answering.
func (p *page) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := p.server.Shutdown(ctx); err != nil {
		_ = p.server.Close() // somebody is still downloading
	}
	if err := <-p.served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

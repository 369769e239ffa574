package tracewatchhttp_test

import (
	"context"
	"crypto/subtle"
	"errors"
	"log"
	"net/http"
	"runtime/trace"
	"strings"

	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// The middleware stands around the mux, and asks it for the routes.
func ExampleMiddleware() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, r *http.Request) {
		defer trace.StartRegion(r.Context(), "load").End() // in the request's task
		// …
	})
	log.Print(http.ListenAndServe("localhost:8080", tracewatchhttp.Middleware(mux)))
}

// A route with too many of what it serves in one, or too little, can have other names.
func ExampleWithName() {
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServer(http.Dir("public")))
	log.Print(http.ListenAndServe("localhost:8080", tracewatchhttp.Middleware(mux,
		tracewatchhttp.WithName(func(r *http.Request) string {
			if strings.HasPrefix(r.URL.Path, "/downloads/") {
				return "download"
			}
			return "" // the route
		}))))
}

// The debug page of a service, for whoever is logged in on its machine.
func ExampleHandler() {
	w, err := tracewatch.Start(context.Background())
	if err != nil {
		log.Print(err) // the page says so as well
	} else {
		defer w.Stop()
	}
	mux := http.NewServeMux()
	mux.Handle("/debug/tracewatch/", tracewatchhttp.Handler(w))
	log.Print(http.ListenAndServe("localhost:6060", mux))
}

// Behind a proxy that everybody comes through, the service has to say who may.
func ExampleWithAuthorization() {
	var w *tracewatch.Watcher // from tracewatch.Start
	mux := http.NewServeMux()
	mux.Handle("/debug/tracewatch/", tracewatchhttp.Handler(w,
		tracewatchhttp.WithHosts("debug.example.com"),
		tracewatchhttp.WithAuthorization(func(r *http.Request) error {
			if subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Debug-Token")), []byte("from your vault")) == 1 {
				return nil
			}
			return errors.New("no")
		})))
	log.Print(http.ListenAndServe(":8080", mux))
}

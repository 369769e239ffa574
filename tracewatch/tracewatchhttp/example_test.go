package tracewatchhttp_test

import (
	"log"
	"net/http"
	"runtime/trace"
	"strings"

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

package tracewatchhttp_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

func ok(http.ResponseWriter, *http.Request) {}

// routed is a mux with the patterns, each with the handler.
func routed(h http.Handler, patterns ...string) *http.ServeMux {
	mux := http.NewServeMux()
	for _, p := range patterns {
		mux.Handle(p, h)
	}
	return mux
}

// broken is a router whose answer is a panic.
type broken struct{ http.HandlerFunc }

func (broken) Handler(*http.Request) (http.Handler, string) { panic("broken") }

func TestTaskName(t *testing.T) {
	ok := http.HandlerFunc(ok)
	around := func(h http.Handler) http.Handler { return tracewatchhttp.Middleware(h) }
	named := func(name func(*http.Request) string) http.Handler {
		return tracewatchhttp.Middleware(routed(ok, "GET /users/{id}"), nil, tracewatchhttp.WithName(name))
	}
	mux := around(routed(ok, "GET /users/{id}", "/any/{rest...}", "/tree/{id}/", "example.com/", "POST example.com/in/", "BREW /pot"))
	for _, c := range []struct {
		about        string
		h            http.Handler
		method, path string
		host         string // the server's own if ""
		want         string
	}{
		{"the mux's pattern", mux, "GET", "/users/7", "", "GET /users/{id}"},
		{"HEAD goes to GET's handler", mux, "HEAD", "/users/7", "", "GET /users/{id}"},
		{"no method in the pattern", mux, "POST", "/any/where", "", "POST /any/{rest...}"},
		{"a host", mux, "GET", "/x/7", "example.com", "GET example.com/"},
		{"a host and a method", mux, "POST", "/in/7", "example.com", "POST example.com/in/"},
		{"redirected to the path with a slash", mux, "GET", "/tree/7", "", "GET /tree/{id}/"},
		{"redirected to the clean path", mux, "GET", "/any/../users/7", "", "GET /users/{id}"},
		{"CONNECT, for which the mux gives the path", mux, "CONNECT", "/tree/7", "", "CONNECT"},
		{"not found", mux, "GET", "/secret/7", "", "GET"},
		{"method not allowed", mux, "DELETE", "/users/7", "", "DELETE"},
		{"a pattern's own method", mux, "BREW", "/pot", "", "BREW /pot"},
		{"a client's own method", mux, "SECRET", "/any/7", "", "OTHER /any/{rest...}"},
		{"a client's own method, and no route", mux, "SECRET", "/secret/7", "", "OTHER"},

		{"inside the mux", routed(around(ok), "GET /users/{id}"), "GET", "/users/7", "", "GET /users/{id}"},
		{"inside the mux, no method", routed(around(ok), "/users/{id}"), "PUT", "/users/7", "", "PUT /users/{id}"},
		{"between two muxes", routed(around(routed(ok, "/api/users/{id}")), "/api/"), "GET", "/api/users/7", "", "GET /api/users/{id}"},
		{"between two muxes, not found", routed(around(routed(ok, "/api/users/{id}")), "/api/"), "GET", "/api/secret", "", "GET /api/"},

		{"no mux", around(ok), "GET", "/secret/7", "", "GET"},
		{"no mux, a client's own method", around(ok), "get", "/secret/7", "", "OTHER"},
		{"something before the mux", around(http.StripPrefix("/v1", routed(ok, "/users/{id}"))), "GET", "/v1/users/7", "", "GET"},
		{"a router that panics", around(broken{ok}), "GET", "/secret/7", "", "GET"},

		{"the user's", named(func(r *http.Request) string { return "my " + r.Method }), "GET", "/users/7", "", "my GET"},
		{"the user's is empty", named(func(*http.Request) string { return "" }), "GET", "/users/7", "", "GET /users/{id}"},
		{"the user's panics", named(func(*http.Request) string { panic("broken") }), "GET", "/users/7", "", "GET /users/{id}"},
		{"the user's is nil", named(nil), "GET", "/users/7", "", "GET /users/{id}"},
	} {
		t.Run(c.about, func(t *testing.T) {
			data := record(t, func() {
				served(c.h, false, func(client *http.Client, url string) {
					r, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, http.NoBody)
					require.NoError(t, err)
					if c.host != "" {
						r.Host = c.host
					}
					send(t, client, r)
				})
			})
			require.Equal(t, []string{c.want}, names(t, data))
			require.NotContains(t, string(data), "secret")
			require.NotContains(t, string(data), "SECRET")
		})
	}
}

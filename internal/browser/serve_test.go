package browser

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// serve serves a handler until the test ends, and returns its address without a slash behind it.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s.URL
}

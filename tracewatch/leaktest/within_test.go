package leaktest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		fn, name string
		want     bool
	}{
		{"net/http.(*Server).Serve", "net/http.(*Server).Serve", true},
		{"net/http.(*Server).Serve.func1", "net/http.(*Server).Serve", true},
		{"net/http.(*Server).Serve-fm", "net/http.(*Server).Serve", true},
		{"net/http.(*Server).ServeTLS", "net/http.(*Server).Serve", false},
		{"net/http.(*Server).Serve", "net/http.(*Server)", true},
		{"example.com/a.v1/shop.serve.gowrap1", "example.com/a.v1/shop.serve", true},
		{"example.com/a.v1/shop.TestServe.serve.func2", "example.com/a.v1/shop.serve", true}, // inlined into a test
		{"example.com/a.v1/shop.TestServe.serve2.func2", "example.com/a.v1/shop.serve", false},
		{"example.com/a.v1/shop.reserve.func2", "example.com/a.v1/shop.serve", false},
		{"example.com/b/shop.TestServe.serve.func2", "example.com/a.v1/shop.serve", false},
		{"shop.each[...]", "shop.each", true},
		{"shop.each[...].func1", "shop.each", true},
		{"shop.(*T).f.(*U).g.func1", "shop.(*U).g", true},
		{"main.main", "", false},
	} {
		require.Equal(t, c.want, within(c.fn, []string{c.name}), "%s in %s", c.fn, c.name)
	}
	require.False(t, within("main.main", nil))
}

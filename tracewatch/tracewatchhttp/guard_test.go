package tracewatchhttp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func host(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
func from(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }

// at says at which of its own addresses the server was reached.
func at(addr string) func(*http.Request) {
	return func(r *http.Request) {
		a := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr))
		*r = *r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(a)))
	}
}

func all(changes ...func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		for _, c := range changes {
			c(r)
		}
	}
}

// Who may by default.
func TestWhoMay(t *testing.T) {
	fetched := func(site, mode, dest string) func(*http.Request) {
		return all(with("Sec-Fetch-Site", site), with("Sec-Fetch-Mode", mode), with("Sec-Fetch-Dest", dest))
	}
	h := newHandler(newFake(1), []HandlerOption{WithHosts("debug.example.com", "Other.example.com:8443", "")})
	for _, c := range []struct {
		name   string
		target string
		change func(*http.Request)
		says   string // "" if it may
	}{
		{"IPv4", "/live.json", from("127.0.0.1:1"), ""},
		{"another loopback address", "/live.json", from("127.8.9.10:1"), ""},
		{"IPv6", "/live.json", from("[::1]:1"), ""},
		{"IPv4 in IPv6", "/live.json", from("[::ffff:127.0.0.1]:1"), ""},
		{"to loopback", "/live.json", at("127.0.0.1:6060"), ""},
		{"elsewhere", "/live.json", from("192.0.2.1:1"), "same machine"},
		{"elsewhere, the page", "/", from("10.0.0.1:1"), "WithAuthorization"},
		{"elsewhere, nothing", "/nothing", from("10.0.0.1:1"), "WithAuthorization"},
		{"elsewhere, IPv6", "/live.json", from("[2001:db8::1]:1"), "same machine"},
		{"elsewhere, IPv4 in IPv6", "/live.json", from("[::ffff:10.0.0.1]:1"), "same machine"},
		{"all addresses", "/live.json", from("0.0.0.0:1"), "same machine"},
		{"unix socket", "/live.json", from("@"), "same machine"},
		{"unix socket without a name", "/live.json", from(""), "same machine"},
		{"unix socket with a path", "/live.json", from("/run/x.sock"), "same machine"},
		{"a name", "/live.json", from("localhost:1"), "same machine"},
		{"set by middleware", "/live.json", from("127.0.0.1"), "same machine"},
		{"set by middleware, with a port", "/live.json", all(from("127.0.0.1:1"), at("10.0.0.1:80")), "same machine"},

		{"X-Forwarded-For", "/live.json", with("X-Forwarded-For", "127.0.0.1"), "header X-Forwarded-For"},
		{"X-Forwarded-For, empty", "/live.json", with("X-Forwarded-For", ""), "header X-Forwarded-For"},
		{"X-Forwarded-Proto", "/live.json", with("X-Forwarded-Proto", "https"), "WithAuthorization"},
		{"X-Forwarded-Host", "/live.json", with("X-Forwarded-Host", "localhost"), "WithAuthorization"},
		{"Forwarded", "/live.json", with("Forwarded", "for=127.0.0.1"), "WithAuthorization"},
		{"X-Real-IP", "/live.json", with("X-Real-Ip", "127.0.0.1"), "WithAuthorization"},
		{"Via", "/live.json", with("Via", "1.1 proxy"), "WithAuthorization"},
		{"CF-Connecting-IP", "/live.json", with("Cf-Connecting-Ip", "127.0.0.1"), "WithAuthorization"},
		{"True-Client-IP", "/live.json", with("True-Client-Ip", "127.0.0.1"), "WithAuthorization"},

		{"localhost", "/live.json", host("localhost"), ""},
		{"no host's address", "/live.json", host("0.0.0.0:6060"), "WithHosts"},
		{"no host's IPv6 address", "/live.json", host("[::]:6060"), "WithHosts"},
		{"Cloudflare", "/live.json", with("Cf-Ray", "1"), "WithAuthorization"},
		{"Tailscale", "/live.json", with("Tailscale-User-Login", "a"), "WithAuthorization"},
		{"localhost, upper case", "/live.json", host("LOCALHOST:80"), ""},
		{"localhost with a dot", "/live.json", host("localhost.:80"), ""},
		{"below localhost", "/live.json", host("shop.localhost:80"), ""},
		{"address", "/live.json", host("127.0.0.1:6060"), ""},
		{"another address", "/live.json", host("192.0.2.7"), ""},
		{"IPv6 address", "/live.json", host("[::1]:6060"), ""},
		{"IPv6 address without a port", "/live.json", host("[::1]"), ""},
		{"admitted", "/live.json", host("Debug.Example.com:1234"), ""},
		{"admitted with a port", "/live.json", host("other.example.com:8443"), ""},
		{"admitted with another port", "/live.json", host("other.example.com"), "WithHosts"},
		{"foreign", "/live.json", host("evil.example"), "WithHosts"},
		{"foreign, the page", "/", host("evil.example"), "WithHosts"},
		{"foreign with a port", "/live.json", host("evil.example:6060"), "WithHosts"},
		{"looks like localhost", "/live.json", host("localhost.evil.example"), "WithHosts"},
		{"ends like localhost", "/live.json", host("evillocalhost"), "WithHosts"},
		{"like localhost with a path", "/live.json", host("evil.example/.localhost"), "WithHosts"},
		{"user", "/live.json", host("localhost@evil.example"), "WithHosts"},
		{"begins with an address", "/live.json", host("127.0.0.1.evil.example"), "WithHosts"},
		{"a number", "/live.json", host("2130706433"), "WithHosts"},
		{"octal", "/live.json", host("0177.0.0.1"), "WithHosts"},
		{"IPv6 without brackets", "/live.json", host("::1"), "WithHosts"},
		{"port that is none", "/live.json", host("localhost:http"), "WithHosts"},
		{"below an admitted one", "/live.json", host("x.debug.example.com"), "WithHosts"},
		{"none", "/live.json", host(""), "WithHosts"},
		{"none, HTTP/1.0", "/live.json", all(host(""), func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 1, 0 }), ""},

		{"own origin", "/live.json", with("Origin", "http://localhost:6060"), ""},
		{"own origin, TLS before us", "/live.json", with("Origin", "https://localhost:6060"), ""},
		{"origin with another port", "/live.json", with("Origin", "http://localhost:8080"), "another origin"},
		{"origin without port", "/live.json", with("Origin", "http://localhost"), "another origin"},
		{"foreign origin", "/live.json", with("Origin", "https://evil.example"), "another origin"},
		{"foreign origin, the page", "/", with("Origin", "https://evil.example"), "another origin"},
		{"origin null", "/live.json", with("Origin", "null"), "another origin"},
		{"origin empty", "/live.json", with("Origin", ""), "another origin"},
		{"origin of another scheme", "/live.json", with("Origin", "file://localhost:6060"), "another origin"},
		{"origin with a user", "/live.json", with("Origin", "http://x@localhost:6060"), "another origin"},
		{"origin with a path", "/live.json", with("Origin", "http://localhost:6060/"), "another origin"},
		{"two origins", "/live.json", with("Origin", "http://localhost:6060", "https://evil.example"), "another origin"},

		{"fetched by the page", "/live.json", fetched("same-origin", "cors", "empty"), ""},
		{"typed", "/live.json", fetched("none", "navigate", "document"), ""},
		{"link to the page", "/", fetched("cross-site", "navigate", "document"), ""},
		{"link to a document", "/live.json", fetched("cross-site", "navigate", "document"), "another site"},
		{"link to a trace", "/trace", fetched("same-site", "navigate", "document"), "another site"},
		{"frame", "/", fetched("cross-site", "navigate", "iframe"), "another site"},
		{"picture", "/heatmap.png", fetched("cross-site", "no-cors", "image"), "another site"},
		{"script", "/", fetched("same-site", "no-cors", "script"), "another site"},
		{"another port", "/live.json", fetched("same-site", "cors", "empty"), "another site"},
		{"unknown", "/live.json", fetched("elsewhere", "cors", "empty"), "another site"},
		{"two sites", "/live.json", with("Sec-Fetch-Site", "same-origin", "cross-site"), "another site"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := fetch(h, c.target, c.change)
			secure(t, w.Header())
			if c.says == "" {
				require.Equal(t, http.StatusOK, w.Code, w.Body)
				return
			}
			require.Equal(t, http.StatusForbidden, w.Code)
			require.Contains(t, told(t, w), c.says)
		})
	}
}

// The user's function decides instead of where a client is, and of nothing else.
func TestAuthorization(t *testing.T) {
	src := newFake(1)
	var allow func(*http.Request) error
	h := newHandler(src, []HandlerOption{WithAuthorization(func(r *http.Request) error { return allow(r) }), WithHosts("debug.example.com")})
	proxied := all(from("192.0.2.1:1"), with("X-Forwarded-For", "198.51.100.1"), host("debug.example.com"))

	allow = func(r *http.Request) error {
		if r.Header.Get("X-User") != "admin" {
			return errors.New("the secret list does not have that user")
		}
		return nil
	}
	require.Equal(t, http.StatusOK, fetch(h, "/live.json", proxied, with("X-User", "admin")).Code)
	for _, change := range []func(*http.Request){proxied, from("127.0.0.1:1")} {
		for _, target := range []string{"/", "/live.json", "/nothing"} {
			w := fetch(h, target, change)
			require.Equal(t, http.StatusForbidden, w.Code)
			require.Equal(t, "not allowed", told(t, w))
		}
	}
	for _, change := range []func(*http.Request){host("evil.example"), with("Origin", "null"), with("Sec-Fetch-Site", "cross-site")} {
		w := fetch(h, "/live.json", proxied, with("X-User", "admin"), change)
		require.Equal(t, http.StatusForbidden, w.Code)
		require.NotEqual(t, "not allowed", told(t, w))
	}

	for _, v := range []any{"secret", http.ErrAbortHandler, nil, errors.New("secret")} {
		allow = func(*http.Request) error { panic(v) }
		w := fetch(h, "/live.json", proxied)
		require.Equal(t, http.StatusForbidden, w.Code)
		require.Equal(t, "not allowed", told(t, w))
	}

	// One that ends its goroutine has not allowed anything.
	allow = func(*http.Request) error { runtime.Goexit(); return nil }
	asked := src.asked
	var wg sync.WaitGroup
	wg.Go(func() { fetch(h, "/trace", proxied) })
	wg.Wait()
	require.Equal(t, asked, src.asked)
	require.Zero(t, len(h.requests.slots))
}

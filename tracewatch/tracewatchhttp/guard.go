package tracewatchhttp

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// guard decides who may.
type guard struct {
	allow func(*http.Request) error // nil: clients on this machine
	hosts map[string]bool           // admitted besides, in lower case
}

// admit adds hosts.
func (g *guard) admit(hosts []string) {
	if g.hosts == nil {
		g.hosts = make(map[string]bool)
	}
	for _, host := range hosts {
		g.hosts[strings.ToLower(host)] = host != ""
	}
}

// check refuses what comes from pages elsewhere, and by default who is elsewhere. Page says that
// the request is for the page itself.
func (g *guard) check(r *http.Request, page bool) error {
	if !g.knowsHost(r) {
		return problemf(http.StatusForbidden, "the page is not served under this name: use localhost or an address, or let the service admit the name with tracewatchhttp.WithHosts")
	}
	if !sameOrigin(r) {
		return problemf(http.StatusForbidden, "the request was made by a page of another origin")
	}
	if !fetchedHere(r, page) {
		return problemf(http.StatusForbidden, "the request was made by a page of another site; open the debug page itself and go on from there")
	}
	if g.allow != nil {
		return nil
	}
	if !local(r) {
		return problemf(http.StatusForbidden, "the page answers only to clients on the same machine; to admit others the service has to say whom, with tracewatchhttp.WithAuthorization")
	}
	if name := forwarded(r.Header); name != "" {
		return problemf(http.StatusForbidden, "the request has the header %s, so that a proxy forwards it for somebody who may be anywhere; to admit them the service has to say whom, with tracewatchhttp.WithAuthorization", name)
	}
	return nil
}

// errRefused is all that somebody learns who is not allowed.
var errRefused = &problem{status: http.StatusForbidden, text: "not allowed"}

// authorize asks the user's function.
func (g *guard) authorize(r *http.Request) (err error) {
	if g.allow == nil {
		return nil
	}
	err = errRefused // unless it returns
	defer func() {
		if recover() != nil {
			err = errRefused
		}
	}()
	if g.allow(r) == nil {
		return nil
	}
	return errRefused
}

// knowsHost tells if a request names a host that no other page's name can be made to point to.
func (g *guard) knowsHost(r *http.Request) bool {
	host := strings.ToLower(r.Host)
	if host == "" {
		return !r.ProtoAtLeast(1, 1) // older clients send none, and browsers are no such clients
	}
	name := host
	if strings.HasPrefix(host, "[") || strings.Contains(host, ":") {
		if h, port, err := net.SplitHostPort(host); err == nil {
			if _, err := strconv.ParseUint(port, 10, 16); err != nil {
				return false
			}
			name = h
		} else if h, ok := strings.CutSuffix(strings.TrimPrefix(host, "["), "]"); ok && strings.Contains(h, ":") {
			name = h
		}
	}
	if g.hosts[host] || g.hosts[name] {
		return true
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		// An IPv6 address has brackets. The address of no host reaches this one, too, and browsers do not say there
		// which page asks.
		return !addr.IsUnspecified() && (name != host || !strings.Contains(name, ":"))
	}
	name = strings.TrimSuffix(name, ".")
	sub, ok := strings.CutSuffix(name, "localhost")
	return ok && (sub == "" || strings.HasSuffix(sub, ".") && isName(sub))
}

// isName tells if there is nothing in a name that a host's cannot have.
func isName(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

// sameOrigin tells if a request that says which page made it was made by one of ours.
func sameOrigin(r *http.Request) bool {
	origins, ok := r.Header["Origin"]
	if !ok {
		return true
	}
	if len(origins) != 1 {
		return false
	}
	u, err := url.Parse(origins[0])
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil && u.Host != "" &&
		strings.EqualFold(u.Scheme+"://"+r.Host, origins[0]) // nothing else in it
}

// fetchedHere tells if a browser says of a request that our page made it, or nobody's.
func fetchedHere(r *http.Request, page bool) bool {
	sites, ok := r.Header["Sec-Fetch-Site"]
	if !ok {
		return true
	}
	if len(sites) != 1 {
		return false
	}
	switch sites[0] {
	case "same-origin", "none":
		return true
	case "same-site", "cross-site": // somebody follows a link
		return page && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	}
	return false
}

// local tells if the client is on this machine. A unix socket is no proof of that: that is how proxies connect.
// Neither is RemoteAddr alone, which middleware sets to what a header says: a connection to a loopback
// address comes from one.
func local(r *http.Request) bool {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !remote.Addr().Unmap().IsLoopback() {
		return false
	}
	addr, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return true // not served by net/http
	}
	here, err := netip.ParseAddrPort(addr.String())
	return err == nil && here.Addr().Unmap().IsLoopback()
}

// forwarded returns the header by which a proxy says that the request is somebody else's, or "".
func forwarded(header http.Header) string {
	for name := range header {
		for _, prefix := range [...]string{
			"X-Forwarded", "X-Original-", "X-Envoy-", "X-Haproxy-", "X-Arr-", "X-Amzn-", "X-Appengine-", "X-Azure-", "Cf-", "Cdn-", "Fastly-", "Fly-",
			"Ngrok-", "Tailscale-", "L5d-",
		} {
			if strings.HasPrefix(name, prefix) {
				return name
			}
		}
		switch name {
		case "Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "True-Client-Ip", "Client-Ip",
			"X-Proxyuser-Ip", "X-Proxy-User-Ip", "X-Host", "Proxy-Connection", "X-Remote-Addr", "X-Remote-Ip":
			return name
		}
	}
	return ""
}

package tracewatchhttp

import (
	"net/http"
	"net/url"
	"strings"
)

// place is what a request's path asks for.
type place struct {
	name     string // the last segment
	redirect string // where else it is, relative to what was asked for; "" if it is here
	missing  string // what is wrong with the path; "" if nothing is
}

const noSuchPlace = "there is nothing here"

// locate tells which of the handler's names a path asks for. All before the last segment must be where the
// handler is mounted.
func locate(r *http.Request) place {
	path := r.URL.EscapedPath()
	name := path[strings.LastIndexByte(path, '/')+1:]
	asked := askedFor(r)
	switch {
	case path == "" && asked != "" && !strings.HasSuffix(asked, "/"):
		return withoutSlash(asked) // behind StripPrefix
	case path == "" && asked == "" || r.URL.Opaque != "", isTrick(r.URL.Path),
		asked != "" && !strings.HasSuffix(asked, "/"+name):
		return place{name: name, missing: noSuchPlace}
	case strings.Count(path, "/") <= 1 && strings.TrimPrefix(path, "/") == name: // all else was stripped
		return place{name: name}
	}
	pattern := patternPath(r.Pattern)
	switch {
	case pattern == "":
		return place{name: name, missing: noSuchPlace + "; behind a router other than http.ServeMux the handler needs http.StripPrefix around it"}
	case !mountedAt(pattern, path) && !(len(asked) > len(path) && strings.HasSuffix(asked, path) && mountedAt(pattern, asked)):
		return place{name: name, missing: noSuchPlace}
	}
	return place{name: name}
}

// unknown says that nothing has the name.
func unknown(r *http.Request, name string) error {
	if pattern := patternPath(r.Pattern); name != "" && strings.HasSuffix(pattern, "/"+name) {
		return problemf(http.StatusNotFound, "the page has to be mounted below a path that ends in a slash: mux.Handle(%q, tracewatchhttp.Handler(w))", pattern+"/")
	}
	return problemf(http.StatusNotFound, noSuchPlace)
}

// askedFor returns the path of the request as the client sent it, whatever was stripped from it since; "" if the
// request does not tell.
func askedFor(r *http.Request) string {
	uri := r.RequestURI
	if !strings.HasPrefix(uri, "/") {
		u, err := url.Parse(uri)
		if err != nil || u.Host == "" {
			return ""
		}
		return u.EscapedPath()
	}
	uri, _, _ = strings.Cut(uri, "?")
	return uri
}

// withoutSlash sends somebody to the page who left out the slash at the end of its path.
func withoutSlash(asked string) place {
	last := asked[strings.LastIndexByte(asked, '/')+1:]
	if last == "" || !isName(strings.ToLower(last)) || strings.Trim(last, ".") == "" {
		return place{missing: "the page is at this path with a slash behind it"}
	}
	return place{redirect: "./" + last + "/"}
}

// isTrick tells if there is something in a path that means something else to others.
func isTrick(path string) bool {
	if strings.ContainsAny(path, "\\\x00") || strings.Contains(path, "//") {
		return true
	}
	for seg := range strings.SplitSeq(path, "/") {
		if seg == "." || seg == ".." {
			return true
		}
	}
	return false
}

// patternPath returns the path of a pattern, [METHOD ][HOST]/[PATH]; "" if it has none.
func patternPath(pattern string) string {
	if i := strings.IndexAny(pattern, " \t"); i >= 0 {
		pattern = strings.TrimLeft(pattern[i:], " \t")
	}
	if i := strings.IndexByte(pattern, '/'); i >= 0 {
		return pattern[i:]
	}
	return ""
}

// mountedAt tells if all but the last segment of a path is what a pattern has before its own last.
func mountedAt(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, w := range want[:len(want)-1] {
		if strings.HasPrefix(w, "{") {
			continue
		}
		g, err := url.PathUnescape(got[i])
		if w, werr := url.PathUnescape(w); err != nil || werr != nil || g != w {
			return false
		}
	}
	return true
}

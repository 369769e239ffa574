package tracewatchhttp

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// query is the parameters of a request, each of which is one of those known and there once.
type query map[string]string

// parseQuery returns the parameters.
func parseQuery(raw string, known []string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, problemf(http.StatusBadRequest, "the query cannot be read: NAME=VALUE, with & between two of them")
	}
	q := make(query, len(values))
	for name, all := range values {
		switch {
		case !slices.Contains(known, name) && len(known) == 0:
			return nil, problemf(http.StatusBadRequest, "there are no parameters")
		case !slices.Contains(known, name):
			return nil, problemf(http.StatusBadRequest, "%s is no parameter; there are %s", quote(name), strings.Join(known, ", "))
		case len(all) > 1:
			return nil, problemf(http.StatusBadRequest, "%s is there %d times; once is enough", name, len(all))
		}
		q[name] = all[0]
	}
	return q, nil
}

// has tells if a parameter is there.
func (q query) has(name string) bool {
	_, ok := q[name]
	return ok
}

// whole returns a parameter that is a whole number, from least to most, or what it is by default.
func (q query) whole(name string, byDefault, least, most int64) (int64, error) {
	s, ok := q[name]
	if !ok {
		return byDefault, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= least && n <= most && s[0] != '+' {
		return n, nil
	}
	return 0, problemf(http.StatusBadRequest, "%s is %s; it has to be a whole number from %d to %d", name, quote(s), least, most)
}

// needed is like whole for a parameter that must be there.
func (q query) needed(name, what string, least, most int64) (int64, error) {
	if !q.has(name) {
		return 0, problemf(http.StatusBadRequest, "%s is missing: %s", name, what)
	}
	return q.whole(name, 0, least, most)
}

// moments returns from and to, two moments of the trace's clock of which both are there.
func (q query) moments() (from, to int64, err error) {
	const what = "a moment of the trace's clock in nanoseconds"
	if from, err = q.needed("from", what, 0, limits.Nanoseconds); err != nil {
		return 0, 0, err
	}
	if to, err = q.needed("to", what, 0, limits.Nanoseconds); err != nil {
		return 0, 0, err
	}
	if to <= from {
		return 0, 0, problemf(http.StatusBadRequest, "to is %d and from is %d; to has to be after from", to, from)
	}
	return from, to, nil
}

// quote writes something of the client's into a sentence.
func quote(s string) string {
	const most = 40
	if len(s) > most {
		return fmt.Sprintf("%+q… (%d bytes)", s[:most], len(s))
	}
	return fmt.Sprintf("%+q", s)
}

package tracewatchhttp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// problem is an error that the client is told.
type problem struct {
	status int
	retry  time.Duration // when to come again; 0: that makes no difference
	text   string
}

// Error implements error.
func (p *problem) Error() string { return p.text }

func problemf(status int, format string, args ...any) error {
	return &problem{status: status, text: fmt.Sprintf(format, args...)}
}

var (
	errBug     = &problem{status: http.StatusInternalServerError, text: "a bug in tracewatchhttp; with tracewatchhttp.WithLogger it says which"}
	errStopped = &problem{status: http.StatusGone, text: "the watcher has stopped, and its trace is not in memory any more"}
	errNoTrace = &problem{status: http.StatusServiceUnavailable, retry: time.Second, text: "there is no trace in memory yet; the first comes a second after the watcher's start"}
	errSlow    = &problem{status: http.StatusServiceUnavailable, retry: time.Minute, text: "it took too long; ask for less"}
	errGone    = &problem{status: http.StatusServiceUnavailable, retry: time.Second, text: "the client has gone away"}
)

// problem returns what the client is told of an error. What it is not told the logger is.
func (h *handler) problem(err error) *problem {
	if p, ok := isProblem(err); ok {
		return p
	}
	switch {
	case errors.Is(err, tracewatch.ErrStopped):
		return errStopped
	case errors.Is(err, tracewatch.ErrNoTrace):
		return errNoTrace
	case errors.Is(err, context.DeadlineExceeded):
		return errSlow
	case errors.Is(err, context.Canceled):
		return errGone
	}
	h.say("a document could not be made", slog.Any("error", err))
	return &problem{status: http.StatusInternalServerError, text: "it could not be made; with tracewatchhttp.WithLogger the handler says why"}
}

// isProblem returns the problem that an error is.
func isProblem(err error) (p *problem, ok bool) {
	ok = errors.As(err, &p)
	return p, ok
}

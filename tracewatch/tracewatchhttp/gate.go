package tracewatchhttp

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// gate lets so many through at once. Some more wait, for a time; others are told to come again.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
}

func newGate(slots, queue int, wait time.Duration) *gate {
	return &gate{slots: make(chan struct{}, slots), queue: int64(queue), wait: wait}
}

var errBusy = &problem{status: http.StatusServiceUnavailable, retry: time.Second, text: "too many requests at once; come again"}

// enter returns when there is room. The error is errBusy if there is none, and that of ctx if it ends before.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	defer g.waiting.Add(-1)
	if g.waiting.Add(1) > g.queue {
		return errBusy
	}
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errBusy
	}
}

// leave makes room for one who entered.
func (g *gate) leave() { <-g.slots }

// rate allows for so many a minute, and some at once before that counts.
type rate struct {
	every  time.Duration // one
	atOnce time.Duration // that many of them

	mu   sync.Mutex
	till time.Time // what was taken is paid for then
}

func newRate(aMinute, atOnce int) *rate {
	every := time.Minute / time.Duration(aMinute)
	return &rate{every: every, atOnce: time.Duration(atOnce) * every}
}

// toll reports whether there is something left, and returns what charges for the work done since: each second of it
// counts as [limits.PageWorkShare] seconds.
func (r *rate) toll() (charge func(), err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.till.Before(now) {
		r.till = now
	}
	if over := r.till.Sub(now) - r.atOnce; over > 0 {
		return nil, &problem{status: http.StatusTooManyRequests, retry: over, text: "too much work was asked for in a short time; come again when Retry-After says"}
	}
	return func() {
		r.mu.Lock()
		r.till = r.till.Add(limits.PageWorkShare * time.Since(now))
		r.mu.Unlock()
	}, nil
}

// take takes one. The error says when there is one again.
func (r *rate) take() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if r.till.Before(now) {
		r.till = now
	}
	if over := r.till.Add(r.every).Sub(now) - r.atOnce; over > 0 {
		return &problem{status: http.StatusTooManyRequests, retry: over, text: "too many of these in a short time; come again when Retry-After says"}
	}
	r.till = r.till.Add(r.every)
	return nil
}

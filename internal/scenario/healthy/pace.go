package healthy

import (
	"context"
	"math/rand/v2"
	"time"
)

// every calls f once a period until ctx ends. A call that takes longer than the period costs calls:
// there is never a backlog.
func every(ctx context.Context, period time.Duration, f func()) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f()
		}
	}
}

// pause waits, and reports whether ctx has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// between returns a random duration from lo to hi.
func between(lo, hi time.Duration) time.Duration {
	return lo + rand.N(hi-lo)
}

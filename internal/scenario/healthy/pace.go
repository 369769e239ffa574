package healthy

import (
	"context"
	"math/rand/v2"
	"time"
)

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

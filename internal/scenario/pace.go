package scenario

import (
	"context"
	"time"
)

// Every calls f once a period until ctx ends. A call that takes longer than the period costs calls:
// there is never a backlog.
func Every(ctx context.Context, period time.Duration, f func()) {
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

// Apart calls f again and again until ctx ends, the first time after begin and then a pause after the
// last call has ended, however long that took.
func Apart(ctx context.Context, begin, pause time.Duration, f func()) {
	timer := time.NewTimer(begin)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			f()
			timer.Reset(pause)
		}
	}
}

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

package tracewatch

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// limiter keeps one trouble from being reported over and over. It counts on the
// trace's clock, so that the same trace gives the same anomalies however it is read.
type limiter struct {
	cooldown time.Duration
	last     map[limitKey]reported
	recent   []detectors.Time // of all reports in the last limitWindow
}

type limitKey struct{ kind, site string }

type reported struct {
	at    detectors.Time
	score float64
}

const (
	// worse is how many times the last score speaks again during the cooldown.
	worse = 2

	// limitWindow and limitCount bound all reports together: who gets twenty in a
	// minute reads none of them.
	limitWindow = time.Minute
	limitCount  = 20

	// limitKeys bounds the memory of what was reported.
	limitKeys = 1024
)

func newLimiter(cooldown time.Duration) *limiter {
	return &limiter{cooldown: cooldown, last: make(map[limitKey]reported)}
}

// pass reports whether a finding is to be reported now.
func (l *limiter) pass(kind, site string, score float64, at detectors.Time) bool {
	key := limitKey{kind, site}
	if r, ok := l.last[key]; ok && at.Sub(r.at) < l.cooldown && score < worse*r.score {
		return false
	}
	for len(l.recent) > 0 && at.Sub(l.recent[0]) >= limitWindow {
		l.recent = l.recent[1:]
	}
	if len(l.recent) >= limitCount {
		return false
	}
	l.recent = append(l.recent, at)
	if len(l.last) >= limitKeys {
		clear(l.last)
	}
	l.last[key] = reported{at, score}
	return true
}

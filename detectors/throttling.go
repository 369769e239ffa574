package detectors

import (
	"fmt"
	"time"
)

// throttling is what a number of stretches say together.
type throttling struct {
	from, to           Time
	periods, throttled uint64
	stopped            time.Duration
	quota              float64
	cpu                Counter[time.Duration]
	known              bool
}

func (t *throttling) add(m *stretch) {
	if !m.throttle.Known() {
		return
	}
	if !t.known {
		t.from, t.cpu = m.from, Count(time.Duration(0))
	}
	t.known, t.to = true, m.to
	t.periods += m.throttle.Periods
	t.throttled += m.throttle.Throttled
	t.stopped = addDurations(t.stopped, m.throttle.Time)
	t.quota = m.throttle.Quota
	t.cpu = plus(t.cpu, m.cpu)
}

// inPeriods is the share of the periods in which the group was stopped.
func (t *throttling) inPeriods() float64 { return float64(t.throttled) / float64(max(t.periods, 1)) }

// ofTime is the time that it was stopped, for each second, summed over its CPUs.
func (t *throttling) ofTime() float64 { return float64(t.stopped) / float64(max(t.to.Sub(t.from), 1)) }

// hasLimit reports whether there is a limit. The kernel counts periods only where there is one,
// also where it could not be read.
func (t *throttling) hasLimit() bool { return t.quota > 0 || t.periods > 0 }

// limit writes the limit.
func (t *throttling) limit() string {
	if t.quota <= 0 {
		return "not known"
	}
	return fmt.Sprintf("%.3g CPUs", t.quota)
}

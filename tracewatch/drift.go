package tracewatch

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// drift measures how far the trace's clock runs from the system's monotonic one.
type drift struct {
	from   detectors.Clocks // where measuring began
	tick   time.Duration
	perOne float64 // of a duration, the newest measure
}

// driftOver is how much time one measure spans: the three clocks are read one after the
// other, and the longer the time the less it matters if a thread was held up in between.
const driftOver = 10 * time.Second

// follow takes a window's clocks.
func (d *drift) follow(c *detectors.Clocks) {
	d.tick = c.Tick
	if !c.Known {
		return
	}
	mono := c.Mono - d.from.Mono
	if !d.from.Known || mono < 0 || c.Trace < d.from.Trace {
		d.from = *c
		return
	}
	if mono < time.Second {
		return
	}
	d.perOne = float64((c.Trace.Sub(d.from.Trace) - mono).Abs()) / float64(mono)
	if mono > driftOver {
		d.from = *c
	}
}

// error is by how much a duration may be off.
func (d *drift) error(of time.Duration) time.Duration {
	return d.tick + time.Duration(d.perOne*float64(of))
}

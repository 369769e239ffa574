package timeline

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/reading"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// read takes what the watch has logged. All its readings are logged by one goroutine, so
// that they come in their order.
func (t *Timeline) read(message string, at detectors.Time) {
	r, ok := reading.Parse(message)
	if !ok {
		return // something else that it has to say
	}
	if len(t.readings) == limits.Readings {
		t.ignored++
		return
	}
	r.At = at
	t.readings = append(t.readings, r)
}

// clocks returns what a generation says of the clocks.
func clocks(g *wire.Generation) detectors.Clocks {
	c := detectors.Clocks{Tick: time.Duration(max(g.Clock.Tick(), 1))}
	if g.HasSnapshot {
		c.Known = true
		c.Trace = detectors.Time(g.Snapshot.Trace)
		c.Mono = time.Duration(min(g.Snapshot.Mono, limits.Nanoseconds))
		c.Wall = g.Snapshot.Wall
	}
	return c
}

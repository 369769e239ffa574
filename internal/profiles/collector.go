package profiles

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// A Collector makes profiles while a trace is read. It is used by the goroutine that reads the trace.
type Collector struct {
	code     *detectors.Code
	observes detectors.Kinds
	from, to detectors.Time

	samples  samples
	unknown  [numKinds]uint64 // how many were not seen to begin
	requests requests
	stacks   stacks
	span     period

	// preempted are those that wait for a P because they were preempted, since that moment. Nothing
	// else tells: a goroutine that parked for the GC to scan its stack gives the same reason.
	preempted map[detectors.GoID]detectors.Time

	// born is, of goroutines that were created for a request, its name and when that was.
	born map[detectors.GoID]birth
}

type birth struct {
	request uint32
	at      detectors.Time
}

// whatever are the kinds that labels need. GoList and GoEnd among them say that what was known of a
// goroutine is no longer so.
var whatever = detectors.Set(detectors.TaskBegin, detectors.TaskEnd, detectors.RegionBegin, detectors.RegionEnd, detectors.GoList, detectors.GoEnd)

// New returns what makes the given profiles of a trace whose stacks are in code, each once. The error
// names one that is none.
func New(code *detectors.Code, kinds ...Kind) (*Collector, error) {
	c := &Collector{
		code: code, observes: whatever, from: math.MinInt64, to: math.MaxInt64,
		samples: newSamples(limits.ProfileSamples), requests: newRequests(), stacks: newStacks(),
		preempted: make(map[detectors.GoID]detectors.Time), born: make(map[detectors.GoID]birth),
	}
	for _, k := range kinds {
		i, ok := k.index()
		if !ok {
			return nil, k.unknown()
		}
		c.observes |= definitions[i].observes
		c.samples.tables[i] = newTable()
	}
	return c, nil
}

// Observer returns what a timeline has to tell. It makes the timeline read in the order of time.
func (c *Collector) Observer() timeline.Observer {
	return timeline.Observer{Observes: c.observes, Observe: c.observe}
}

// Between limits the profiles to what ends, or is created, from one moment on and before another.
// It is called before the trace is read, which must be read from its beginning all the same.
func (c *Collector) Between(from, to detectors.Time) { c.from, c.to = from, to }

// Window is called at the end of each window: without it, profiles do not say when they were, and
// waits that are longer than a window may be at stacks of their own.
func (c *Collector) Window(w *detectors.Window) {
	c.span.window(w)
	c.stacks.window(w)
	if w.Fresh {
		c.forget(w.Start)
	}
}

// forget drops what was known of goroutines that have ended in a gap, unseen.
func (c *Collector) forget(before detectors.Time) {
	c.requests.forget(before)
	for g, since := range c.preempted {
		if since < before {
			delete(c.preempted, g)
		}
	}
	for g, b := range c.born {
		if b.at < before {
			delete(c.born, g)
		}
	}
}

// period is the time that a trace is of.
type period struct {
	begin, end detectors.Time
	clocks     detectors.Clocks
	some       bool
}

func (p *period) window(w *detectors.Window) {
	if !p.some {
		p.some, p.begin = true, w.Start
	}
	p.end = w.End
	if !p.clocks.Known {
		p.clocks = w.Clocks
	}
}

// at returns what time of day it was at a moment, zero if the trace does not say.
func (p *period) at(t detectors.Time) time.Time {
	if !p.clocks.Known {
		return time.Time{}
	}
	return p.clocks.Wall.Add(t.Sub(p.clocks.Trace))
}

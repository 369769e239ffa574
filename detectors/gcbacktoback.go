package detectors

import (
	"fmt"
	"time"
)

// marking follows the collector's mark phase: how much of the time it lasts, and how often it
// begins anew. There is one at a time.
type marking struct {
	on    bool
	since Time // of the phase or of the window, what is later
	now   cycles
	start Time // of the window
}

// cycles is what the collector did in a time.
type cycles struct {
	marked time.Duration // of it the collector was marking
	ended  int           // mark phases that ended
	grown  uint64        // bytes that were allocated
	live   uint64        // the heap's size when it was last said
}

func (m *marking) observe(o *Observation) {
	switch o.Kind {
	case MarkBegin, MarkActive:
		if !m.on {
			m.on, m.since = true, o.Time
		}
	case MarkEnd:
		if m.on {
			m.now.marked += o.Time.Sub(max(m.since, m.start))
			m.now.ended++
		}
		m.on = false
	}
}

// end returns what there was in the window that ends.
func (m *marking) end(w *Window) cycles {
	c := m.now
	if m.on {
		c.marked += w.End.Sub(max(m.since, w.Start))
		m.since = w.End
	}
	m.now, m.start = cycles{}, w.End
	for _, column := range w.Totals.Heap.Columns {
		c.grown += column.Grown
	}
	c.live = w.Totals.Heap.Live
	c.marked = min(c.marked, w.Duration()) // what began before a gap did so at any time
	return c
}

func (c *cycles) add(o cycles) {
	c.marked += o.marked
	c.ended += o.ended
	c.grown += o.grown
	if o.live > 0 {
		c.live = o.live
	}
}

const (
	// minCycles is how many mark phases there must have been in these windows: one can take
	// that long with a very large heap, and says nothing of the next.
	minCycles = 10

	// newHeap is the part of the heap that must be new when a cycle begins. With GOGC=100 that is
	// half of it, with GOGC=25 a fifth; a heap that has reached GOMEMLIMIT has no room for more.
	newHeap = 0.1
)

// marks reports whether the collector was marking for most of a window.
func (s *gcAssist) marks(p pastWindow[*assistWindow]) bool {
	return float64(p.value.cycles.marked) > s.Marking*float64(p.end.Sub(p.start))
}

// backToBack returns the words for it if the collector marks for more than [GCAssist.Marking] of two windows in a row,
// and that because there is no room left to allocate in between, and its evidence.
func (s *gcAssist) backToBack() (summary string, evidence []Measure) {
	var all cycles
	var span time.Duration
	for _, p := range s.past.past {
		if s.marks(p) {
			all.add(p.value.cycles)
			span += p.end.Sub(p.start)
		}
	}
	n := len(s.past.past)
	if n < 2 || !s.marks(s.past.past[n-1]) || !s.marks(s.past.past[n-2]) || span < minLasting || all.ended < minCycles || all.live == 0 {
		return "", nil
	}
	between := all.grown / uint64(all.ended)
	if float64(between) >= newHeap*float64(all.live) {
		return "", nil
	}
	share, rate := float64(all.marked)/float64(span), float64(all.ended)/span.Seconds()
	return fmt.Sprintf("GC cycles run back to back: marking for %.0f%% of the time, %.0f cycles a second, %s allocated in between with %s in use",
			100*share, rate, megabytes(between), megabytes(all.live)), []Measure{
			{Name: "share of the time that the collector was marking", Value: share, Unit: "1", Threshold: s.Marking},
			{Name: "GC cycles", Value: rate, Unit: "1/s"},
			{Name: "allocated from one GC cycle to the next", Value: float64(between), Unit: "By"},
			{Name: "heap in use", Value: float64(all.live), Unit: "By"},
		}
}

// noRoom is what helps against it.
const noRoom = "The collector has no room: what is kept fills the memory limit, or GOGC is very low. Raise GOMEMLIMIT or GOGC, or keep less in memory."

func megabytes(n uint64) string { return fmt.Sprintf("%.3g MB", float64(n)/1e6) }

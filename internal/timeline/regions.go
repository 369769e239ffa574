package timeline

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// region is a user region that a goroutine is in.
type region struct {
	task  detectors.TaskID
	name  string
	since detectors.Time
}

// regions are the user regions that goroutines are in.
type regions struct {
	open  map[detectors.GoID][]region // the innermost last
	spare [][]region                  // room for the next goroutine's
}

// spareRegions is for how many goroutines there is room that none needs, each for at most
// spareDepth regions: a server that opens one for each request would otherwise allocate with each.
const (
	spareRegions = 1 << 10
	spareDepth   = 8
)

func newRegions() regions { return regions{open: make(map[detectors.GoID][]region)} }

// begin enters a region, or returns false if there is no room for it.
func (r *regions) begin(g detectors.GoID, x region) bool {
	open, ok := r.open[g]
	if n := len(r.spare); !ok && n > 0 {
		open = r.spare[n-1]
		r.spare = r.spare[:n-1]
	}
	if len(open) >= limits.Regions {
		return false
	}
	r.open[g] = append(open, x)
	return true
}

// innermost returns the region that a goroutine has entered last, and whether it is in any.
func (r *regions) innermost(g detectors.GoID) (region, bool) {
	open := r.open[g]
	if len(open) == 0 {
		return region{}, false
	}
	return open[len(open)-1], true
}

// end leaves the innermost region.
func (r *regions) end(g detectors.GoID) {
	if open := r.open[g]; len(open) > 1 {
		last := len(open) - 1
		open[last] = region{} // which holds a name
		r.open[g] = open[:last]
		return
	}
	r.forget(g)
}

// forget leaves all of a goroutine's regions.
func (r *regions) forget(g detectors.GoID) {
	if len(r.open) == 0 {
		return
	}
	if open, ok := r.open[g]; ok {
		delete(r.open, g)
		if len(r.spare) < spareRegions && cap(open) <= spareDepth {
			clear(open)
			r.spare = append(r.spare, open[:0])
		}
	}
}

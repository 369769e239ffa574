package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// goroutine is the state of one goroutine. It holds no pointer, so that the host's
// garbage collector has nothing to look at in a table of them.
type goroutine struct {
	detectors.Goroutine
	status wire.GoStatus // GoBad: there is no such goroutine
	assist rangeState
	stw    rangeState
	gen    uint64 // the generation that seq counts in
	seq    uint64

	netSite     detectors.SiteID  // where it last waited for the network
	given       bool              // something to do, since then
	assistStack detectors.StackID // of the assist that is going on
}

// rangeState is a range of time bound to a goroutine or a P.
type rangeState struct {
	active bool
	known  bool // since is when it began
	since  detectors.Time
	kind   uint64 // string of a stop-the-world's kind
}

const (
	pageBits = 6
	pageSize = 1 << pageBits
	pageMask = pageSize - 1

	// recentPages is the size of the direct-mapped cache in front of the map of
	// pages. Running goroutines are mostly young ones, next to each other.
	recentPages = 256
)

// page is a run of consecutive goroutine numbers.
type page struct {
	number uint64
	live   int
	slots  [pageSize]goroutine
}

// goroutines is a table by goroutine number. Numbers are dense: the runtime hands
// them out in order, so that a page fills up with goroutines of one age, and is
// given back when the last of them has ended.
type goroutines struct {
	recent [recentPages]*page
	pages  map[uint64]*page
	free   []*page
	live   int
}

func newGoroutines() goroutines {
	return goroutines{pages: make(map[uint64]*page)}
}

// find returns a goroutine, or nil if there is none of that number.
func (t *goroutines) find(id uint64) *goroutine {
	n := id >> pageBits
	p := t.recent[n%recentPages]
	if p == nil || p.number != n {
		if p = t.pages[n]; p == nil {
			return nil
		}
		t.recent[n%recentPages] = p
	}
	g := &p.slots[id&pageMask]
	if g.status == wire.GoBad {
		return nil
	}
	return g
}

// add makes room for a goroutine that is not in the table.
func (t *goroutines) add(id uint64) (*goroutine, error) {
	if t.live == limits.Goroutines {
		return nil, fmt.Errorf("more than %d goroutines at once", limits.Goroutines)
	}
	if id == 0 || id >= 1<<63 {
		return nil, fmt.Errorf("a goroutine of number %d", id)
	}
	n := id >> pageBits
	p := t.pages[n]
	if p == nil {
		if k := len(t.free); k > 0 {
			p = t.free[k-1]
			t.free = t.free[:k-1]
		} else {
			p = new(page)
		}
		p.number = n
		t.pages[n] = p
		t.recent[n%recentPages] = p
	}
	p.live++
	t.live++
	g := &p.slots[id&pageMask]
	g.ID = detectors.GoID(id)
	return g, nil
}

// remove takes a goroutine out of the table. Nothing may use g afterwards.
func (t *goroutines) remove(g *goroutine) {
	n := uint64(g.ID) >> pageBits
	p := t.pages[n]
	*g = goroutine{}
	t.live--
	if p.live--; p.live > 0 {
		return
	}
	delete(t.pages, n)
	if t.recent[n%recentPages] == p {
		t.recent[n%recentPages] = nil
	}
	// Keep a few: births and deaths at a page's edge would otherwise allocate.
	if len(t.free) < 64 {
		t.free = append(t.free, p)
	}
}

// all yields every goroutine.
func (t *goroutines) all(yield func(*detectors.Goroutine) bool) {
	for _, p := range t.pages {
		for i := range p.slots {
			if g := &p.slots[i]; g.status != wire.GoBad && !yield(&g.Goroutine) {
				return
			}
		}
	}
}

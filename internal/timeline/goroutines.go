package timeline

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// goroutine is the state of one goroutine. It holds no pointer, so that the host's
// garbage collector has nothing to look at in chunks of them. What each transition
// touches comes first, to share two cache lines.
type goroutine struct {
	gen uint64 // the generation that seq counts in
	seq uint64

	sited    bool // where it waits, or waited last, is counted: for the network, or for a mutex
	given    bool // something to do, since its last network wait
	wrote    bool // to the network, since then
	accepts  bool // it has waited for a connection to come in
	accepted bool // it was created by one that does: a connection's goroutine
	stops    bool // it has stopped the world

	place uint32 // its chunk's number and its slot there
	stay  StayID // its latest in the past, 0: none, or no past is kept

	detectors.Goroutine

	netSite     detectors.SiteID  // of its last wait for the network
	home        detectors.SiteID  // of the first one, if nothing was given before
	assistStack detectors.StackID // of the assist that is going on
	begins      detectors.StackID // where it was going to begin; 0 if that was not seen
	assist      rangeState
}

// lasted returns how long g has been in its state at a moment, or unknown.
func (g *goroutine) lasted(at detectors.Time) time.Duration {
	if !g.SinceKnown {
		return unknown
	}
	return g.age(at)
}

// age is lasted of what may have begun before it was seen. It is never negative: another
// thread's clock may be behind.
func (g *goroutine) age(at detectors.Time) time.Duration { return max(0, at.Sub(g.Since)) }

// unknown is the duration of what was not seen to begin.
const unknown = -1

// become lets g be in a state from a moment on.
func (g *goroutine) become(s detectors.GoState, at detectors.Time) {
	g.State, g.Since, g.SinceKnown = s, at, true
}

// rangeState is a range of time bound to a goroutine or a P.
type rangeState struct {
	active bool
	known  bool // since is when it began
	since  detectors.Time
}

const (
	pageBits = 5
	pageSize = 1 << pageBits
	pageMask = pageSize - 1

	chunkBits = 6
	chunkSize = 1<<chunkBits - 1 // with what else is in a chunk, that is 8 KB
	chunkMask = 1<<chunkBits - 1
	chunkFree = 1<<chunkSize - 1 // all slots are

	// The direct-mapped cache in front of the map of pages has from minRecent to maxRecent
	// entries, twice as many as there are pages: each lookup in the map takes as long as the
	// rest of an event. The largest is a megabyte, for a million goroutines.
	minRecent = 1 << 9
	maxRecent = 1 << 16

	// emptyPages is how many pages stay in the table when the last goroutine in them has
	// ended. The next one is likely born there at once: goroutines that live for
	// microseconds would otherwise take a page in and out each.
	emptyPages = 64

	// sparePages and spareChunks are kept though nobody needs them: births and
	// deaths would otherwise allocate.
	sparePages  = 64
	spareChunks = 16
)

// page says where a run of consecutive goroutine numbers is. The runtime hands
// numbers out in order, so that a page fills up with goroutines of one age. It is
// small, because one that lives on among thousands that end has a page to itself.
type page struct {
	number uint64
	live   int
	queued bool                 // it is in the queue of those that were empty
	slots  [pageSize]*goroutine // nil: there is no such goroutine
}

// chunk is room for goroutines, whatever their numbers.
type chunk struct {
	slots [chunkSize]goroutine // first, to begin where a cache line does
	free  uint64               // a bit for each slot
}

func newChunk() *chunk { return &chunk{free: chunkFree} }

// goroutines is a table by goroutine number. A goroutine stays where it is for life.
// Slots are used again before there are new ones, and chunks in which the last
// goroutine has ended are given back.
type goroutines struct {
	recent []recentPage // as many as a power of two
	pages  map[uint64]*page
	chunks []*chunk // by their number; nil: given back
	open   []uint32 // chunks that have room, and some that were given back since
	empty  int      // of those that have room, how many have nothing else
	unused []uint32 // numbers of chunks that were given back
	spare  []*page
	queue  [emptyPages]*page // those that were empty, in a ring
	oldest int               // the oldest of the queue: its place is taken next
	live   int
}

func newGoroutines() goroutines {
	return goroutines{pages: make(map[uint64]*page), recent: make([]recentPage, minRecent)}
}

// recentPage is a page that was asked for, as long as no other one that has the same place
// is. The number stands here too, so that a page of another number is not touched.
type recentPage struct {
	number uint64 // plus one; 0: none
	page   *page
}

// page returns a page, or nil if there is none of that number.
func (t *goroutines) page(n uint64) *page {
	r := &t.recent[n&uint64(len(t.recent)-1)]
	if r.number == n+1 {
		return r.page
	}
	return t.fetch(n, r)
}

// fetch looks a page up that is not among the recent ones, and makes it one.
func (t *goroutines) fetch(n uint64, r *recentPage) *page {
	p := t.pages[n]
	if p != nil {
		*r = recentPage{n + 1, p}
	}
	return p
}

// find returns a goroutine, or nil if there is none of that number.
func (t *goroutines) find(id uint64) *goroutine {
	if p := t.page(id >> pageBits); p != nil {
		return p.slots[id&pageMask]
	}
	return nil
}

// add makes room for a goroutine that is not in the table.
func (t *goroutines) add(id uint64) (*goroutine, error) {
	if t.live == limits.Goroutines {
		return nil, fmt.Errorf("more than %d goroutines at once", limits.Goroutines)
	}
	if id == 0 || id >= 1<<63 {
		return nil, fmt.Errorf("a goroutine of number %d", id)
	}
	p := t.page(id >> pageBits)
	if p == nil {
		p = t.newPage(id >> pageBits)
	}
	return t.put(p, id), nil
}

// create is add for a goroutine of which it is not known that it is not in the table. It
// returns nil if it is, or if there is any other reason against it.
func (t *goroutines) create(id uint64) *goroutine {
	p := t.page(id >> pageBits)
	if p == nil || p.slots[id&pageMask] != nil || t.live == limits.Goroutines || id == 0 {
		return nil
	}
	return t.put(p, id)
}

// put makes room for a goroutine in its page.
func (t *goroutines) put(p *page, id uint64) *goroutine {
	g := t.room()
	p.slots[id&pageMask] = g
	p.live++
	t.live++
	g.ID = detectors.GoID(id)
	g.LastP = detectors.NoProc
	return g
}

// newPage puts an empty page into the table.
func (t *goroutines) newPage(n uint64) *page {
	var p *page
	if k := len(t.spare); k > 0 {
		p = t.spare[k-1]
		t.spare = t.spare[:k-1]
	} else {
		p = new(page)
	}
	p.number = n
	t.pages[n] = p
	if len(t.recent) < min(2*len(t.pages), maxRecent) {
		t.recent = make([]recentPage, 2*len(t.recent)) // those that are needed come back
	}
	return p
}

// room takes a slot that nobody has.
func (t *goroutines) room() *goroutine {
	for len(t.open) > 0 {
		n := t.open[len(t.open)-1]
		if c := t.chunks[n]; c != nil {
			if c.free == chunkFree {
				t.empty--
			}
			slot := bits.TrailingZeros64(c.free)
			if c.free &= c.free - 1; c.free == 0 {
				t.open = t.open[:len(t.open)-1]
			}
			g := &c.slots[slot]
			g.place = n<<chunkBits | uint32(slot)
			return g
		}
		t.open = t.open[:len(t.open)-1]
	}
	n := uint32(len(t.chunks))
	if k := len(t.unused); k > 0 {
		n = t.unused[k-1]
		t.unused = t.unused[:k-1]
		t.chunks[n] = newChunk()
	} else {
		t.chunks = append(t.chunks, newChunk())
	}
	t.open = append(t.open, n)
	t.empty++
	return t.room()
}

// remove takes a goroutine out of the table. Nothing may use g afterwards.
func (t *goroutines) remove(g *goroutine) {
	id := uint64(g.ID)
	p := t.page(id >> pageBits)
	p.slots[id&pageMask] = nil
	t.live--
	t.vacate(g.place)
	*g = goroutine{}
	if p.live--; p.live > 0 || p.queued {
		return
	}
	p.queued = true
	old := t.queue[t.oldest]
	t.queue[t.oldest] = p
	t.oldest = (t.oldest + 1) % emptyPages
	if old == nil {
		return
	}
	if old.queued = false; old.live == 0 {
		t.drop(old)
	}
}

// drop takes an empty page out of the table.
func (t *goroutines) drop(p *page) {
	n := p.number
	delete(t.pages, n)
	if r := &t.recent[n&uint64(len(t.recent)-1)]; r.page == p {
		*r = recentPage{}
	}
	if len(t.spare) < sparePages {
		t.spare = append(t.spare, p)
	}
}

// vacate gives a slot back, and its chunk if that was the last in it.
func (t *goroutines) vacate(place uint32) {
	n := place >> chunkBits
	c := t.chunks[n]
	if c.free == 0 {
		t.open = append(t.open, n)
	}
	if c.free |= 1 << (place & chunkMask); c.free != chunkFree {
		return
	}
	if t.empty < spareChunks {
		t.empty++
		return
	}
	t.chunks[n] = nil
	t.unused = append(t.unused, n)
}

// all yields every goroutine.
func (t *goroutines) all(yield func(*detectors.Goroutine) bool) {
	for _, c := range t.chunks {
		if c == nil {
			continue
		}
		for i := range c.slots {
			if g := &c.slots[i]; c.free>>i&1 == 0 && g.State != detectors.Undetermined && !yield(&g.Goroutine) {
				return
			}
		}
	}
}

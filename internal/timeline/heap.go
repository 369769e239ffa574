package timeline

import (
	"cmp"
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// heapSays is something that is said of the heap. What it means depends on what was said
// before, on whatever thread: it is put off until that is known.
type heapSays struct {
	at   detectors.Time
	size uint64

	// Where the service's goroutine that ran there had been seen: see [detectors.Code.SeenAt].
	stack, creator detectors.StackID
	start          detectors.SiteID
	user           bool

	what heapWhat
}

type heapWhat uint8

const (
	heapLive heapWhat = iota
	heapGoal
	markBegins
	markEnds
)

// heap is what is known of the heap.
type heap struct {
	live    uint64
	known   bool // live is
	marking bool

	// What was said and not taken yet, one run for each turn of a thread: each is in the
	// order of time, and begins where the one before ends.
	said []heapSays
	runs []int
	room []heapSays // for merging
}

// manyRuns is from when on sorting is faster than merging.
const manyRuns = 8

// heapSaid takes what an event says, or puts it off.
func (t *Timeline) heapSaid(s heapSays) {
	if t.exact {
		return
	}
	if !t.ahead.own {
		t.takeHeap(&s)
		return
	}
	*t.putOff(s.at) = s
}

// allocated takes the heap's size, which was said where g runs, if one does.
func (t *Timeline) allocated(g *goroutine, live uint64, at detectors.Time) {
	if t.exact {
		return
	}
	var room heapSays
	s := &room
	if t.ahead.own {
		s = t.putOff(at)
	}
	s.at, s.size, s.what = at, live, heapLive
	if s.user = g != nil && g.Class == detectors.ClassUser; s.user {
		s.stack, s.start, s.creator = g.Stack, g.Start, g.Creator
	}
	if !t.ahead.own {
		t.takeHeap(s)
	}
}

// putOff makes room for what is said at a moment. Something that was said before may be there.
func (t *Timeline) putOff(at detectors.Time) *heapSays {
	h := &t.heap
	if len(h.said) >= limits.HeapSays {
		t.takeSaid() // the order is lost
	}
	n := len(h.said)
	if n > 0 && h.said[n-1].at > at {
		h.runs = append(h.runs, n)
	}
	if n == cap(h.said) {
		h.said = slices.Grow(h.said, 1)
	}
	h.said = h.said[:n+1]
	return &h.said[n]
}

// takeSaid takes what was put off, in the order of time.
func (t *Timeline) takeSaid() {
	h := &t.heap
	h.sort()
	for i := range h.said {
		t.takeHeap(&h.said[i])
	}
	h.said = h.said[:0]
}

func (h *heap) sort() {
	if len(h.runs) > manyRuns {
		slices.SortStableFunc(h.said, func(a, b heapSays) int { return cmp.Compare(a.at, b.at) })
	} else {
		for i, start := range h.runs {
			end := len(h.said)
			if i+1 < len(h.runs) {
				end = h.runs[i+1]
			}
			h.merge(start, end)
		}
	}
	h.runs = h.runs[:0]
}

// merge puts a run into its place among all before it, which are in order.
func (h *heap) merge(start, end int) {
	h.room = append(h.room[:0], h.said[:start]...)
	a, b, out := h.room, h.said[start:end], h.said[:0]
	for len(a) > 0 && len(b) > 0 {
		if b[0].at < a[0].at {
			out, b = append(out, b[0]), b[1:]
		} else {
			out, a = append(out, a[0]), a[1:]
		}
	}
	copy(h.said[len(out):], a) // what is left of the run is where it belongs
}

// takeHeap takes what was said, in its turn.
func (t *Timeline) takeHeap(s *heapSays) {
	h := &t.heap
	switch s.what {
	case markBegins:
		h.marking = true
		return
	case markEnds:
		h.marking = false
		return
	case heapGoal:
		t.totals.Heap.Goal = s.size
		return
	}
	t.totals.Heap.Live = s.size
	grown := s.size - min(h.live, s.size)
	first := !h.known
	h.live, h.known = s.size, true
	if grown == 0 || first {
		return
	}
	if c := t.heapColumn(s.at); c != nil {
		c.Grown += grown
	}
	if h.marking && s.user { // at other times it makes nobody assist
		site := t.code.SeenAt(s.stack, s.start, s.creator)
		m := grow(t.totals.Heap.Marked, int(site))
		m[site] += grown
		t.totals.Heap.Marked = m
	}
}

// heapColumn returns the piece of time that a moment is in, nil if there is none.
func (t *Timeline) heapColumn(at detectors.Time) *detectors.HeapColumn {
	h := &t.totals.Heap
	n := int(at.Sub(h.Start) / detectors.HeatBucket)
	if n < 0 || n >= limits.HeatColumns {
		return nil
	}
	h.Columns = grow(h.Columns, n)
	return &h.Columns[n]
}

// assisted counts an assist of g that ends.
func (t *Timeline) assisted(g *goroutine, p int, at detectors.Time) {
	if !g.assist.known || g.Class != detectors.ClassUser {
		return
	}
	d := max(0, at.Sub(g.assist.since))
	h := &t.totals.Heap
	h.Assists.Add(d)
	if c := t.heapColumn(at); c != nil {
		c.Assist += d
	}
	h.AssistsAt = grow(h.AssistsAt, int(g.assistStack))
	h.AssistsAt[g.assistStack].Add(d)
	if l := &h.Longest; d > l.Duration || d == l.Duration && g.assist.since < l.At { // whichever thread is gone through first
		h.Longest = detectors.GoroutineEvidence{
			ID: g.ID, Proc: detectors.ProcID(p), At: g.assist.since, Duration: d, Stack: g.assistStack, What: "assisted the garbage collector",
		}
	}
}

// resetHeap empties the heap's totals for the next window and keeps their memory.
func (t *Timeline) resetHeap() {
	h := &t.totals.Heap
	clear(h.Marked)
	clear(h.AssistsAt)
	h.Assists.Reset()
	h.Columns = h.Columns[:0]
	h.Live, h.Goal, h.Longest = 0, 0, detectors.GoroutineEvidence{}
}

package ancestry

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// A Tree is filled by a timeline that it observes. It is used by one goroutine at a time.
type Tree struct {
	nodes   map[detectors.GoID]*node
	kept    map[detectors.GoID]int // how many asked for it, see Keep
	free    *node                  // those that can be used again, linked by parent
	dropped uint64
}

// node is a goroutine whose creation was seen.
type node struct {
	birth    Birth
	parent   *node // nil if the parent's creation was not seen
	children int   // nodes that have this one as parent
	ended    bool
	wakes    Wakes
}

// A Birth says how a goroutine came to be.
type Birth struct {
	ID      detectors.GoID
	Parent  detectors.GoID    // that started it; NoGoroutine: a timer did, or C code
	By      detectors.StackID // the go statement, with what led to it; 0 if not recorded
	System  bool              // it is the runtime's own: whom it started was not its idea
	Repeats int               // how many more there were like it in a row: each started the next at By, and ended
}

// Wakes says who has woken a goroutine.
type Wakes struct {
	Count uint64            // how often it was woken, by whomever
	By    detectors.GoID    // who did it last; NoGoroutine: a timer or the network
	Stack detectors.StackID // what that one was doing; 0 if not known
	At    detectors.Time
}

// New returns a tree that knows nobody.
func New() *Tree {
	return &Tree{nodes: make(map[detectors.GoID]*node), kept: make(map[detectors.GoID]int)}
}

// Keep says that somebody will ask whether one of the goroutines is another's ancestor: none of them is made part of a
// row, until Drop is called as often. They need not have been seen.
func (t *Tree) Keep(ids []detectors.GoID) {
	for _, id := range ids {
		t.kept[id]++
	}
}

// Drop takes a Keep back.
func (t *Tree) Drop(ids []detectors.GoID) {
	for _, id := range ids {
		if t.kept[id]--; t.kept[id] <= 0 {
			delete(t.kept, id)
		}
	}
}

// Observer is what the timeline has to tell.
func (t *Tree) Observer() timeline.Observer {
	return timeline.Observer{
		Observes: detectors.Set(detectors.GoCreate, detectors.GoEnd, detectors.GoUnpark),
		Observe:  t.observe,
	}
}

func (t *Tree) observe(o *detectors.Observation) {
	switch o.Kind {
	case detectors.GoCreate:
		t.born(o)
	case detectors.GoEnd:
		if n := t.nodes[o.G.ID]; n != nil {
			n.ended = true
			t.fold(n)
			t.release(n)
		}
	case detectors.GoUnpark:
		if n := t.nodes[o.G.ID]; n != nil {
			n.wakes = Wakes{n.wakes.Count + 1, o.By, o.ByStack, o.Time}
		}
	}
}

func (t *Tree) born(o *detectors.Observation) {
	if len(t.nodes) >= limits.Ancestors {
		t.dropped++
		return
	}
	n := t.free
	if n == nil {
		n = new(node)
	} else {
		t.free = n.parent
	}
	*n = node{
		birth:  Birth{ID: o.G.ID, Parent: o.G.Parent, By: o.G.Creator, System: o.G.Class == detectors.ClassSystem},
		parent: t.nodes[o.G.Parent],
	}
	t.nodes[o.G.ID] = n
	if n.parent != nil {
		n.parent.children++
		t.fold(n.parent)
	}
}

// fold makes one link of n and the one that started it, if that one has ended, started nobody else
// who is remembered, and came from the same go statement. It is asked whenever n starts another and when it
// ends: a chain of any length has a few links.
func (t *Tree) fold(n *node) {
	up := n.parent
	if up == nil || !up.ended || up.children != 1 || up.birth.By != n.birth.By || t.kept[up.birth.ID] > 0 {
		return
	}
	n.birth.Repeats += up.birth.Repeats + 1
	n.birth.Parent, n.parent = up.birth.Parent, up.parent // who has one child more and one less
	t.forget(up)
}

// release forgets a goroutine that has ended, if nothing that is remembered descends from it, and
// so on up the chain.
func (t *Tree) release(n *node) {
	for n != nil && n.ended && n.children == 0 {
		up := n.parent
		t.forget(n)
		if up != nil {
			up.children--
		}
		n = up
	}
}

func (t *Tree) forget(n *node) {
	delete(t.nodes, n.birth.ID)
	*n = node{parent: t.free}
	t.free = n
}

// Window is called after each window. If trace was lost before it, those that are not alive have ended
// unseen.
func (t *Tree) Window(w *detectors.Window) {
	if !w.Fresh {
		return
	}
	alive := make(map[detectors.GoID]bool)
	for g := range w.Goroutines {
		alive[g.ID] = true
	}
	var gone []*node
	for id, n := range t.nodes {
		if !alive[id] && !n.ended {
			n.ended = true
			gone = append(gone, n)
		}
	}
	for _, n := range gone {
		if t.nodes[n.birth.ID] == n { // else it was released with one of the others
			t.release(n)
		}
	}
}

// Birth says how a goroutine came to be, which may have ended as long as something that descends from
// it is alive. It returns false if that was not seen: it was there before the trace, or trace was
// lost.
func (t *Tree) Birth(id detectors.GoID) (Birth, bool) {
	if n := t.nodes[id]; n != nil {
		return n.birth, true
	}
	return Birth{}, false
}

// Wakes says who has woken a goroutine since its birth. It returns false if its birth was not seen.
func (t *Tree) Wakes(id detectors.GoID) (Wakes, bool) {
	if n := t.nodes[id]; n != nil {
		return n.wakes, true
	}
	return Wakes{}, false
}

// Len returns how many goroutines are remembered, and how many found no room.
func (t *Tree) Len() (remembered int, dropped uint64) { return len(t.nodes), t.dropped }

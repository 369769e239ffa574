package leaktest

import (
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/ancestry"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

// A link is one step of a goroutine's descent: one goroutine, and the go statement that began it.
type link struct {
	id      detectors.GoID
	parent  detectors.GoID    // that started it; NoGoroutine: a timer
	frames  []detectors.Frame // of who started it, from the go statement outwards
	repeats int               // how many more there were like it in a row
}

// life is what the trace tells of a goroutine.
type life struct {
	since time.Duration // that it has been in its state
	whole bool          // it was seen to begin
	wakes ancestry.Wakes
	ago   time.Duration     // that it was woken last
	waker []detectors.Frame // where who woke it was; nil if it was a timer or the network
	awake bool              // that one is alive
}

// has reports whether there is a trace.
func (r *recording) has() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tree != nil
}

// parent returns who started a goroutine, as far as the trace was read; NoGoroutine if no goroutine of the program did.
func (r *recording) parent(id detectors.GoID) (detectors.GoID, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tree == nil {
		return detectors.NoGoroutine, false
	}
	b, ok := r.tree.Birth(id)
	if b.System {
		return detectors.NoGoroutine, true
	}
	return b.Parent, ok
}

// knows reports whether the trace has told who started each of some goroutines.
func (r *recording) knows(gs []*traceback.Goroutine) bool {
	return !slices.ContainsFunc(gs, func(g *traceback.Goroutine) bool {
		_, ok := r.parent(g.ID)
		return !ok
	})
}

// keep lets goroutines be told from those that follow them, though they end, until what it returns is called.
func (r *recording) keep(gs []*traceback.Goroutine) (drop func()) {
	ids := make([]detectors.GoID, len(gs))
	for i, g := range gs {
		ids[i] = g.ID
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	tree := r.tree
	if tree == nil {
		return func() {}
	}
	tree.Keep(ids)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		tree.Drop(ids)
	}
}

// chain returns how a goroutine came to be, itself first, as far back as the trace was read.
func (r *recording) chain(id detectors.GoID) (chain []link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tree == nil {
		return nil
	}
	for {
		b, ok := r.tree.Birth(id)
		if !ok {
			return chain
		}
		chain = append(chain, link{id, b.Parent, r.code.Frames(b.By), b.Repeats})
		id = b.Parent
	}
}

// lives returns what the trace tells of goroutines up to now.
func (r *recording) lives(bubble bool, gs []traceback.Goroutine) map[detectors.GoID]life {
	r.upToNow(bubble, true, func() bool { return false })
	r.mu.Lock()
	defer r.mu.Unlock()
	lives := make(map[detectors.GoID]life)
	if r.tree == nil || r.window.Goroutines == nil {
		return lives
	}
	alive := make(map[detectors.GoID]detectors.Goroutine)
	for g := range r.window.Goroutines {
		alive[g.ID] = *g
	}
	for i := range gs {
		g, ok := alive[gs[i].ID]
		if !ok {
			continue
		}
		l := life{since: r.window.End.Sub(g.Since), whole: g.SinceKnown}
		if w, ok := r.tree.Wakes(g.ID); ok {
			l.wakes, l.ago, l.waker = w, r.window.End.Sub(w.At), r.code.Frames(w.Stack)
			_, l.awake = alive[w.By]
		}
		lives[g.ID] = l
	}
	return lives
}

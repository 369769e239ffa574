package timeline

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A recollection is one way to read a trace and keep its past, and what came of it.
type recollection struct {
	name     string
	slowly   bool
	own, far bool // as in ahead
	exact    bool
	kinds    detectors.Kinds // that somebody is told of
	long     bool            // only if they lasted for a microsecond
	corrupt  bool            // the trace may be

	text func(detectors.StackID) string
	code *detectors.Code
	tl   *Timeline
	past *Past
	// model is what the past should be by what was told. It is only kept if all is told at once.
	model *chronicler

	starts []begun
	lasts  []last
	errs   error
}

// begun is a fresh start.
type begun struct {
	next StayID         // the past's then
	at   detectors.Time // -1: not known yet
}

// last is what LastStay said of a goroutine at the end of a generation.
type last struct {
	life
	stay StayID
	next StayID // the past's then
}

// counters is stack without names. In a corrupt table one program counter may have two, of which the
// first that is met stays.
func (n names) counters(id detectors.StackID) string {
	return n.stacks.of(id, func(yield func(string, string, int, uint64)) {
		for _, f := range n.code.Frames(id) {
			yield("", "", 0, f.PC)
		}
	})
}

// prepare makes the timeline.
func (w *recollection) prepare() {
	w.code = detectors.NewCode()
	n := names{w.code, make(stackTexts[detectors.StackID])}
	if w.text = n.stack; w.corrupt {
		w.text = n.counters
	}
	o := Observer{Observes: w.kinds, Observe: func(*detectors.Observation) {}}
	if w.kinds == allKinds && !w.far && !w.long {
		w.model = newChronicler(w.code, w.text)
		o.Observe = func(o *detectors.Observation) { w.model.observe(o) }
	}
	if w.long {
		o.Observes, o.Long, o.AtLeast = 0, w.kinds, time.Microsecond
	}
	w.tl = New(w.code, []Observer{o})
	if w.exact {
		w.tl.Exact()
	}
	w.tl.slowly = w.slowly
	w.tl.ahead.own, w.tl.ahead.far = w.own, w.far
	w.past = NewPast(limits.PastStays)
	w.tl.Keep(w.past)
}

// feed goes through a generation.
func (w *recollection) feed(t *testing.T, g *wire.Generation) detectors.Window {
	fresh, next := !w.tl.Follows(g.Number), w.past.next
	if fresh {
		w.begin(next)
	}
	win, err := w.tl.Feed(g)
	require.Equal(t, fresh, win.Fresh, w.name)
	w.fed(t, &win, err)
	return win
}

// begin notes a fresh start.
func (w *recollection) begin(next StayID) {
	w.starts = append(w.starts, begun{next, -1})
	if w.model != nil {
		w.model.starts(-1)
	}
}

// fed notes a window.
func (w *recollection) fed(t *testing.T, win *detectors.Window, err error) {
	w.errs = errors.Join(w.errs, err)
	if win.Fresh {
		require.Equal(t, win.Start, w.past.Begin, w.name)
		require.GreaterOrEqual(t, w.past.Horizon(), win.Start, w.name)
		w.starts[len(w.starts)-1].at = win.Start
		if w.model != nil {
			w.model.dates(win.Start)
		}
	}
	if err != nil && w.model != nil && w.model.broken < 0 {
		w.model.broken = w.model.start
	}
	for g := range win.Goroutines {
		id, now := lastStay(w.tl, g.ID)
		if now != g {
			t.Fatalf("%s: goroutine %d is another one", w.name, g.ID)
		}
		w.lasts = append(w.lasts, last{life{start: len(w.starts) - 1, g: uint32(g.ID)}, id, w.past.next})
	}
	roots := 0
	for _, k := range w.tl.tasks {
		if k.parent == 0 {
			roots++
		}
	}
	require.Equal(t, roots, w.tl.roots, w.name)
}

// dates puts in when the latest fresh start was, which is known when the generation is over.
func (c *chronicler) dates(begin detectors.Time) {
	c.begin = begin
	for l, all := range c.stays {
		if l.start == c.start && all[0].State == detectors.Undetermined {
			all[0].End = begin
		}
	}
	for i := range c.marks {
		if c.marks[i].From == -1 {
			c.marks[i].From = begin
		}
		if c.marks[i].To == -1 {
			c.marks[i].To = begin
		}
	}
}

// history makes of the past what can be compared. Whatever was read must hold to what the stays'
// documentation says of their links. Of a trace that is not broken more is known.
func (w *recollection) history(t *testing.T) *history {
	t.Helper()
	h := newHistory()
	p := w.past
	type node struct {
		place
		next StayID
	}
	at := make([]node, p.next)
	again, firsts := make(map[life]int), make(map[life]StayID)
	start := -1
	for id := StayID(1); id < p.next; id++ {
		for start+1 < len(w.starts) && id >= w.starts[start+1].next {
			start++
		}
		s := p.At(id)
		if s == nil || s.Prev >= id || s.Link >= id {
			t.Fatalf("%s: stay %d is %+v", w.name, id, s)
		}
		l := life{start: start, g: s.G}
		if s.Prev == 0 {
			again[l]++
			l.again = again[l] - 1
			firsts[l] = id
		} else {
			l = at[s.Prev].life
			if l.start != start || l.g != s.G {
				t.Fatalf("%s: %+v of start %d comes after one of %+v", w.name, s, start, l)
			}
			if at[s.Prev].next != 0 {
				t.Fatalf("%s: two stays come after %d of %+v", w.name, s.Prev, l)
			}
			at[s.Prev].next = id
			if prev := p.At(s.Prev); !w.own && prev.End > s.End {
				t.Fatalf("%s: %+v of %+v comes after %+v", w.name, s, l, prev)
			}
		}
		// So an explanation that goes back from what came after a fresh start ends there.
		known := s.State == detectors.NotExist && s.End > w.starts[start].at
		if before := s.State == detectors.Undetermined && s.End == w.starts[start].at; (s.Prev == 0) != (known || before) && (s.Prev == 0 || !w.corrupt) {
			t.Fatalf("%s: stay %d of %+v, which begins at %d, is %+v", w.name, len(h.stays[l])+1, l, w.starts[start].at, s)
		}
		x := stayed{End: s.End, State: s.State, Reason: s.Reason, Stack: w.text(s.Stack), Assist: s.Assist, Stops: s.Stops}
		if s.Link != 0 {
			if s.State != detectors.Waiting && s.State != detectors.NotExist {
				t.Fatalf("%s: nobody ends a stay like %+v", w.name, s)
			}
			x.Link = at[s.Link].place
			if x.Link.start != start {
				t.Fatalf("%s: %+v of start %d leads to %+v", w.name, s, start, x.Link)
			}
			if by := p.At(s.Link); !w.corrupt && by.End > s.End {
				t.Fatalf("%s: %+v of %+v is ended by one that comes later: %+v", w.name, s, l, by)
			}
		}
		switch s.State {
		case detectors.Waiting, detectors.NotExist:
			x.By = w.text(detectors.StackID(s.By))
		default:
			x.P = s.By
		}
		h.stays[l] = append(h.stays[l], x)
		at[id] = node{place: place{l, len(h.stays[l])}}
	}
	if !w.corrupt {
		w.checkLinks(t, func(id StayID) StayID { return at[id].next })
	}
	for _, l := range w.lasts {
		if l.stay == 0 {
			if first := firsts[l.life]; first != 0 && first < l.next && !w.corrupt {
				t.Fatalf("%s: goroutine %d had a stay, %+v", w.name, l.g, p.At(first))
			}
			continue
		}
		if s := p.At(l.stay); s.G != l.g || l.stay >= l.next {
			t.Fatalf("%s: goroutine %d's latest stay is %+v", w.name, l.g, s)
		}
		if next := at[l.stay].next; next != 0 && next < l.next {
			t.Fatalf("%s: goroutine %d had a later one than %+v", w.name, l.g, p.At(l.stay))
		}
	}
	for _, s := range p.Spans {
		x := spanned{Span: s, Stack: w.text(s.Stack), BeginStack: w.text(s.BeginStack)}
		if s.First != 0 {
			x.First = at[s.First].place
			require.Equal(t, s.BeganOn, x.First.g, w.name)
		}
		if s.Last != 0 {
			x.Last = at[s.Last].place
			require.Equal(t, s.EndOn, x.Last.g, w.name)
		}
		x.Span.First, x.Span.BeginStack, x.Span.Last, x.Span.Stack = 0, 0, 0, 0
		h.spans = append(h.spans, x)
	}
	for _, r := range p.Stops {
		x := ranged{r, w.text(r.Stack)}
		x.Range.Stack = 0
		h.stops = append(h.stops, x)
	}
	h.marks, h.procs = slices.Clone(p.Marks), slices.Clone(p.Procs)
	h.sort()
	return h
}

// checkLinks holds that whoever a stay leads to was running when it ended, and has been since
// the end of just that stay of its.
func (w *recollection) checkLinks(t *testing.T, next func(StayID) StayID) {
	t.Helper()
	for id := StayID(1); id < w.past.next; id++ {
		s := w.past.At(id)
		if s.Link == 0 {
			continue
		}
		then := w.past.At(next(s.Link))
		if then == nil {
			continue // it still does
		}
		if then.End < s.End || then.State != detectors.Running {
			t.Fatalf("%s: %+v leads to %+v, but then there is %+v", w.name, s, w.past.At(s.Link), then)
		}
	}
}

// lastStay returns a goroutine's latest stay, and what it does now.
func lastStay(tl *Timeline, id detectors.GoID) (StayID, *detectors.Goroutine) {
	if g := tl.gs.find(uint64(id)); g != nil {
		return tl.LastStay(id), &g.Goroutine
	}
	return tl.LastStay(id), nil
}

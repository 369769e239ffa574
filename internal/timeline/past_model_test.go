package timeline

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// life is one goroutine between two fresh starts. Numbers may come again after a fresh start, and in
// a broken trace after an end.
type life struct {
	start int    // which fresh start it was after
	g     uint32 // the lower half of its number
	again int    // how many of that number there were before
}

// place is where a stay is: the numbers of stays depend on the order in which threads are gone
// through, these do not. The zero place is none.
type place struct {
	life
	n int // its place among the goroutine's, from 1
}

// stayed is a stay without numbers that depend on what was met before.
type stayed struct {
	End    detectors.Time
	State  detectors.GoState
	Reason detectors.Reason
	Stack  string
	P      uint32 // plus one
	By     string // the stack of who made it runnable, or created it
	Link   place
	Assist bool
	Stops  bool
}

// spanned, ranged are a Span and a Range like that.
type spanned struct {
	Span
	First, Last       place
	BeginStack, Stack string
}

type ranged struct {
	Range
	Stack string
}

// history is all that a past tells, in a form that can be compared.
type history struct {
	stays  map[life][]stayed
	spans  []spanned
	stops  []ranged
	marks  []Range
	procs  []ProcChange
	broken int // the first fresh start that a contradiction came after; -1: none
}

func newHistory() *history { return &history{stays: make(map[life][]stayed), broken: -1} }

// sort puts what comes in the order in which threads are gone through into the order of time.
// The changes of each P have an order of their own, which stays.
func (h *history) sort() {
	slices.SortStableFunc(h.spans, func(a, b spanned) int {
		return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.EndOn, b.EndOn), cmp.Compare(a.Begin, b.Begin), cmp.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(h.stops, func(a, b ranged) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.G, b.G)) })
	slices.SortStableFunc(h.procs, func(a, b ProcChange) int { return cmp.Compare(a.Proc, b.Proc) })
}

// until drops what came after the fresh start after which there was a contradiction. Which event is
// the one that cannot be depends on the order in which threads are gone through.
func (h *history) until(start int) {
	for l := range h.stays {
		if l.start >= start {
			delete(h.stays, l)
		}
	}
	h.spans, h.stops, h.marks, h.procs = nil, nil, nil, nil
}

// unname drops texts. In a corrupt table one string may have two.
func (h *history) unname() {
	for i := range h.spans {
		h.spans[i].Name = ""
	}
	for i := range h.stops {
		h.stops[i].Kind = ""
	}
}

// timeless drops all moments.
func (h *history) timeless() *history {
	c := &history{stays: make(map[life][]stayed, len(h.stays)), broken: h.broken}
	for l, all := range h.stays {
		all = slices.Clone(all)
		for i := range all {
			all[i].End = 0
		}
		c.stays[l] = all
	}
	for _, s := range h.spans {
		s.Begin, s.End, s.Arrived = 0, 0, min(s.Arrived, 1)
		c.spans = append(c.spans, s)
	}
	for _, r := range h.stops {
		r.From, r.To = 0, 0
		c.stops = append(c.stops, r)
	}
	for _, r := range h.marks {
		r.From, r.To = 0, 0
		c.marks = append(c.marks, r)
	}
	for _, x := range h.procs {
		x.At = 0
		c.procs = append(c.procs, x)
	}
	slices.SortFunc(c.spans, func(a, b spanned) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	slices.SortFunc(c.stops, func(a, b ranged) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return c
}

// equal compares, and prints no more than the first difference.
func (h *history) equal(t *testing.T, got *history, what string) {
	t.Helper()
	for l, want := range h.stays {
		have := got.stays[l]
		for i := range want {
			if i >= len(have) {
				t.Fatalf("%s: %+v has %d stays, want %d, of which the next is\n%+v", what, l, len(have), len(want), want[i])
			}
			if have[i] != want[i] {
				t.Fatalf("%s: stay %d of %d of %+v\nis   %+v\nwant %+v", what, i+1, len(want), l, have[i], want[i])
			}
		}
		if len(have) > len(want) {
			t.Fatalf("%s: %+v has %d stays, want %d, of which the first too many is\n%+v", what, l, len(have), len(want), have[len(want)])
		}
	}
	for l := range got.stays {
		if _, ok := h.stays[l]; !ok {
			t.Fatalf("%s: %+v has stays, want none: %+v", what, l, got.stays[l])
		}
	}
	same(t, h.spans, got.spans, what+": spans")
	same(t, h.stops, got.stops, what+": stops")
	same(t, h.marks, got.marks, what+": marks")
	same(t, h.procs, got.procs, what+": procs")
}

func same[T comparable](t *testing.T, want, got []T, what string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("%s: %d of %d\nis   %+v\nwant %+v", what, i, len(want), got[i], want[i])
		}
	}
	require.Len(t, got, len(want), what)
}

// chronicler makes a history of the observations of a timeline that tells all of them at once: what
// a past is, by its documentation.
type chronicler struct {
	*history
	text    func(detectors.StackID) string
	code    *detectors.Code
	rough   []bool // of the marks, whether their load is that of regions
	start   int
	begin   detectors.Time
	again   map[life]int
	alive   map[detectors.GoID]*chronicled
	tasks   map[detectors.TaskID]spanned
	stopped map[detectors.GoID]ranged
	marking bool
	unknown bool // whether it is
	left    bool // a thread of C has gone back to C, and may have left its P behind
}

// chronicled is what is known of a goroutine.
type chronicled struct {
	life
	state         detectors.GoState
	stack         string // where it was last seen
	assist, stops bool
	regions       []spanned

	arrived detectors.Time // what it may begin a task for, 0: not known
	since   int            // how many stays it had had then
}

func newChronicler(code *detectors.Code, text func(detectors.StackID) string) *chronicler {
	return &chronicler{history: newHistory(), code: code, text: text, start: -1, again: make(map[life]int)}
}

// starts forgets all goroutines.
func (c *chronicler) starts(begin detectors.Time) {
	c.start++
	c.begin = begin
	c.alive = make(map[detectors.GoID]*chronicled)
	c.tasks = make(map[detectors.TaskID]spanned)
	c.stopped = make(map[detectors.GoID]ranged)
	c.unmark(begin)
	c.unknown = true
}

func (c *chronicler) unmark(at detectors.Time) {
	if c.marking {
		c.marks[len(c.marks)-1].To = at
	}
	c.marking, c.unknown = false, false
}

// find returns a goroutine, making it if it was there before.
func (c *chronicler) find(id detectors.GoID) *chronicled {
	g := c.alive[id]
	if g == nil {
		g = &chronicled{life: c.lived(id)}
		c.alive[id] = g
	}
	return g
}

func (c *chronicler) lived(id detectors.GoID) life {
	l := life{start: c.start, g: uint32(id)}
	c.again[l]++
	l.again = c.again[l] - 1
	return l
}

// latest returns a goroutine's latest stay. One that was there before has had one until the trace
// began, which is met when it is first asked for.
func (c *chronicler) latest(id detectors.GoID) place {
	g := c.alive[id]
	if id == detectors.NoGoroutine || g == nil {
		return place{}
	}
	c.meet(g)
	return place{g.life, len(c.stays[g.life])}
}

func (c *chronicler) meet(g *chronicled) {
	if len(c.stays[g.life]) == 0 {
		c.stays[g.life] = append(c.stays[g.life], stayed{End: c.begin, State: detectors.Undetermined})
	}
}

// ends adds that a stay ends.
func (c *chronicler) ends(g *chronicled, s stayed) {
	c.meet(g)
	s.Assist, s.Stops = g.assist, g.stops
	c.stays[g.life] = append(c.stays[g.life], s)
}

func (c *chronicler) observe(o *detectors.Observation) {
	switch o.Kind {
	case detectors.GoCreate:
		by := c.latest(o.By)
		delete(c.alive, o.G.ID)
		g := c.find(o.G.ID)
		c.stays[g.life] = append(c.stays[g.life], stayed{
			End: o.Time, State: detectors.NotExist, Stack: c.text(o.Stack), By: c.text(o.ByStack), Link: by,
		})
		g.arrives(c, o.Time)
		g.state, g.stack = o.To, c.text(o.G.Stack)
	case detectors.GoList:
		g := c.find(o.G.ID)
		g.state, g.stack = o.To, c.text(o.G.Stack)
	case detectors.GoStart, detectors.GoPark, detectors.GoUnpark, detectors.GoPreempt, detectors.GoYield, detectors.GoSyscall, detectors.GoSyscallEnd, detectors.GoEnd:
		c.transition(o)
	case detectors.ProcChange:
		if o.ProcFrom != o.ProcTo {
			c.procs = append(c.procs, ProcChange{o.Time, o.Subject, o.ProcTo == detectors.ProcIdle})
		}
	case detectors.MarkBegin, detectors.MarkActive, detectors.MarkEnd:
		c.mark(o)
	case detectors.AssistBegin, detectors.AssistActive, detectors.AssistEnd, detectors.STWBegin, detectors.STWEnd:
		c.turn(o)
	case detectors.TaskBegin, detectors.TaskEnd, detectors.RegionBegin, detectors.RegionEnd:
		c.span(o)
	}
}

func (c *chronicler) transition(o *detectors.Observation) {
	g := c.find(o.G.ID)
	if g.state != o.From {
		// Only the first format can tell such a thing. How it came to that was not seen.
		c.ends(g, stayed{End: o.Time - 1, State: detectors.Undetermined, Reason: g.reason(c), Stack: g.stack})
	}
	stack := o.Stack
	if o.Kind == detectors.GoEnd {
		stack = o.G.Stack // where it ended is not said
	}
	s := stayed{End: o.Time, State: o.From, Reason: o.G.Reason, Stack: c.text(stack)}
	switch {
	case o.Kind == detectors.GoUnpark:
		s.By, s.Link = c.text(o.ByStack), c.latest(o.By)
	case o.From == detectors.Running:
		s.P = uint32(o.Proc + 1)
	}
	c.ends(g, s)
	if o.From == detectors.Waiting && o.Reason.Cause() != detectors.CauseGC {
		g.arrives(c, 0)
		if o.Reason == detectors.ReasonNetwork && s.Link == (place{}) && c.code.Stack(o.Stack).Net.Idle {
			g.arrives(c, o.Time)
		}
	}
	g.state, g.stack = o.To, c.text(o.G.Stack)
	if o.Kind == detectors.GoEnd {
		c.left = c.left || o.From == detectors.Syscall
		delete(c.alive, o.G.ID)
	}
}

// reason returns why g stopped last.
func (g *chronicled) reason(c *chronicler) detectors.Reason {
	all := c.stays[g.life]
	if len(all) == 0 {
		return detectors.ReasonNone
	}
	return all[len(all)-1].Reason
}

// arrives says when what a goroutine may begin a task for was there; 0: not known.
func (g *chronicled) arrives(c *chronicler, at detectors.Time) {
	g.arrived, g.since = at, len(c.stays[g.life])
}

// turn is what splits a stay.
func (c *chronicler) turn(o *detectors.Observation) {
	if o.G == nil {
		return
	}
	g := c.find(o.G.ID)
	stack := c.text(o.Stack)
	if o.Kind == detectors.STWEnd {
		stack = c.stopped[o.G.ID].Stack // where it has stopped the world
	}
	s := stayed{End: o.Time, State: g.state, Reason: o.G.Reason, Stack: stack, P: uint32(o.Proc + 1)}
	if stack == "" {
		s.Stack = g.stack
	}
	switch o.Kind {
	case detectors.AssistActive:
		g.assist = true
		return
	case detectors.AssistBegin:
		c.ends(g, s)
		g.assist = true
		g.stack = c.text(o.G.Stack)
	case detectors.AssistEnd:
		c.ends(g, s)
		g.assist = false
	case detectors.STWBegin:
		c.ends(g, s)
		g.stops = true
		c.stopped[o.G.ID] = ranged{Range{From: o.Time, G: uint32(o.G.ID), Kind: o.Text}, stack}
	case detectors.STWEnd:
		c.ends(g, s)
		g.stops = false
		if r, ok := c.stopped[o.G.ID]; ok {
			r.To = o.Time
			c.stops = append(c.stops, r)
			delete(c.stopped, o.G.ID)
		}
	}
}

func (c *chronicler) mark(o *detectors.Observation) {
	r := Range{From: o.Time}
	for _, k := range c.tasks {
		if k.Parent == 0 {
			r.Load++
		}
	}
	if len(c.tasks) == 0 {
		for _, g := range c.alive {
			if len(g.regions) > 0 {
				r.Load++
			}
		}
	}
	switch {
	case o.Kind == detectors.MarkEnd:
		c.unmark(o.Time)
		return
	case o.Kind == detectors.MarkActive && !c.unknown:
		return
	case o.Kind == detectors.MarkActive:
		r.From = c.begin
	}
	c.marking, c.unknown = true, false
	c.marks = append(c.marks, r)
	c.rough = append(c.rough, len(c.tasks) == 0)
}

func (c *chronicler) span(o *detectors.Observation) {
	s := spanned{Span: Span{Name: o.Text, Task: o.Task, Parent: o.Parent, Begin: o.Time, BeganOn: uint32(o.By)}}
	switch o.Kind {
	case detectors.TaskBegin:
		if o.Parent == 0 {
			s.First, s.BeginStack = c.latest(o.By), c.text(o.Stack)
			if g := c.alive[o.By]; g != nil && o.By != detectors.NoGoroutine && s.First.n-g.since < limits.ArrivalStays {
				s.Arrived = g.arrived
			}
		}
		c.tasks[o.Task] = s
		return
	case detectors.RegionBegin:
		s.Region = true
		g := c.find(o.G.ID)
		g.regions = append(g.regions, s)
		return
	case detectors.TaskEnd:
		k, ok := c.tasks[o.Task]
		if !ok {
			return
		}
		delete(c.tasks, o.Task)
		s = k
	case detectors.RegionEnd:
		g := c.find(o.G.ID)
		n := len(g.regions)
		if n == 0 {
			return
		}
		s, g.regions = g.regions[n-1], g.regions[:n-1]
	}
	s.End, s.EndOn, s.Near, s.Last, s.Stack = o.Time, uint32(o.By), o.By, c.latest(o.By), c.text(o.Stack)
	s.Begin = min(s.Begin, s.End)
	s.Arrived = min(s.Arrived, s.Begin)
	c.spans = append(c.spans, s)
}

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

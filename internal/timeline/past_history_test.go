package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
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
	root              bool // a task without a parent, while it goes on
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
	slices.SortStableFunc(h.stops, func(a, b ranged) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
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

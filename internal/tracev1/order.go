package tracev1

import (
	"cmp"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Events of different Ps in the same tick of the clock come from that reader in another
// order each time the same bytes are read: it goes by a map. They are put in one order
// here, so that the same bytes always say the same. Which ones those are shows in their
// times: that reader puts them a nanosecond apart, and ticks are longer.

// gather reads events for as long as each is a nanosecond after the one before, and puts
// them in order.
func (r *Reader) gather() {
	r.run, r.at = r.run[:0], 0
	for len(r.run) < limits.OldRun {
		if !r.ahead {
			if r.stopped == nil {
				r.stopped = r.read()
			}
			if r.stopped != nil {
				break
			}
			r.ahead = true
		}
		if n := len(r.run); n > 0 && r.event.Time != r.run[n-1].Time+1 {
			break
		}
		r.run = append(r.run, r.event)
		r.ahead = false
	}
	if !r.ordered() {
		r.sort()
	}
}

// sort puts the run in order: of those events that none of the others has to come before,
// the first by P and goroutine, again and again. Their moments stay where they are.
func (r *Reader) sort() {
	n, first := len(r.run), r.run[0].Time
	waits := make([]int, n) // for how many that come before it
	for i := range r.run {
		for j := range i {
			if related(&r.run[j], &r.run[i]) {
				waits[i]++
			}
		}
	}
	const done = -1
	sorted := make([]Event, 0, n)
	for range n {
		next := done
		for i := range r.run {
			if waits[i] == 0 && (next == done || compare(&r.run[i], &r.run[next]) < 0) {
				next = i
			}
		}
		waits[next] = done
		for i := next + 1; i < n; i++ {
			if waits[i] != done && related(&r.run[next], &r.run[i]) {
				waits[i]--
			}
		}
		sorted = append(sorted, r.run[next])
	}
	for i := range sorted {
		sorted[i].Time = first + int64(i)
	}
	copy(r.run, sorted)
}

// ordered reports whether there is nothing to sort: each event has to come after the one
// before, as those of one P, or each may.
func (r *Reader) ordered() bool {
	must, may := true, true
	for i := 1; i < len(r.run); i++ {
		must = must && related(&r.run[i-1], &r.run[i])
		may = may && compare(&r.run[i-1], &r.run[i]) <= 0
	}
	return must || may
}

// related reports whether two events' order is not for choice: they are of one P or one
// goroutine.
func related(a, b *Event) bool {
	return a.P != None && a.P == b.P ||
		a.G != 0 && (a.G == b.G || a.G == b.Goroutine) ||
		a.Goroutine != 0 && (a.Goroutine == b.G || a.Goroutine == b.Goroutine) ||
		compare(a, b) == 0
}

func compare(a, b *Event) int {
	return cmp.Or(cmp.Compare(a.P, b.P), cmp.Compare(a.Goroutine, b.Goroutine), cmp.Compare(a.G, b.G), cmp.Compare(a.Kind, b.Kind))
}

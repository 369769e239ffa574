package detectors

import "time"

// maxRecent bounds the windows kept, for a trace whose generations are made very short.
// Five minutes of half seconds fit.
const maxRecent = 1024

// recent keeps one value for each of the last windows. A detector looks back over
// these, and never further, so that a dump of the same windows shows the same.
type recent[T any] struct {
	of   time.Duration // how far back windows are kept
	past []pastWindow[T]
}

type pastWindow[T any] struct {
	start, end Time
	value      T
}

// add takes the value of the window that ends now and forgets the windows that lie
// before the look-back, or before a gap.
func (r *recent[T]) add(w *Window, v T) {
	drop := max(0, len(r.past)+1-maxRecent)
	for drop < len(r.past) && (w.Fresh || w.End.Sub(r.past[drop].start) > r.of) {
		drop++
	}
	n := copy(r.past, r.past[drop:])
	clear(r.past[n:])
	r.past = append(r.past[:n], pastWindow[T]{w.Start, w.End, v})
}

// start returns when the first of the windows began. There is at least one.
func (r *recent[T]) start() Time { return r.past[0].start }

// span returns the length of all of them together.
func (r *recent[T]) span() time.Duration {
	return r.past[len(r.past)-1].end.Sub(r.past[0].start)
}

// before returns when the n-th window before a moment began, or the oldest that is known: a
// dump that begins there shows what was usual before.
func (r *recent[T]) before(t Time, n int) Time {
	i := len(r.past)
	for i > 0 && r.past[i-1].start >= t {
		i--
	}
	if i -= n; i < 0 {
		i = 0
	}
	return min(t, r.past[i].start)
}

// minLasting is how long a trouble must have been seen, in the windows of the look-back
// together, before it is one: windows can be very short, and a single hiccup of the
// machine is nobody's fault.
const minLasting = 500 * time.Millisecond

// lasting reports whether what bad finds in a window has been there in two windows and
// long enough, and since when.
func (r *recent[T]) lasting(bad func(T) bool) (since Time, ok bool) {
	n, sum := 0, time.Duration(0)
	for _, p := range r.past {
		if !bad(p.value) {
			continue
		}
		if n == 0 {
			since = p.start
		}
		n++
		sum += p.end.Sub(p.start)
	}
	return since, n >= 2 && sum >= minLasting
}

// unjudged knows when the first observation since the last judgement was. A generation that
// breaks off is never judged: what was observed of it must not be taken for the next
// window's.
type unjudged struct {
	any   bool
	first Time
}

func (u *unjudged) observed(at Time) {
	if !u.any {
		u.any, u.first = true, at
	}
}

// stale reports whether some of what was observed is older than the window that is judged
// now, and begins anew. It can then not be told apart, and all of it has to go.
func (u *unjudged) stale(w *Window) bool {
	stale := u.any && w.Fresh && u.first < w.Start
	*u = unjudged{}
	return stale
}

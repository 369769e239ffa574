package explain

import (
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// A Part is a piece of a time that was divided: one goroutine did one thing.
type Part struct {
	From, To  detectors.Time
	Dimension detectors.Dimension
	Reason    detectors.Reason  // of a wait
	Open      bool              // it had not ended
	Cycle     bool              // it waited for who waited for it
	Own       bool              // it had stopped the world itself
	Stack     detectors.StackID // where
	G         uint32            // whose doing it was: the lower half of its number
	Wait      int32             // for what: the place in Division.Waits of the wait that this was behind; -1: it is the request's own
}

// A Wait is a wait for another goroutine, in whose place stands what that one did meanwhile.
type Wait struct {
	From, To detectors.Time
	Stack    detectors.StackID // where it waited
	Reason   detectors.Reason
	G, By    uint32            // who waited, and who ended that: the lower halves of their numbers
	ByStack  detectors.StackID // where that one was then
	Wait     int32             // as in Part
	Open     bool              // it had not ended; By is who is likely to do that
}

// A Division is a time divided into parts without a gap. They are in the order in which they were
// found: the last moment first.
type Division struct {
	Parts []Part
	Waits []Wait
}

// place returns where a part is counted: where it was. If that is in nobody's code, such as the
// goroutine of an HTTP client that reads from the network, it is where the one waited that it was
// done for.
func (d *Division) place(p *Part, code *detectors.Code) detectors.SiteID {
	own := code.Stack(p.Stack)
	if own.User {
		return own.Site
	}
	for i := p.Wait; i >= 0; i = d.Waits[i].Wait {
		if s := code.Stack(d.Waits[i].Stack); s.User {
			return s.Site
		}
	}
	return own.Site
}

// A divider divides times by going back from their end. From the latest stay of a goroutine it goes
// to the one before, and so on until the beginning:
//
//  1. A stay in which the goroutine ran, was ready, or waited for something outside of the
//     program is a part.
//  2. In the place of a wait for another goroutine stands what the one that ended it did from
//     the wait's beginning to its end: a request that waits for a worker shows what the worker
//     did. So the parts are together exactly as long as the time.
//  3. Before a goroutine was created stands what its creator did.
//
// A wait for a mutex is a part: who held it had work of its own. It is divided, like the others, if
// through is set.
type divider struct {
	past    *timeline.Past
	code    *detectors.Code
	stops   []timeline.Range // of the world, in the order of time
	through bool

	*Division
	home uint32 // the goroutine that began what is divided

	// stuck divides a wait that has not ended, for another goroutine. If it is nil that is a part.
	stuck func(s *timeline.Stay, from, to detectors.Time, wait int32, depth int)

	followed int // how many more stays of others may be looked at
	searched int // and how many of those to find out who was given what is divided
}

// point is a moment at which a goroutine was running: since the end of its stay last, and at a
// stack.
type point struct {
	last  timeline.StayID
	at    detectors.Time
	stack detectors.StackID
	g     uint32
}

// divide divides the time from a moment until a point, in which a goroutine began something and
// the point's ended it. What d held before is lost.
func (w *divider) divide(d *Division, from detectors.Time, home uint32, to point) {
	d.Parts, d.Waits = d.Parts[:0], d.Waits[:0]
	w.Division, w.home, w.followed, w.searched = d, home, limits.FollowedStays, limits.FollowedStays
	w.back(from, to, -1, 0)
}

// back divides the time from a moment until a point, behind a wait that has so many others
// behind it.
func (w *divider) back(from detectors.Time, p point, wait int32, depth int) {
	for {
		if p.last == 0 {
			w.add(detectors.DimUnknown, p.g, from, p.at, p.stack, wait)
			return
		}
		s := w.past.At(p.last)
		begun := w.since(s, from, p.at)
		w.add(detectors.DimRunning, p.g, begun, p.at, p.stack, wait)
		if p.at = begun; p.at <= from {
			return
		}
		if s == nil {
			w.add(detectors.DimUnknown, p.g, from, p.at, 0, wait)
			return
		}
		next, ok := w.goroutine(s, from, p, wait, depth)
		if !ok {
			return
		}
		p = next
	}
}

// goroutine is back for one goroutine, from the end of its stay s. It returns where to go on if
// that is with another one.
func (w *divider) goroutine(s *timeline.Stay, from detectors.Time, p point, wait int32, depth int) (point, bool) {
	for s.Prev != 0 {
		if depth > 0 {
			w.followed--
		}
		prev := w.past.At(s.Prev)
		begun := w.since(prev, from, p.at)
		if depth == 0 && p.g != w.home && s.State == detectors.Waiting && w.gives(s) && w.handedOver(s, from) {
			// What the request's beginner had handed on comes in here.
			return w.waker(s, p.at), true
		}
		w.stay(s, prev, begun, p.at, wait, depth)
		if p.at = begun; p.at <= from {
			return point{}, false
		}
		if prev == nil {
			w.add(detectors.DimUnknown, p.g, from, p.at, 0, wait)
			return point{}, false
		}
		s = prev
	}
	switch {
	case s.State != detectors.NotExist:
		w.add(detectors.DimUnknown, p.g, from, p.at, 0, wait) // before the trace
	case s.Link == 0:
		w.add(detectors.DimSleep, p.g, from, p.at, s.Stack, wait) // a timer created it
	default:
		return w.waker(s, p.at), true
	}
	return point{}, false
}

// handedOver reports whether a goroutine was given what is divided at the end of s, a wait. It may
// as well have had it, and waited for an answer from somebody who had work of its own before. So s is that if
// none of the goroutine's earlier waits leads to the one that began it through fewer others, nor its creation.
func (w *divider) handedOver(s *timeline.Stay, from detectors.Time) bool {
	for hands := 1; hands <= limits.Hands; hands++ {
		for x := s; x != nil && x.End > from && w.searched > 0; x = w.past.At(x.Prev) {
			if w.leadsHome(x, from, hands) {
				return x == s
			}
		}
	}
	return false
}

// leadsHome reports whether the one that ended s, a wait or the time before a creation, was the one that began what
// is divided, or had been given something by that one, through so many hands at most.
func (w *divider) leadsHome(s *timeline.Stay, from detectors.Time, hands int) bool {
	w.searched--
	if !w.gives(s) {
		return false
	}
	by := w.past.At(s.Link)
	if by == nil || by.G == w.home || hands == 1 {
		return by != nil && by.G == w.home
	}
	for x := by; x != nil && x.End > from && w.searched > 0; x = w.past.At(x.Prev) {
		if w.leadsHome(x, from, hands-1) {
			return true
		}
	}
	return false
}

// gives reports whether something may have been given to a goroutine at the end of a stay, by another one.
func (w *divider) gives(s *timeline.Stay) bool {
	return ended(s) && (s.State == detectors.NotExist || s.State == detectors.Waiting && w.follows(s) && !w.excludes(s))
}

// where returns the stack of a stay; prev is the one before. Before a goroutine was seen anywhere it is
// that of the function that it began in.
func (w *divider) where(s, prev *timeline.Stay) detectors.StackID {
	if s.Stack != 0 {
		return s.Stack
	}
	for prev != nil && prev.Stack == 0 && prev.State == detectors.Runnable {
		prev = w.past.At(prev.Prev)
	}
	if prev != nil && (prev.State == detectors.NotExist || prev.State == detectors.Undetermined) {
		return prev.Stack
	}
	return 0
}

// waker returns the moment at which the one was that ended a stay.
func (w *divider) waker(s *timeline.Stay, at detectors.Time) point {
	p := point{last: s.Link, at: at, stack: detectors.StackID(s.By)}
	if by := w.past.At(s.Link); by != nil {
		p.g = by.G
	}
	return p
}

// since returns when what came after a stay began, but not before from. The stay is nil if it is
// forgotten: it ended before the horizon.
func (w *divider) since(s *timeline.Stay, from, to detectors.Time) detectors.Time {
	begun := w.past.Horizon()
	if s != nil {
		begun = s.End
	}
	return min(max(begun, from), to)
}

// stay divides a stay, or what is asked for of it.
func (w *divider) stay(s, prev *timeline.Stay, from, to detectors.Time, wait int32, depth int) {
	if from == to {
		return
	}
	switch s.State {
	case detectors.Waiting:
		w.waiting(s, from, to, wait, depth)
	case detectors.Runnable:
		w.stopped(readyFor(s, prev), s.G, from, to, w.where(s, prev), wait)
	default:
		w.add(ownDimension(s), s.G, from, to, w.where(s, prev), wait)
		if n := len(w.Parts); s.Stops && n > 0 {
			w.Parts[n-1].Own = true
		}
	}
}

// waiting divides a wait.
func (w *divider) waiting(s *timeline.Stay, from, to detectors.Time, wait int32, depth int) {
	follow := w.follows(s) && depth < limits.FollowedWaits && w.followed > 0
	switch {
	case follow && s.Link == timeline.Open && w.stuck != nil:
		w.stuck(s, from, to, wait, depth)
	case follow && ended(s):
		p := w.waker(s, to)
		w.back(from, p, w.wait(s, from, to, p, wait), depth+1)
	case to > from:
		w.Parts = append(w.Parts, Part{
			From: from, To: to, Dimension: w.waitDimension(s), Reason: s.Reason, Open: s.Link == timeline.Open, Stack: s.Stack, G: s.G, Wait: wait,
		})
	}
}

// wait adds a wait that p ended, or is likely to, and returns its place.
func (w *divider) wait(s *timeline.Stay, from, to detectors.Time, p point, behind int32) int32 {
	w.Waits = append(w.Waits, Wait{
		From: from, To: to, Stack: s.Stack, Reason: s.Reason, G: s.G, By: p.g, ByStack: p.stack, Wait: behind, Open: s.Link == timeline.Open,
	})
	return int32(len(w.Waits) - 1)
}

// ended reports whether a goroutine ended a wait.
func ended(s *timeline.Stay) bool { return s.Link != 0 && s.Link != timeline.Open }

// follows reports whether what a goroutine waited for was another one's doing.
func (w *divider) follows(s *timeline.Stay) bool {
	switch s.Reason {
	case detectors.ReasonNetwork, detectors.ReasonSleep:
		return false
	case detectors.ReasonSync:
		return !s.Assist && w.code.Stack(s.Stack).Lock != detectors.LockGC && (w.through || !w.excludes(s))
	default:
		return !s.Assist && s.Reason.Cause() != detectors.CauseGC
	}
}

// excludes reports whether a goroutine waited for its turn: who had a mutex hands nothing over with it.
func (w *divider) excludes(s *timeline.Stay) bool {
	return s.Reason == detectors.ReasonSync && !isDelegation(w.code.Stack(s.Stack).Lock)
}

// isDelegation reports whether who waits for a lock waits for others to do something, and not for
// its turn.
func isDelegation(l detectors.Lock) bool {
	return l == detectors.LockWaitGroup || l == detectors.LockCond
}

// waitDimension returns the dimension of a wait that is not followed.
func (w *divider) waitDimension(s *timeline.Stay) detectors.Dimension {
	if s.Assist {
		return detectors.DimAssist
	}
	return WaitDimension(s.Reason, w.code.Stack(s.Stack).Lock, s.Link == 0)
}

// WaitDimension returns the dimension of a wait for a reason, at a lock if it is at one. Alone says that no goroutine
// ended it.
func WaitDimension(reason detectors.Reason, lock detectors.Lock, alone bool) detectors.Dimension {
	cause := reason.Cause()
	switch {
	case cause == detectors.CauseGC || lock == detectors.LockGC:
		return detectors.DimAssist
	case cause == detectors.CauseNetwork:
		return detectors.DimNetwork
	case cause == detectors.CauseSleep:
		return detectors.DimSleep
	case cause == detectors.CauseLock && !isDelegation(lock):
		return detectors.DimLock
	case alone && (cause == detectors.CauseChanReceive || cause == detectors.CauseSelect):
		return detectors.DimSleep // a timer ended it
	case alone && cause == detectors.CauseOther:
		return detectors.DimUnknown
	default:
		return detectors.DimChannel
	}
}

// ownDimension returns the dimension of a stay in which a goroutine neither waited nor was ready.
func ownDimension(s *timeline.Stay) detectors.Dimension {
	switch {
	case s.Stops:
		return detectors.DimStopTheWorld
	case s.Assist:
		return detectors.DimAssist
	case s.State == detectors.Running:
		return detectors.DimRunning
	case s.State == detectors.Syscall:
		return detectors.DimSyscall
	default:
		return detectors.DimUnknown
	}
}

// readyFor returns the dimension of a stay in which a goroutine was ready; prev is the one before,
// nil if that is forgotten.
func readyFor(s, prev *timeline.Stay) detectors.Dimension {
	switch {
	case s.Assist:
		return detectors.DimAssist
	case prev == nil:
	case prev.State == detectors.Waiting && prev.Reason == detectors.ReasonNetwork && prev.Link == 0:
		return detectors.DimNetworkQueue
	case prev.State == detectors.Running && prev.Reason == detectors.ReasonPreempted:
		return detectors.DimPreempted
	}
	return detectors.DimRunnable
}

// stopped adds a time in which a goroutine was ready, less that in which the world was stopped.
func (w *divider) stopped(d detectors.Dimension, g uint32, from, to detectors.Time, stack detectors.StackID, wait int32) {
	i, _ := slices.BinarySearchFunc(w.stops, to, func(r timeline.Range, t detectors.Time) int {
		if r.From < t {
			return -1
		}
		return 1
	})
	for i--; i >= 0 && w.stops[i].To > from && from < to; i-- { // they do not overlap
		end, begin := min(w.stops[i].To, to), max(w.stops[i].From, from)
		w.add(d, g, end, to, stack, wait)
		w.add(detectors.DimStopTheWorld, g, begin, end, w.stops[i].Stack, wait)
		to = begin
	}
	w.add(d, g, from, to, stack, wait)
}

// add adds a part, unless it has no length.
func (w *divider) add(d detectors.Dimension, g uint32, from, to detectors.Time, stack detectors.StackID, wait int32) {
	if to > from {
		w.Parts = append(w.Parts, Part{From: from, To: to, Dimension: d, Stack: stack, G: g, Wait: wait})
	}
}

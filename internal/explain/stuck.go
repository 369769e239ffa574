package explain

import (
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// stuck divides a wait that has not ended, for another goroutine. Nobody has ended it, so the trace
// does not say whose doing it is. It says who has to do with such waits: who got the mutex last that is
// waited for there, or who ended the last wait there. What that one does now is likely the cause.
func (x *explainer) stuck(s *timeline.Stay, from, to detectors.Time, wait int32, depth int) {
	p, last := x.partner(s)
	if last == 0 {
		x.alone = true
		x.open(s, from, to, wait, false)
		return
	}
	p.at = to
	i := x.wait(s, from, to, p, wait)
	x.path = append(x.path, s.G)
	defer func() { x.path = x.path[:len(x.path)-1] }()
	by := x.past.At(last)
	if slices.Contains(x.path, p.g) {
		x.open(by, from, to, i, true)
		return
	}
	if next, ok := x.goroutine(by, from, point{at: to, g: p.g}, i, depth+1); ok {
		x.back(from, next, i, depth+1)
	}
}

// open adds a wait that has not ended as a part.
func (x *explainer) open(s *timeline.Stay, from, to detectors.Time, wait int32, cycle bool) {
	d := detectors.DimChannel
	switch cause := s.Reason.Cause(); {
	case cause == detectors.CauseLock && !isDelegation(x.code.Stack(s.Stack).Lock):
		d = detectors.DimLock
	case cause == detectors.CauseOther:
		d = detectors.DimUnknown // it may be the network
	}
	x.Parts = append(x.Parts, Part{From: from, To: to, Dimension: d, Reason: s.Reason, Open: true, Cycle: cycle, Stack: s.Stack, G: s.G, Wait: wait})
}

// partner returns who has to do with waits like one, and that one's stay that has not ended. It is 0
// if nobody was seen, or it has ended.
func (x *explainer) partner(like *timeline.Stay) (p point, last timeline.StayID) {
	lock := x.excludes(like)
	site := x.code.SiteOf(like.Stack)
	if site == 0 {
		return p, 0 // nor is it known who waits there too
	}
	var at detectors.Time
	for _, s := range x.past.Since(x.past.Horizon()) {
		if s.State != detectors.Waiting || s.Reason != like.Reason || !ended(s) || s.End < at || x.code.SiteOf(s.Stack) != site {
			continue
		}
		if lock { // it got the mutex, and if it has ended since, it has let go of it
			at, p = s.End, point{stack: s.Stack, g: s.G}
			last = x.now(s.G)
			continue
		}
		if waker := x.past.At(s.Link); waker != nil {
			if now := x.now(waker.G); now != 0 {
				at, p, last = s.End, point{stack: detectors.StackID(s.By), g: waker.G}, now
			}
		}
	}
	return p, last
}

// now returns a goroutine's stay that has not ended, 0 if it does not live.
func (x *explainer) now(g uint32) timeline.StayID {
	if x.stays == nil {
		x.stays = make(map[uint32]timeline.StayID)
		for id, s := range x.past.Since(x.last.End) {
			if s.Link == timeline.Open {
				x.stays[s.G] = id
			}
		}
	}
	return x.stays[g]
}

// longestWait returns the longest of the goroutine's own waits that make up a link.
func (x *explainer) longestWait(d *Division, of *detectors.Link) (w Wait, ok bool) {
	consider := func(next Wait, dimension detectors.Dimension) {
		if next.Wait < 0 && dimension == of.Dimension && x.site(next.Stack) == of.Site && next.To.Sub(next.From) > w.To.Sub(w.From) {
			w, ok = next, true
		}
	}
	for i := range d.Waits {
		consider(d.Waits[i], x.dimension(&d.Waits[i]))
	}
	for _, p := range d.Parts {
		if p.Reason != detectors.ReasonNone {
			consider(Wait{From: p.From, To: p.To, Stack: p.Stack, Reason: p.Reason, G: p.G, Wait: p.Wait}, p.Dimension)
		}
	}
	return w, ok
}

// span is a time.
type span struct{ from, to detectors.Time }

// ready returns when a goroutine itself was ready, in the order of time, and for how long in all. A stop
// of the world in between is none of it.
func ready(d *Division) (spans []span, total time.Duration) {
	for i := range slices.Backward(d.Parts) {
		p := &d.Parts[i]
		if p.Wait >= 0 || !p.Dimension.WaitsForP() {
			continue
		}
		total += p.To.Sub(p.From)
		if n := len(spans); n > 0 && spans[n-1].to == p.From {
			spans[n-1].to = p.To
		} else {
			spans = append(spans, span{p.From, p.To})
		}
	}
	return spans, total
}

// alike returns how many goroutines waited like that at some time of it, and how long the one did that
// waited longest. At a place that is not known there is nobody else.
func (x *explainer) alike(like Wait) (goroutines int, longest time.Duration) {
	site := x.code.SiteOf(like.Stack)
	seen := make(map[uint32]bool)
	for s := range x.within(like.From, like.To, detectors.Waiting) {
		if s.Reason != like.Reason || x.code.SiteOf(s.Stack) != site || site == 0 && s.G != like.G {
			continue
		}
		seen[s.G] = true
		if prev := x.past.At(s.Prev); prev != nil {
			longest = max(longest, s.End.Sub(prev.End))
		}
	}
	return len(seen), longest
}

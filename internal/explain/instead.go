package explain

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// occupants is how many are listed of those who ran.
const occupants = 16

// occupant is what ran at one place.
type occupant struct {
	detectors.Occupant
	longest time.Duration
	by      map[uint32]time.Duration
}

// instead finds out who ran in some times, which are so long together.
func (x *explainer) instead(spans []span, total time.Duration, procs int) *detectors.Instead {
	from, to := spans[0].from, spans[len(spans)-1].to
	r := &detectors.Instead{From: from, To: to, Ready: total, Procs: procs}
	type key struct {
		class detectors.Class
		site  detectors.SiteID
	}
	all := make(map[key]*occupant)
	for s := range x.within(from, to, detectors.Running) {
		d := common(spans, x.begun(s), s.End)
		if d == 0 {
			continue
		}
		stack := x.code.Stack(x.where(s, x.past.At(s.Prev)))
		k := key{stack.Class, stack.Site}
		if stack.Class != detectors.ClassUser {
			k.site = stack.Bottom
		}
		o := all[k]
		if o == nil {
			o = &occupant{by: make(map[uint32]time.Duration)}
			o.Class, o.Site = k.class, x.code.Site(k.site)
			all[k] = o
		}
		o.Total += d
		if o.by[s.G] += d; o.by[s.G] > o.longest {
			o.longest, o.LongestBy = o.by[s.G], x.id(s.G)
		}
	}
	for _, o := range all {
		o.Goroutines = len(o.by)
		r.Ran = append(r.Ran, o.Occupant)
	}
	slices.SortFunc(r.Ran, func(a, b detectors.Occupant) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Site.Func, b.Site.Func), cmp.Compare(a.Site.Line, b.Site.Line))
	})
	r.Ran = r.Ran[:min(len(r.Ran), occupants)]
	listed := time.Duration(0)
	for _, o := range r.Ran {
		listed += o.Total
	}
	r.Idle = idle(x.past.Procs, procs, spans)
	r.Other = max(0, time.Duration(procs)*total-listed-r.Idle)
	return r
}

// common returns how much of a time lies in some times, which are in order. A time that ends before it
// begins, by the clocks of two threads, has no length.
func common(spans []span, from, to detectors.Time) (d time.Duration) {
	if to <= from {
		return 0
	}
	i, _ := slices.BinarySearchFunc(spans, from, func(s span, t detectors.Time) int { return cmp.Compare(s.to, t+1) })
	for ; i < len(spans) && spans[i].from < to; i++ {
		d += min(spans[i].to, to).Sub(max(spans[i].from, from))
	}
	return d
}

// begun returns when a stay began, as far as that is known.
func (x *explainer) begun(s *timeline.Stay) detectors.Time {
	if prev := x.past.At(s.Prev); prev != nil {
		return prev.End
	}
	return x.past.Horizon()
}

// within yields the stays in one state that lie between two moments at least in part, each with how
// much of it does.
func (x *explainer) within(from, to detectors.Time, state detectors.GoState) func(func(*timeline.Stay, time.Duration) bool) {
	return func(yield func(*timeline.Stay, time.Duration) bool) {
		for _, s := range x.past.Since(from) {
			if s.State != state || s.End <= from {
				continue
			}
			if d := min(s.End, to).Sub(max(x.begun(s), from)); d > 0 && !yield(s, d) {
				return
			}
		}
	}
}

// idle returns for how long so many Ps were idle in some times, all together. Others are there no
// more, since GOMAXPROCS became less.
func idle(changes []timeline.ProcChange, procs int, spans []span) (sum time.Duration) {
	since := make(map[detectors.ProcID]detectors.Time) // of those that are idle
	for _, c := range changes {
		if c.Proc >= detectors.ProcID(procs) {
			continue
		}
		begun, is := since[c.Proc]
		switch {
		case c.Idle && !is:
			since[c.Proc] = c.At
		case !c.Idle && is:
			sum += common(spans, begun, c.At)
			delete(since, c.Proc)
		}
	}
	for _, begun := range since {
		sum += common(spans, begun, spans[len(spans)-1].to)
	}
	return sum
}

// delayed finds out who waited for a P between two moments, but for one goroutine; nil if nobody did.
func (x *explainer) delayed(from, to detectors.Time, but uint32) *detectors.Delayed {
	d := new(detectors.Delayed)
	seen := make(map[uint32]bool)
	sites := make(map[detectors.SiteID]detectors.SiteEvidence)
	for s, long := range x.within(from, to, detectors.Runnable) {
		stack := x.where(s, x.past.At(s.Prev))
		if s.G == but || x.code.Stack(stack).Class != detectors.ClassUser {
			continue
		}
		seen[s.G] = true
		d.Total += long
		d.Max = max(d.Max, long)
		id := x.code.SiteOf(stack)
		e := sites[id]
		sites[id] = detectors.SiteEvidence{Site: id, Name: x.code.Site(id).String(), Count: e.Count + 1, Total: e.Total + long, Max: max(e.Max, long), What: "waited for a P"}
	}
	if d.Goroutines = len(seen); d.Goroutines == 0 {
		return nil
	}
	for _, e := range sites {
		d.Sites = append(d.Sites, e)
	}
	slices.SortFunc(d.Sites, func(a, b detectors.SiteEvidence) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Site, b.Site))
	})
	d.Sites = d.Sites[:min(len(d.Sites), 3)]
	return d
}

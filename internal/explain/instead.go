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

// instead finds out who ran between two moments.
func (x *explainer) instead(from, to detectors.Time, procs int) *detectors.Instead {
	r := &detectors.Instead{From: from, To: to, Procs: procs}
	type key struct {
		class detectors.Class
		site  detectors.SiteID
	}
	all := make(map[key]*occupant)
	var used time.Duration
	for s, d := range x.within(from, to, detectors.Running) {
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
		used += d
		if o.by[s.G] += d; o.by[s.G] > o.longest {
			o.longest, o.Longest = o.by[s.G], x.id(s.G)
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
	r.Idle = idle(x.past.Procs, procs, from, to)
	r.Other = max(0, time.Duration(procs)*to.Sub(from)-listed-r.Idle)
	return r
}

// within yields the stays in one state that lie between two moments at least in part, each with how
// much of it does.
func (x *explainer) within(from, to detectors.Time, state detectors.GoState) func(func(*timeline.Stay, time.Duration) bool) {
	return func(yield func(*timeline.Stay, time.Duration) bool) {
		for _, s := range x.past.Since(from) {
			if s.State != state || s.End <= from {
				continue
			}
			begun := x.past.Horizon()
			if prev := x.past.At(s.Prev); prev != nil {
				begun = prev.End
			}
			if d := min(s.End, to).Sub(max(begun, from)); d > 0 && !yield(s, d) {
				return
			}
		}
	}
}

// idle returns for how long so many Ps were idle between two moments, all together. Others are there no
// more, since GOMAXPROCS became less.
func idle(changes []timeline.ProcChange, procs int, from, to detectors.Time) (sum time.Duration) {
	since := make(map[detectors.ProcID]detectors.Time) // of those that are idle
	add := func(begun, end detectors.Time) { sum += max(0, min(end, to).Sub(max(begun, from))) }
	for _, c := range changes {
		if c.Proc >= detectors.ProcID(procs) {
			continue
		}
		begun, is := since[c.Proc]
		switch {
		case c.Idle && !is:
			since[c.Proc] = c.At
		case !c.Idle && is:
			add(begun, c.At)
			delete(since, c.Proc)
		}
	}
	for _, begun := range since {
		add(begun, to)
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

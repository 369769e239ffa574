package tracewatch

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// placesView makes the places of a report.
type placesView struct {
	*interval
	code  *detectors.Code
	sites []*placeSums // by SiteID; nil: nothing happened there

	used int // of sites

	windows      int
	first, alive []int // goroutines that were last seen at a site, at the end of the first window and of the last
}

// placeSums is a place while it grows.
type placeSums struct {
	delay     detectors.Sum
	delays    *detectors.Histogram // nil: there are too many of them, or it has none
	running   detectors.Sum
	assist    detectors.Sum
	blocked   [detectors.NumCauses]detectors.Sum
	created   uint64
	preempted uint64
}

func newPlacesView(code *detectors.Code, i *interval) *placesView {
	return &placesView{interval: i, code: code}
}

func (v *placesView) observer() timeline.Observer {
	return timeline.Observer{
		Observes: detectors.Set(detectors.GoStart, detectors.GoUnpark, detectors.GoSyscallEnd, detectors.GoPreempt),
		Observe:  v.observe,
	}
}

func (v *placesView) observe(o *detectors.Observation) {
	if o.G.Class != detectors.ClassUser || !v.has(o.Time) {
		return
	}
	p := v.at(v.site(o.Stack, o.G))
	switch {
	case o.Kind == detectors.GoPreempt:
		p.preempted++
	case !o.Known:
	case o.Kind == detectors.GoStart:
		v.delayed(p, o.Duration)
	case o.Kind == detectors.GoUnpark:
		p.blocked[o.Reason.Cause()].Add(o.Duration)
	case o.To == detectors.Runnable: // a system call that lost its P
		p.blocked[detectors.CauseSyscall].Add(o.Duration)
	}
}

// site returns where a goroutine is that was last seen at a stack.
func (v *placesView) site(stack detectors.StackID, g *detectors.Goroutine) detectors.SiteID {
	if stack != 0 {
		return v.code.SiteOf(stack)
	}
	return v.code.SeenAt(0, g.Start, g.Creator)
}

// delayed adds a delay.
func (v *placesView) delayed(p *placeSums, d time.Duration) {
	p.delay.Add(d)
	if p.delays == nil && v.used < limits.PlaceSums {
		v.used++
		p.delays = new(detectors.Histogram)
	}
	if p.delays != nil {
		p.delays.Add(d)
	}
}

// at returns what is summed up at a site. There are no more of them than the code has.
func (v *placesView) at(id detectors.SiteID) *placeSums {
	if n := int(id) + 1 - len(v.sites); n > 0 {
		v.sites = append(v.sites, make([]*placeSums, n)...)
	}
	p := v.sites[id]
	if p == nil {
		p = new(placeSums)
		v.sites[id] = p
	}
	return p
}

func (v *placesView) window(w *detectors.Window) {
	if !v.overlaps(w.Start, w.End) {
		return
	}
	v.sums(w.Totals)
	clear(v.alive)
	for g := range w.Goroutines {
		if g.Class != detectors.ClassUser {
			continue
		}
		id := v.site(g.Stack, g)
		if n := int(id) + 1 - len(v.alive); n > 0 {
			v.alive = append(v.alive, make([]int, n)...)
		}
		v.alive[id]++
	}
	if v.windows == 0 {
		v.first = slices.Clone(v.alive)
	}
	v.windows++
}

// sums adds what a window sums up by stack.
func (v *placesView) sums(t *detectors.Totals) {
	for id, s := range t.Runs {
		if s.Count > 0 {
			v.at(v.code.SiteOf(detectors.StackID(id))).running.Merge(s)
		}
	}
	for i := range t.Unseen {
		u := &t.Unseen[i]
		v.at(v.code.SeenAt(0, u.Start, u.Creator)).running.Merge(u.Sum)
	}
	for id, s := range t.Heap.AssistsAt {
		if s.Count > 0 {
			v.at(v.code.SiteOf(detectors.StackID(id))).assist.Merge(s)
		}
	}
	for id, b := range t.Births {
		if b.Created > 0 && id != 0 {
			v.at(v.code.SiteOf(detectors.StackID(id))).created += b.Created
		}
	}
}

// places returns the places, those first where goroutines of the service ran and waited for a P longest,
// and how many more there were.
func (v *placesView) places() (all []Place, left int) {
	for id := range max(len(v.sites), len(v.alive)) {
		p := Place{Site: v.code.Site(detectors.SiteID(id)), Blocked: make(map[string]Spans)}
		if id < len(v.alive) {
			p.Alive, p.Growth = v.alive[id], v.alive[id]
		}
		if id < len(v.first) {
			p.Growth -= v.first[id]
		}
		if id < len(v.sites) && v.sites[id] != nil {
			v.sites[id].fill(&p)
		} else if p.Alive == 0 && p.Growth == 0 {
			continue
		}
		if detectors.ClassOf(p.Site.Func) == detectors.ClassUser { // what is not is on a goroutine of the service, such as that of WriteTrace
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Place) int {
		return cmp.Or(
			cmp.Compare(b.Running.Sum+b.Delay.Sum, a.Running.Sum+a.Delay.Sum), cmp.Compare(b.BlockedSum, a.BlockedSum),
			cmp.Compare(a.Site.Func, b.Site.Func), cmp.Compare(a.Site.Line, b.Site.Line),
		)
	})
	if left = len(all) - limits.Places; left > 0 {
		return all[:limits.Places], left
	}
	return all, 0
}

func (s *placeSums) fill(p *Place) {
	if p.Delay = spansOf(s.delay); s.delays != nil {
		p.DelayP99 = s.delays.Quantile(0.99)
	}
	p.Running, p.Assist = spansOf(s.running), spansOf(s.assist)
	p.Created, p.Preempted = s.created, s.preempted
	var sum detectors.Sum
	for cause, b := range s.blocked {
		if b.Count > 0 {
			p.Blocked[detectors.Cause(cause).String()] = spansOf(b)
			sum.Merge(b)
		}
	}
	p.BlockedSum = sum.Total
}

package tracewatch

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A ProcUse is what some of the Ps' time was used for.
type ProcUse struct {
	Class detectors.Class `json:"class"`
	Site  detectors.Site  `json:"site,omitzero"` // of the service's code; the runtime's and the watch's have none
	Time  time.Duration   `json:"time_ns"`       // on all Ps together, of runs whose beginning was seen
	Share float64         `json:"share"`         // of the time of all Ps
}

// division divides the time of requests, and that of the Ps, while an engine reads.
type division struct {
	*interval
	requests *explain.Requests
	sites    map[detectors.SiteID]time.Duration
	classes  [detectors.NumClasses]time.Duration
	capacity time.Duration // of all Ps
}

// divide makes the engine's timeline keep what requests are divided by.
func (e *engine) divide() {
	e.division = &division{
		interval: &e.interval, requests: explain.NewRequests(e.code, e.tl), sites: make(map[detectors.SiteID]time.Duration),
	}
	e.division.requests.Counts = func(begin, end detectors.Time) bool {
		e.interval.begins(begin)
		return e.interval.has(end)
	}
}

// window adds a window.
func (d *division) window(w *detectors.Window) {
	d.requests.Window(w)
	if !d.overlaps(w.Start, w.End) {
		return
	}
	d.capacity += time.Duration(w.Procs) * w.Duration()
	for id, s := range w.Totals.Runs {
		if s.Count > 0 {
			d.sites[w.Code.SiteOf(detectors.StackID(id))] += s.Total
		}
	}
	for i := range w.Totals.Unseen {
		u := &w.Totals.Unseen[i]
		d.sites[w.Code.SeenAt(0, u.Start, u.Creator)] += u.Total
	}
	for class, s := range w.Totals.Others {
		d.classes[class] += s.Total
	}
}

// uses returns what the Ps were used for most, the longest first.
func (d *division) uses(code *detectors.Code) (all []ProcUse) {
	share := func(t time.Duration) float64 {
		if d.capacity <= 0 {
			return 0
		}
		return float64(t) / float64(d.capacity)
	}
	classes := d.classes
	for id, t := range d.sites {
		if site := code.Site(id); detectors.ClassOf(site.Func) == detectors.ClassWatch {
			classes[detectors.ClassWatch] += t // on a goroutine of the service, such as that of WriteTrace
		} else {
			all = append(all, ProcUse{detectors.ClassUser, site, t, share(t)})
		}
	}
	for class, t := range classes {
		if t > 0 {
			all = append(all, ProcUse{detectors.Class(class), detectors.Site{}, t, share(t)})
		}
	}
	slices.SortFunc(all, func(a, b ProcUse) int {
		return cmp.Or(cmp.Compare(b.Time, a.Time), cmp.Compare(a.Site.Func, b.Site.Func), cmp.Compare(a.Site.Line, b.Site.Line))
	})
	return all[:min(len(all), limits.ProcUses)]
}

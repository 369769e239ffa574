package detectors

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// PreemptRate finds goroutines that are stopped by the runtime all the time while other
// work waits.
//
// The runtime stops a goroutine that has run for 10 ms, so that the others get their turn
// (runtime/proc.go, forcePreemptNS). More than [PreemptRate.Rate] such stops a second are
// nothing but a batch job that uses the machine, unless other work was late meanwhile:
// both are needed. Late has to be [PreemptRate.Share] of all starts as well: the more Ps there
// are, the more is stopped and started, and some of it meets where nothing is wrong. Stops by
// the garbage collector, which scans a goroutine's stack, do not count.
//
// Where the watch's readings say that the process did not get the processors, the finding says
// that first.
type PreemptRate struct {
	Rate     float64       // preemptions a second, in a window; default 50 (specification)
	Delay    time.Duration // of other work that makes the rate matter; default 10 ms
	Victims  int           // such delays a second; default 10
	Share    float64       // of all starts that were so late; default 0.01 (the slowest hundredth, as SchedDelay)
	LookBack time.Duration // two windows within this must be so, half a second of them; default 5 s
}

// preemptDelay is the default of [PreemptRate.Delay].
const preemptDelay = 10 * time.Millisecond

// Spec implements [Detector].
func (d PreemptRate) Spec() Spec {
	least := preemptDelay
	if d.Delay > 0 {
		least = d.Delay
	}
	return Spec{
		Kind:     "preempt-rate",
		Doc:      "Goroutines that need a P for long had to be stopped often while other work waited for its turn.",
		Observes: Set(GoPreempt),
		Long:     Set(GoStart),
		AtLeast:  least,
	}
}

// New implements [Detector].
func (d PreemptRate) New(code *Code) (State, error) {
	s := settings{kind: "preempt-rate"}
	s.number("Rate", &d.Rate, 50)
	s.duration("Delay", &d.Delay, preemptDelay)
	s.count("Victims", &d.Victims, 10)
	s.share("Share", &d.Share, 0.01)
	s.lookBack(&d.LookBack, 5*time.Second)
	return &preemptRate{PreemptRate: d, code: code, past: recent[*stopsWindow]{of: d.LookBack},
		host: machinePast{past: recent[machineWindow]{of: d.LookBack}}, now: newStopsWindow()}, s.err
}

type preemptRate struct {
	PreemptRate
	code  *Code
	now   *stopsWindow
	past  recent[*stopsWindow]
	host  machinePast
	usual usual // preemptions a second
	since unjudged
}

// stopsWindow is what is kept of one window.
type stopsWindow struct {
	stops  int
	starts uint64 // of those that had waited
	at     map[preemptedAt]int
	late   late
}

// preemptedAt is where goroutines busy with something were preempted.
type preemptedAt struct{ work, start, site SiteID }

func newStopsWindow() *stopsWindow {
	return &stopsWindow{at: make(map[preemptedAt]int), late: make(late)}
}

func (s *preemptRate) Observe(o *Observation) {
	if !o.Known || o.G.Class != ClassUser {
		return
	}
	s.since.observed(o.Time)
	if o.Kind == GoPreempt {
		s.now.stops++
		s.now.at[preemptedAt{s.code.work(o.Stack, o.G.Start), o.G.Start, s.code.seenAt(o)}]++
	} else if o.Duration >= s.Delay && !ownDoing(o.Reason) {
		s.now.late.add(s.code.lateWork(o.G, o.Stack), o.G, o.Proc, o.Stack, o.Duration, o.Time)
	}
}

func (s *preemptRate) Judge(w *Window) ([]Finding, Verdict) {
	if s.since.stale(w) {
		s.now = newStopsWindow()
	}
	s.usual.start(w)
	s.host.add(w)
	now := s.now
	s.now = newStopsWindow()
	now.starts = w.Totals.Delays.Count()
	rate := perWindowSecond(now.stops, w)
	verdict := Verdict{Applicable: true, Value: rate, Threshold: s.Rate, Unit: "1/s"}
	if rate <= s.Rate {
		s.past.add(w, nil)
		s.usual.learn(rate)
		return nil, verdict
	}
	hog, _, _ := now.hog()
	others := now.late.others(&hog).n
	if late := perWindowSecond(others, w); late < float64(s.Victims) || now.share(others) < s.Share {
		s.past.add(w, nil)
		verdict.Note = fmt.Sprintf("other work was late by %s and more only %.1f times a second, in %.2g%% of all starts", wording.Duration(s.Delay), late, 100*now.share(others))
		return nil, verdict
	}
	if top := occupantOf(w); watchRanMore(w, top.runs.Total) {
		s.past.add(w, nil)
		verdict.Note = watchToBlame
		return nil, verdict
	}
	s.past.add(w, now)
	first, lasting := s.past.lasting(func(x *stopsWindow) bool { return x != nil })
	if !lasting {
		verdict.Note = "not for long enough yet"
		return nil, verdict
	}
	// Of the windows in which it was so, all together.
	all, span := newStopsWindow(), time.Duration(0)
	for _, p := range s.past.past {
		if p.value != nil {
			all.merge(p.value)
			span += p.end.Sub(p.start)
		}
	}
	hog, site, n := all.hog()
	victim := all.late.others(&hog)
	others = victim.n
	perSecond, victims := float64(all.stops)/span.Seconds(), float64(others)/span.Seconds()
	name := w.Code.Site(site).Short()
	host := s.host.since(first)
	remark, before := host.remark()
	if host.known {
		first = min(first, host.from)
	}
	f := Finding{
		Severity: Warning,
		Start:    first,
		End:      w.End,
		Score:    perSecond / s.Rate,
		Site:     site,
		Summary: fmt.Sprintf("%.0f goroutines a second were stopped after 10 ms, most in %v; other work was late by %s and more %.0f times a second%s",
			perSecond, name, wording.Duration(s.Delay), victims, remark),
		Why:    "Work that needs a P for long and work that needs it at once share this process, and the short work waits.",
		Advice: before + fmt.Sprintf("Bound how many goroutines run %v at once, or move that work out of the process.", name),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "preemptions", Value: perSecond, Unit: "1/s", Threshold: s.Rate, Baseline: s.usual.known()},
				{Name: "late starts of other work", Value: victims, Unit: "1/s", Threshold: float64(s.Victims)},
				{Name: "share of all starts", Value: all.share(others), Unit: "1", Threshold: s.Share},
			},
			Sites:      []SiteEvidence{{Site: site, Count: n, What: "was preempted"}},
			Goroutines: []GoroutineEvidence{victim.worst},
		},
	}
	f.Evidence.Measures = append(f.Evidence.Measures, host.measures()...)
	return []Finding{f}, verdict
}

// hog returns the work that was stopped most often, and where that was most often.
func (p *stopsWindow) hog() (hog occupant, site SiteID, n int) {
	works, starts, sites := make(map[SiteID]int), make(map[SiteID]SiteID), make(map[SiteID]int)
	for at, k := range p.at {
		works[at.work] += k
		starts[at.work] = at.start
	}
	hog.work = most(works)
	hog.start = starts[hog.work]
	for at, k := range p.at {
		if at.work == hog.work {
			sites[at.site] += k
		}
	}
	site = most(sites)
	return hog, site, sites[site]
}

// share is what part of all starts so many are.
func (p *stopsWindow) share(late int) float64 { return float64(late) / float64(max(p.starts, 1)) }

func (p *stopsWindow) merge(q *stopsWindow) {
	p.stops += q.stops
	p.starts += q.starts
	for at, n := range q.at {
		p.at[at] += n
	}
	p.late.merge(q.late)
}

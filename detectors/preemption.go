package detectors

import (
	"fmt"
	"time"
)

// Preemption finds goroutines that keep a P for too long.
//
// The runtime stops a goroutine that has run for 10 ms, so that the others get
// their turn (runtime/proc.go, forcePreemptNS). Two things go wrong:
//
//   - preempt-failure: a goroutine ran for [Preemption.Run] all the same. It is in code
//     without a preemption point: assembly over a huge slice, a system call that the
//     runtime does not know of. What tells this from a machine that stood still is
//     that most of the site's long runs are that long.
//   - preempt-rate: goroutines are stopped more than [Preemption.Rate] times a second
//     and other code waited for it. Without the second half it is a batch job on
//     an idle machine, and healthy.
//
// The runtime's own watcher, sysmon, leaves no event; how long runs last when they are
// preempted shows how often it looked.
type Preemption struct {
	Run      time.Duration // without a stop; default 30 ms (specification)
	Interval time.Duration // sysmon's, estimated, that counts as late; default 20 ms (specification)
	Runs     int           // so long at one site within the look-back; default 3
	Rate     float64       // preemptions a second over the look-back; default 50 (specification)
	Delay    time.Duration // of other code that makes the rate matter; default 10 ms
	Victims  int           // such delays a second; default 10
	LookBack time.Duration // default 5 s
}

// Spec implements [Detector].
func (d Preemption) Spec() Spec {
	return Spec{
		Kind:     "preempt-failure",
		Doc:      "A goroutine kept its P much longer than the 10 ms that the runtime allows, or goroutines had to be stopped often while others waited (preempt-rate).",
		Observes: Set(GoPreempt),
		Long:     Set(GoStart, GoYield, GoPark, GoSyscall, GoEnd),
		AtLeast:  d.shortest(),
	}
}

// New implements [Detector].
func (d Preemption) New(code *Code) (State, error) {
	s := settings{kind: "preempt-failure"}
	s.duration("Run", &d.Run, 30*time.Millisecond)
	s.duration("Interval", &d.Interval, 20*time.Millisecond)
	s.count("Runs", &d.Runs, 3)
	s.number("Rate", &d.Rate, 50)
	s.duration("Delay", &d.Delay, 10*time.Millisecond)
	s.count("Victims", &d.Victims, 10)
	s.duration("LookBack", &d.LookBack, 5*time.Second)
	return &preemption{Preemption: d, code: code, past: recent[*preemptWindow]{of: d.LookBack}, now: newPreemptWindow()}, s.err
}

// shortest is the shortest run or delay that matters: what is shorter than the runtime
// allows is nobody's failure, unless the user says so.
func (d Preemption) shortest() time.Duration {
	least := allowed
	for _, own := range [...]time.Duration{d.Run, d.Delay} {
		if own > 0 {
			least = min(least, own)
		}
	}
	return least
}

// allowed is how long the runtime lets a goroutine run.
const allowed = 10 * time.Millisecond

type preemption struct {
	Preemption
	code  *Code
	now   *preemptWindow
	past  recent[*preemptWindow]
	since unjudged
}

type preemptWindow struct {
	long        map[SiteID]*longRuns
	preemptions int
	preempted   map[preemptedAt]int
	victims     []int     // late starts, by the function the goroutine began in: the index is a SiteID
	interval    Histogram // how long preempted goroutines had run
}

// preemptedAt is where goroutines that began in a function were preempted.
type preemptedAt struct{ start, site SiteID }

// longRuns are the runs at one site that passed what is allowed.
type longRuns struct {
	n, failed int
	total     time.Duration // of those that failed
	max       time.Duration
	worst     GoroutineEvidence
}

func newPreemptWindow() *preemptWindow {
	return &preemptWindow{long: make(map[SiteID]*longRuns), preempted: make(map[preemptedAt]int)}
}

func (s *preemption) Observe(o *Observation) {
	if !o.Known || o.G.Class != ClassUser {
		return
	}
	s.since.observed(o.Time)
	if o.Kind == GoStart {
		if o.Duration >= s.Delay && o.Reason != ReasonPreempted && o.Reason != ReasonGosched {
			s.now.victims = grow(s.now.victims, int(o.G.Start))
			s.now.victims[o.G.Start]++
		}
		return
	}
	if o.From != Running || o.G.Assisted {
		return // what an assist costs is gc-assist's to tell
	}
	preempted := o.Kind == GoPreempt
	long := o.Duration >= min(allowed, s.Run)
	if !preempted && !long {
		return
	}
	site := s.code.seenAt(o)
	if preempted {
		s.now.preemptions++
		s.now.preempted[preemptedAt{o.G.Start, site}]++
		s.now.interval.Add(o.Duration)
	}
	if !long {
		return
	}
	l := s.now.long[site]
	if l == nil {
		l = new(longRuns)
		s.now.long[site] = l
	}
	l.n++
	longest := o.Duration > l.max
	l.max = max(l.max, o.Duration)
	if o.Duration < s.Run {
		return
	}
	l.failed++
	l.total += o.Duration
	if longest {
		l.worst = GoroutineEvidence{ID: o.G.ID, Proc: o.Proc, At: o.Time.Add(-o.Duration), Duration: o.Duration, Stack: o.Stack, What: "ran without being stopped, was here at the end"}
	}
}

func (s *preemption) Judge(w *Window) ([]Finding, Verdict) {
	if s.since.stale(w) {
		s.now = newPreemptWindow()
	}
	judged := s.now
	s.past.add(w, judged)
	s.now = newPreemptWindow()

	all := newPreemptWindow()
	for _, p := range s.past.past {
		all.merge(p.value)
	}
	var findings []Finding
	worstRun := time.Duration(0)
	for site, l := range all.long {
		worstRun = max(worstRun, l.max)
		now := judged.long[site]
		if l.failed < s.Runs || 2*l.failed <= l.n || now == nil || now.failed == 0 {
			continue
		}
		findings = append(findings, s.failure(w, site, l, all))
	}
	if f, ok := s.rate(w, all, judged); ok && len(findings) == 0 {
		findings = append(findings, f)
	}
	return ranked(findings), Verdict{Applicable: true, Value: worstRun.Seconds(), Threshold: s.Run.Seconds(), Unit: "s",
		Note: fmt.Sprintf("%.0f preemptions a second", s.perSecond(all.preemptions))}
}

func (s *preemption) failure(w *Window, site SiteID, l *longRuns, all *preemptWindow) Finding {
	name := w.Code.Site(site).Short()
	f := Finding{
		Severity: severity(l.max, 10*s.Run),
		Start:    s.past.start(),
		End:      w.End,
		Score:    float64(l.max) / float64(s.Run),
		Site:     site,
		Summary: fmt.Sprintf("%v ran %d times for %s and more without letting go of its P, at most %s; the runtime aims at 10 ms",
			name, l.failed, short(s.Run), short(l.max)),
		Why:    "Meanwhile nothing else ran on that P, a garbage collection could not begin, and with few Ps the whole service stood still.",
		Advice: fmt.Sprintf("Cut the work of %v into pieces of at most a megabyte: a call into assembly (copy, hash, search) over a huge slice cannot be interrupted.", name),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "longest run", Value: l.max.Seconds(), Unit: "s", Threshold: s.Run.Seconds()},
				{Name: "runs that long", Value: float64(l.failed), Unit: "{run}", Threshold: float64(s.Runs)},
				{Name: "runs past 10 ms", Value: float64(l.n), Unit: "{run}"},
			},
			Sites:      []SiteEvidence{{Site: site, Count: l.failed, Total: l.total, Max: l.max, What: "ran without being stopped"}},
			Goroutines: []GoroutineEvidence{l.worst},
		},
	}
	if all.interval.Count() > 0 {
		f.Evidence.Measures = append(f.Evidence.Measures, Measure{Name: "median run when preempted, sysmon's interval at least",
			Value: all.interval.Quantile(0.5).Seconds(), Unit: "s", Threshold: s.Interval.Seconds()})
	}
	return f
}

// rate judges how often goroutines were stopped.
func (s *preemption) rate(w *Window, all, judged *preemptWindow) (Finding, bool) {
	perSecond := s.perSecond(all.preemptions)
	if perSecond <= s.Rate || judged.preemptions == 0 || s.past.span() < time.Second {
		return Finding{}, false
	}
	starts, sites := make(map[SiteID]int), make(map[SiteID]int)
	for at, n := range all.preempted {
		starts[at.start] += n
	}
	hog := most(starts)
	for at, n := range all.preempted {
		if at.start == hog {
			sites[at.site] += n
		}
	}
	site := most(sites)
	victims := 0
	for start, n := range all.victims {
		if SiteID(start) != hog {
			victims += n
		}
	}
	if s.perSecond(victims) < float64(s.Victims) {
		return Finding{}, false
	}
	name := w.Code.Site(site).Short()
	return Finding{
		Kind:     "preempt-rate",
		Severity: Warning,
		Start:    s.past.start(),
		End:      w.End,
		Score:    perSecond / s.Rate,
		Site:     site,
		Summary: fmt.Sprintf("%.0f goroutines a second were stopped after 10 ms, most in %v; other code was late by %s and more %.0f times a second",
			perSecond, name, short(s.Delay), s.perSecond(victims)),
		Why:    "Work that needs a P for long and work that needs it at once share this process, and the short work waits.",
		Advice: fmt.Sprintf("Bound how many goroutines run %v at once, or move that work out of the process.", name),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "preemptions", Value: perSecond, Unit: "1/s", Threshold: s.Rate},
				{Name: "late starts of other code", Value: s.perSecond(victims), Unit: "1/s", Threshold: float64(s.Victims)},
			},
			Sites: []SiteEvidence{{Site: site, Count: sites[site], What: "was preempted"}},
		},
	}, true
}

func (s *preemption) perSecond(n int) float64 {
	if span := s.past.span(); span > 0 {
		return float64(n) / span.Seconds()
	}
	return 0
}

func (p *preemptWindow) merge(q *preemptWindow) {
	p.preemptions += q.preemptions
	p.interval.Merge(&q.interval)
	for id, n := range q.preempted {
		p.preempted[id] += n
	}
	p.victims = grow(p.victims, len(q.victims)-1)
	for id, n := range q.victims {
		p.victims[id] += n
	}
	for id, l := range q.long {
		t := p.long[id]
		if t == nil {
			t = new(longRuns)
			p.long[id] = t
		}
		t.n += l.n
		t.failed += l.failed
		t.total += l.total
		if l.max > t.max {
			t.max, t.worst = l.max, l.worst
		}
	}
}

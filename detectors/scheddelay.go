package detectors

import (
	"cmp"
	"fmt"
	"time"
)

// SchedDelay finds goroutines that were ready and had to wait for a P.
//
// A busy service makes its goroutines wait a little, always; a mean of 250 µs (the
// specification's number) alone says nothing. It becomes a finding when the slowest
// hundredth waits [SchedDelay.P99] as well, in two of the last windows, and those who
// waited are not the ones who used the Ps: work that only delays itself is a
// queue, and healthy.
//
// Counted are starts after a wait, a system call or a creation. A goroutine that was
// preempted or yielded waits by its own doing. Goroutines of the runtime are left
// out.
type SchedDelay struct {
	Mean     time.Duration // of all starts of a window; default 250 µs (specification)
	P99      time.Duration // of all starts of a window; default 20 ms
	Victims  int           // starts of other code delayed that long, in a window; default 10
	Share    float64       // of the Ps that one function's goroutines used; default 1/3
	LookBack time.Duration // two windows within this must be so, half a second of them; default 4 s
}

// Spec implements [Detector].
func (d SchedDelay) Spec() Spec {
	return Spec{
		Kind:    "sched-delay",
		Doc:     "Goroutines that were ready to run waited for a P because other code occupied all of them.",
		Long:    Set(GoStart),
		AtLeast: cmp.Or(d.P99, schedLate),
	}
}

// schedLate is the default of [SchedDelay.P99].
const schedLate = 20 * time.Millisecond

// New implements [Detector].
func (d SchedDelay) New(*Code) (State, error) {
	s := settings{kind: "sched-delay"}
	s.duration("Mean", &d.Mean, 250*time.Microsecond)
	s.duration("P99", &d.P99, schedLate)
	s.count("Victims", &d.Victims, 10)
	s.number("Share", &d.Share, 1.0/3)
	s.duration("LookBack", &d.LookBack, 4*time.Second)
	return &schedDelay{
		SchedDelay: d,
		past:       recent[bool]{of: d.LookBack},
	}, s.err
}

type schedDelay struct {
	SchedDelay
	slow  []slowStarts // by the function the goroutine began in
	worst GoroutineEvidence
	past  recent[bool] // whether a window was bad
	since unjudged
}

// slowStarts are the starts of one function's goroutines that were late.
type slowStarts struct {
	n   int
	sum time.Duration
	max time.Duration
}

func (s *schedDelay) Observe(o *Observation) {
	if o.G.Class != ClassUser || o.Reason == ReasonPreempted || o.Reason == ReasonGosched {
		return
	}
	s.since.observed(o.Time)
	s.slow = grow(s.slow, int(o.G.Start))
	v := &s.slow[o.G.Start]
	v.n++
	v.sum += o.Duration
	v.max = max(v.max, o.Duration)
	if o.Duration > s.worst.Duration {
		s.worst = GoroutineEvidence{ID: o.G.ID, Proc: o.Proc, At: o.Time, Duration: o.Duration, Stack: o.Stack, What: "waited for a P, was parked here before"}
	}
}

func (s *schedDelay) Judge(w *Window) ([]Finding, Verdict) {
	defer s.reset()
	if s.since.stale(w) {
		s.reset()
	}
	delays := &w.Totals.Delays
	mean, p99 := delays.Mean(), delays.Quantile(0.99)
	verdict := Verdict{Applicable: delays.Count() > 0, Value: p99.Seconds(), Threshold: s.P99.Seconds(), Unit: "s"}
	if !verdict.Applicable {
		verdict.Note = "no goroutine of the service became ready in this window"
	}
	if p99 <= s.P99 {
		s.past.add(w, false)
		return nil, verdict // nearly always: who used the Ps need not be known
	}
	hog := occupantOf(w)
	victims, site := s.victims(hog.start), hog.site
	share := 0.0
	if capacity := time.Duration(w.Procs) * w.Duration(); capacity > 0 {
		share = float64(hog.runs.Total) / float64(capacity)
	}
	bad := mean > s.Mean && victims.n >= s.Victims && share > s.Share
	s.past.add(w, bad)
	if !bad {
		verdict.Note = fmt.Sprintf("%d starts of other code than %v were late, which used %.0f%% of the Ps", victims.n, w.Code.Site(hog.start).Short(), 100*share)
		return nil, verdict
	}
	first, lasting := s.past.lasting(func(bad bool) bool { return bad })
	if !lasting {
		return nil, verdict
	}
	name := w.Code.Site(site).Short()
	return []Finding{{
		Severity: severity(p99, 5*s.P99),
		Start:    first,
		End:      w.End,
		Score:    float64(p99) / float64(s.P99),
		Site:     site,
		Summary: fmt.Sprintf("goroutines waited for a P: P99 %s, mean %s, at most %s over %d starts; %v used %.0f%% of %d Ps meanwhile",
			short(p99), short(mean), short(delays.Max()), delays.Count(), name, 100*share, w.Procs),
		Why:    "Every request that was ready in that time stood in the queue for a processor before its code could run.",
		Advice: fmt.Sprintf("Bound how many goroutines run %v at once (a semaphore of GOMAXPROCS/2, a worker pool), split its work, or move it out of this process; look at the heat map for how wide the gaps are.", name),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "scheduling delay P99", Value: p99.Seconds(), Unit: "s", Threshold: s.P99.Seconds()},
				{Name: "scheduling delay mean", Value: mean.Seconds(), Unit: "s", Threshold: s.Mean.Seconds()},
				{Name: "share of the Ps used by the site", Value: share, Unit: "1", Threshold: s.Share},
				{Name: "late starts of other code", Value: float64(victims.n), Unit: "{start}", Threshold: float64(s.Victims)},
			},
			Sites: append([]SiteEvidence{{Site: site, Count: int(hog.at.Count), Total: hog.at.Total, Max: hog.at.Max, What: "ran while others waited"}},
				s.sufferers(hog.start)...),
			Goroutines: []GoroutineEvidence{s.worst},
			HeatMap:    w.Totals.Heat.clone(),
		},
	}}, verdict
}

// victims sums the late starts of all code but the one that used the Ps.
func (s *schedDelay) victims(hog SiteID) (sum slowStarts) {
	for id, v := range s.slow {
		if SiteID(id) != hog {
			sum.n += v.n
			sum.sum += v.sum
			sum.max = max(sum.max, v.max)
		}
	}
	return sum
}

// sufferers lists the three functions whose goroutines waited longest.
func (s *schedDelay) sufferers(hog SiteID) []SiteEvidence {
	var top []SiteEvidence
	for id, v := range s.slow {
		if v.n > 0 && SiteID(id) != hog {
			top = append(top, SiteEvidence{Site: SiteID(id), Count: v.n, Total: v.sum, Max: v.max, What: "its goroutines waited for a P"})
		}
	}
	return worst(top, 3)
}

func (s *schedDelay) reset() {
	clear(s.slow)
	s.worst = GoroutineEvidence{}
}

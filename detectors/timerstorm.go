package detectors

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// TimerStorm finds timers that fire so many at once that goroutines wait for a P.
//
// Thousands of timers are healthy; the specification's thousand firings in two minutes is
// what a few tickers do. It becomes a finding when there were that many, and in a window
// [TimerStorm.Victims] goroutines were late by [TimerStorm.Delay] just when timers fired
// [TimerStorm.Burst] times in 10 ms, and what the timers woke used [TimerStorm.Share] of the
// time that the service ran: in two of the last windows.
//
// The trace has no event for a timer. A firing shows when it wakes a goroutine that sleeps or
// waits for a channel, or creates one (time.AfterFunc): what is counted is a lower bound. A timer
// that fires into a channel on which somebody else is waiting, or nobody, is not seen.
type TimerStorm struct {
	Expirations int           // within Within; default 1,000 (specification)
	Within      time.Duration // default 2 min (specification)
	Burst       int           // firings in 10 ms; default 100
	Delay       time.Duration // of a start that is late; default 10 ms
	Victims     int           // late starts in a window; default 20
	Share       float64       // of the service's running time; default 1/5
	LookBack    time.Duration // two windows within this must be so, half a second of them; default 10 s
}

// timerDelay is the default of [TimerStorm.Delay].
const timerDelay = 10 * time.Millisecond

// Spec implements [Detector].
func (d TimerStorm) Spec() Spec {
	return Spec{
		Kind:    "timer-storm",
		Doc:     "So many timers fired at once that goroutines waited for a P.",
		Long:    Set(GoStart),
		AtLeast: cmp.Or(d.Delay, timerDelay),
	}
}

// New implements [Detector].
func (d TimerStorm) New(code *Code) (State, error) {
	s := settings{kind: "timer-storm"}
	s.count("Expirations", &d.Expirations, 1000)
	s.duration("Within", &d.Within, 2*time.Minute)
	s.count("Burst", &d.Burst, 100)
	s.duration("Delay", &d.Delay, timerDelay)
	s.count("Victims", &d.Victims, 20)
	s.share("Share", &d.Share, 0.2)
	s.lookBack(&d.LookBack, 10*time.Second)
	return &timerStorm{TimerStorm: d, code: code, fired: recent[int]{of: d.Within}, past: recent[bool]{of: d.LookBack}}, s.err
}

type timerStorm struct {
	TimerStorm
	code  *Code
	late  []lateStart
	more  int // late starts that found no room
	worst GoroutineEvidence
	fired recent[int]
	past  recent[bool]
	usual usual // firings a second
	since unjudged
}

// lateStart is from when to when a goroutine was ready.
type lateStart struct{ ready, start Time }

// maxLate bounds the late starts that are kept of a window; whether there were a few
// thousand more does not matter.
const maxLate = 4096

func (s *timerStorm) Observe(o *Observation) {
	if o.G.Class != ClassUser || ownDoing(o.Reason) {
		return
	}
	s.since.observed(o.Time)
	if len(s.late) == maxLate {
		s.more++
		return
	}
	s.late = append(s.late, lateStart{o.Time.Add(-o.Duration), o.Time})
	if o.Duration > s.worst.Duration {
		s.worst = waitedForP(o.G, o.Proc, o.Stack, o.Duration, o.Time)
	}
}

func (s *timerStorm) Judge(w *Window) ([]Finding, Verdict) {
	defer s.reset()
	if s.since.stale(w) {
		s.reset()
	}
	s.usual.start(w)
	t := &w.Totals.Timers
	n := int(w.Totals.TimerWakeups + w.Totals.TimerCreates)
	s.fired.add(w, n)
	total := 0
	for _, p := range s.fired.past {
		total += p.value
	}
	verdict := Verdict{Applicable: true, Value: float64(total), Threshold: float64(s.Expirations), Unit: "{timer}"}
	rate := perWindowSecond(n, w)
	victims := s.victims(t)
	if total <= s.Expirations || victims < s.Victims {
		s.past.add(w, false)
		s.usual.learn(rate)
		if total > s.Expirations {
			verdict.Note = fmt.Sprintf("%d goroutines were late by %s and more when timers fired", victims, wording.Duration(s.Delay))
		}
		return nil, verdict
	}
	top := s.top(w)
	share := 0.0
	if ran := w.Totals.Ran.Sum().Total; ran > 0 {
		share = float64(top.ran) / float64(ran)
	}
	bad := share >= s.Share && !watchRanMore(w, top.ran)
	s.past.add(w, bad)
	switch {
	case bad:
	case share >= s.Share:
		verdict.Note = watchToBlame
		return nil, verdict
	default:
		verdict.Note = fmt.Sprintf("what timers woke used %.0f%% of the running time", 100*share)
		return nil, verdict
	}
	first, lasting := s.past.lasting(func(bad bool) bool { return bad })
	if !lasting {
		verdict.Note = "not for long enough yet"
		return nil, verdict
	}
	burst := t.most()
	name := w.Code.Site(top.site).Short()
	f := Finding{
		Severity: severity(s.worst.Duration, 10*s.Delay),
		Start:    first,
		End:      w.End,
		Score:    float64(victims) / float64(s.Victims),
		Site:     top.site,
		Summary: fmt.Sprintf("timers fired %.0f times a second, up to %d times in 10 ms, most in %v; %d goroutines were late then, by at most %s",
			rate, burst, name, victims, wording.Duration(s.worst.Duration)),
		Why: "All that the timers wake is ready at once and stands in one queue for the processors, and so does every request.",
		Advice: fmt.Sprintf("Spread the timers of %v: add a random offset to each (jitter), let one ticker serve many, or wait for an event in place of polling.",
			name),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: fmt.Sprintf("timers fired within %s", wording.Duration(s.fired.span())), Value: float64(total), Unit: "{timer}", Threshold: float64(s.Expirations)},
				{Name: "timers fired", Value: rate, Unit: "1/s", Baseline: s.usual.known()},
				{Name: "timers fired in 10 ms, at most", Value: float64(burst), Unit: "{timer}", Threshold: float64(s.Burst)},
				{Name: "late starts when timers fired", Value: float64(victims), Unit: "{start}", Threshold: float64(s.Victims)},
				{Name: "share of the running time used by what timers woke", Value: share, Unit: "1", Threshold: s.Share},
			},
			Sites:      top.sites,
			Goroutines: []GoroutineEvidence{s.worst},
			HeatMap:    w.Totals.Heat.clone(),
		},
	}
	return []Finding{f}, verdict
}

// perWindowSecond is how often something happened, for each second.
func perWindowSecond(n int, w *Window) float64 {
	if w.Duration() <= 0 {
		return 0
	}
	return float64(n) / w.Duration().Seconds()
}

// most returns how many timers fired in one column, at most.
func (t *TimerTotals) most() (n uint32) {
	for _, c := range t.Columns {
		n = max(n, c)
	}
	return n
}

// victims counts the late starts of goroutines that were ready, or became so, while timers fired
// in a burst.
func (s *timerStorm) victims(t *TimerTotals) int {
	// before[i] is how many columns with a burst there are before column i.
	before := make([]int, len(t.Columns)+1)
	for i, n := range t.Columns {
		before[i+1] = before[i]
		if int(n) >= s.Burst {
			before[i+1]++
		}
	}
	if before[len(t.Columns)] == 0 {
		return 0
	}
	column := func(at Time) int {
		return int(min(max(0, math.Floor(float64(at.Sub(t.Start))/float64(HeatBucket))), float64(len(t.Columns))))
	}
	n := 0
	for _, l := range s.late {
		if before[min(column(l.start)+1, len(t.Columns))] > before[column(l.ready)] {
			n++
		}
	}
	if n == len(s.late) {
		n += s.more
	}
	return n
}

// stormSite is what timers woke.
type stormSite struct {
	site  SiteID        // where most of it waited, or began
	ran   time.Duration // all of it
	sites []SiteEvidence
}

// top returns what timers woke most, and how long all that they woke ran.
func (s *timerStorm) top(w *Window) (top stormSite) {
	t := w.Totals
	sites, works := make(map[SiteID]int), make(map[SiteID]bool)
	for id, n := range t.Timers.Woken {
		if n > 0 {
			k := s.code.Stack(StackID(id))
			sites[k.Site] += int(n)
			// One timeout does not make a request's handler the timers' doing; nor do a
			// hundred make another handler of the same server theirs.
			if int(n) >= s.Burst {
				works[s.code.work(StackID(id), k.Bottom)] = true
			}
		}
	}
	for start, n := range t.Timers.Created {
		if n > 0 {
			sites[SiteID(start)] += int(n)
			works[SiteID(start)] = true
		}
	}
	for id, n := range sites {
		top.sites = append(top.sites, SiteEvidence{Site: id, Count: n, What: "timers woke or began it here"})
	}
	top.site = most(sites)
	top.sites = byCount(top.sites, 5)
	for id, r := range t.Runs {
		if r.Count > 0 && works[s.code.work(StackID(id), s.code.Stack(StackID(id)).Bottom)] {
			top.ran = addDurations(top.ran, r.Total)
		}
	}
	for _, r := range t.Unseen {
		if works[r.Start] {
			top.ran = addDurations(top.ran, r.Total)
		}
	}
	return top
}

func (s *timerStorm) reset() {
	s.late, s.more = s.late[:0], 0
	s.worst = GoroutineEvidence{}
}

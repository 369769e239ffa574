package detectors

import (
	"cmp"
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// SchedDelay finds goroutines that were ready and had to wait for a P.
//
// A busy service makes its goroutines wait a little, always; a mean of 250 µs or a P99 of
// 200 µs on a P (the specification's numbers) alone say nothing. It becomes a finding when
// the slowest hundredth waits [SchedDelay.P99] as well, of all starts or of those on one
// P, in two of the last windows, and those who waited are not the ones who used the Ps: work
// that only delays itself is a queue, and healthy. Work is what a request's handler does
// ([Stack].Work), or else what goroutines do that began in one function.
//
// Counted are starts after a wait, a system call or a creation, and the age so far of who
// still waits at a window's end. A goroutine that was preempted or yielded waits by its own
// doing; those delays are apart ([Totals].Requeued and Yielded), as are those of the
// runtime's goroutines.
//
// Where the watch's readings say that the process did not get the processors (its cgroup was
// throttled, others had them), the finding says so first: the work that held the Ps may not
// have run at all.
//
// It cannot tell two kinds of requests apart whose handlers are one function, and of a
// connection's goroutine that waits for the next request not which it will be: these are
// never counted as other work.
type SchedDelay struct {
	Mean     time.Duration // of all starts of a window; default 250 µs (specification)
	ProcP99  time.Duration // of the starts on one P, above which it counts as hot; default 200 µs (specification)
	P99      time.Duration // of all starts of a window, or on one P; default 20 ms
	Victims  int           // starts of other work delayed that long, in a window; default 10
	Share    float64       // of the Ps that one work's goroutines used; default 1/3
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
func (d SchedDelay) New(code *Code) (State, error) {
	s := settings{kind: "sched-delay"}
	s.duration("Mean", &d.Mean, 250*time.Microsecond)
	s.duration("ProcP99", &d.ProcP99, 200*time.Microsecond)
	s.duration("P99", &d.P99, schedLate)
	s.count("Victims", &d.Victims, 10)
	s.share("Share", &d.Share, 1.0/3)
	s.lookBack(&d.LookBack, 4*time.Second)
	return &schedDelay{SchedDelay: d, code: code, late: make(late), past: recent[bool]{of: d.LookBack}, host: machinePast{past: recent[machineWindow]{of: d.LookBack}}}, s.err
}

type schedDelay struct {
	SchedDelay
	code  *Code
	late  late
	all   Histogram    // of the window, with who still waits
	past  recent[bool] // whether a window was bad
	host  machinePast
	usual usual // P99, in seconds
	since unjudged
}

func (s *schedDelay) Observe(o *Observation) {
	if o.G.Class != ClassUser || ownDoing(o.Reason) {
		return
	}
	s.since.observed(o.Time)
	s.late.add(s.code.lateWork(o.G, o.Stack), o.G, o.Proc, o.Stack, o.Duration, o.Time)
}

// waiting counts those that still wait at the window's end.
func (s *schedDelay) waiting(w *Window) (n int) {
	for g := range w.Goroutines {
		if g.State != Runnable || g.Class != ClassUser || !g.SinceKnown || ownDoing(g.Reason) {
			continue
		}
		age := w.End.Sub(g.Since)
		s.all.Add(age)
		if age >= s.P99 {
			s.late.add(s.code.lateWork(g, g.Stack), g, g.LastP, g.Stack, age, w.End)
			n++
		}
	}
	return n
}

// procs returns the P with the longest P99 and that, and on how many it passes what makes a P
// hot. A P with a handful of starts says nothing: if all are so, the P99 is 0.
func (s *schedDelay) procs(w *Window) (worst ProcID, p99 time.Duration, hot int) {
	for p := range w.Totals.DelaysOn {
		h := &w.Totals.DelaysOn[p]
		if h.Max() <= s.ProcP99 || h.Count() < 100 {
			continue
		}
		q := h.Quantile(0.99)
		if q > s.ProcP99 {
			hot++
		}
		if q > p99 {
			worst, p99 = ProcID(p), q
		}
	}
	return worst, p99, hot
}

func (s *schedDelay) Judge(w *Window) ([]Finding, Verdict) {
	defer clear(s.late)
	if s.since.stale(w) {
		clear(s.late)
	}
	s.usual.start(w)
	s.host.add(w)
	s.all = w.Totals.Delays
	starving := s.waiting(w)
	mean, p99 := s.all.Mean(), s.all.Quantile(0.99)
	proc, onProc, hot := s.procs(w)
	longest := max(p99, onProc)
	verdict := Verdict{Applicable: s.all.Count() > 0, Value: longest.Seconds(), Threshold: s.P99.Seconds(), Unit: "s"}
	if !verdict.Applicable {
		verdict.Note = "no goroutine of the service became ready in this window"
	}
	if longest <= s.P99 {
		s.past.add(w, false)
		s.usual.learn(p99.Seconds())
		return nil, verdict // nearly always: who used the Ps need not be known
	}
	hog := occupantOf(w)
	victims := s.late.others(&hog)
	share := 0.0
	if capacity := time.Duration(w.Procs) * w.Duration(); capacity > 0 {
		// A run counts as a whole where it ends, and GOMAXPROCS as it was last: it may be more
		// than there was.
		share = min(1, float64(hog.runs.Total)/float64(capacity))
	}
	blamed := !watchRanMore(w, hog.runs.Total)
	bad := mean > s.Mean && victims.n >= s.Victims && share > s.Share && hog.site != 0 && blamed
	s.past.add(w, bad)
	if !bad {
		if !blamed {
			verdict.Note = watchToBlame
			return nil, verdict
		}
		verdict.Note = fmt.Sprintf("%d starts of other work than %v were late, which used %s of the Ps", victims.n, w.Code.Site(hog.work).Short(), usedOf(share))
		return nil, verdict
	}
	first, lasting := s.past.lasting(func(bad bool) bool { return bad })
	if !lasting {
		return nil, verdict
	}
	name := w.Code.Site(hog.site).Short()
	host := s.host.since(first)
	remark, before := host.remark()
	if host.known {
		first = min(first, host.from)
	}
	f := Finding{
		Severity: severity(longest, 5*s.P99),
		Start:    first,
		End:      w.End,
		Score:    float64(longest) / float64(s.P99),
		Site:     hog.site,
		Summary: fmt.Sprintf("goroutines waited for a P: P99 %s, mean %s, at most %s over %d starts; %v used %s of %s meanwhile%s",
			wording.Duration(p99), wording.Duration(mean), wording.Duration(s.all.Max()), s.all.Count(), name, usedOf(share), wording.Many(w.Procs, "P"), remark),
		Why:    "Every request that was ready in that time stood in the queue for a processor before its code could run.",
		Advice: before + fmt.Sprintf("Bound how many goroutines run %v at once (a semaphore of %d, a worker pool), split its work, or move it out of this process; look at the heat map for how wide the gaps are.", name, max(1, w.Procs/2)),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "scheduling delay P99", Value: p99.Seconds(), Unit: "s", Threshold: s.P99.Seconds(), Baseline: s.usual.known()},
				{Name: "scheduling delay mean", Value: mean.Seconds(), Unit: "s", Threshold: s.Mean.Seconds()},
				{Name: "Ps whose P99 is too long", Value: float64(hot), Unit: "{P}"},
				{Name: "share of the Ps used by the site", Value: share, Unit: "1", Threshold: s.Share},
				{Name: "late starts of other work", Value: float64(victims.n), Unit: "{start}", Threshold: float64(s.Victims)},
				{Name: "still waiting at the end", Value: float64(starving), Unit: "{goroutine}"},
			},
			Sites: append([]SiteEvidence{{Site: hog.site, Count: int(hog.at.Count), Total: hog.at.Total, Max: hog.at.Max, What: "ran while others waited"}},
				s.late.sufferers(&hog)...),
			Goroutines: []GoroutineEvidence{victims.worst},
			HeatMap:    w.Totals.Heat.clone(),
		},
	}
	if onProc > 0 {
		f.Evidence.Measures = append(f.Evidence.Measures,
			Measure{Name: "longest P99 of one P", Value: onProc.Seconds(), Unit: "s", Threshold: s.P99.Seconds()},
			Measure{Name: "P with the longest P99", Value: float64(proc), Unit: "1"})
	}
	f.Evidence.Measures = append(f.Evidence.Measures, host.measures()...)
	return []Finding{f}, verdict
}

// usedOf writes a share of the Ps' time, of which all is as much as is known of it.
func usedOf(share float64) string {
	if share >= 1 {
		return "almost all"
	}
	return fmt.Sprintf("%.0f%%", 100*share)
}

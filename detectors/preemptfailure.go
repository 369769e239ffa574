package detectors

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// PreemptFailure finds goroutines that keep a P for much longer than the runtime allows.
//
// The runtime stops a goroutine that has run for 10 ms (runtime/proc.go, forcePreemptNS). If
// one ran for [PreemptFailure.Run] all the same, the finding says why, as far as the trace and
// the watch's readings of the machine tell:
//
//   - there is no preemption point: assembly over a huge slice, or with
//     GODEBUG=asyncpreemptoff=1 any loop without a call. Nothing else is wrong;
//   - it is in a system call that the runtime does not know of (syscall.RawSyscall), as its
//     stack shows, or that it used no processor though its threads did not wait for one;
//   - the cgroup was throttled: its threads were not allowed to run;
//   - the machine was starved: the goroutine held its P but the thread got no processor, as
//     the process's CPU time shows, which is less than the trace's running time. Where the
//     kernel counts it (steal), it is told whether that was the hypervisor.
//
// A system call that the runtime knows of takes the P away and is no run, however long.
// That most of a site's long runs are that long tells its own failure from a hiccup of the
// machine. The runtime's own watcher, sysmon, leaves no event: how long runs last when
// they are preempted, beyond the 10 ms, shows how often it looks. If that passes
// [PreemptFailure.Interval], sysmon itself was late.
//
// It cannot see what kept a thread from running where the watch has no readings: in a trace
// that something else recorded.
type PreemptFailure struct {
	Run      time.Duration // without a stop; default 30 ms (specification)
	Interval time.Duration // sysmon's, estimated, that counts as late; default 20 ms (specification)
	Runs     int           // so long at one site within the look-back; default 3
	LookBack time.Duration // default 5 s
}

// preemptRun is the default of [PreemptFailure.Run], allowed how long the runtime lets a
// goroutine run.
const (
	preemptRun = 30 * time.Millisecond
	allowed    = 10 * time.Millisecond
)

// Spec implements [Detector].
func (d PreemptFailure) Spec() Spec {
	return Spec{
		Kind:     "preempt-failure",
		Doc:      "A goroutine kept its P much longer than the 10 ms that the runtime allows.",
		Observes: Set(GoPreempt),
		Long:     Set(GoYield, GoPark, GoSyscall, GoEnd),
		AtLeast:  d.shortest(),
	}
}

// New implements [Detector].
func (d PreemptFailure) New(code *Code) (State, error) {
	s := settings{kind: "preempt-failure"}
	s.duration("Run", &d.Run, preemptRun)
	s.duration("Interval", &d.Interval, 20*time.Millisecond)
	s.count("Runs", &d.Runs, 3)
	s.lookBack(&d.LookBack, 5*time.Second)
	return &preemptFailure{PreemptFailure: d, code: code, past: recent[*runsWindow]{of: d.LookBack}, now: newRunsWindow()}, s.err
}

// shortest is the shortest run that matters: what is shorter than the runtime allows is
// nobody's failure, unless the user says so.
func (d PreemptFailure) shortest() time.Duration {
	if d.Run > 0 {
		return min(allowed, d.Run)
	}
	return allowed
}

type preemptFailure struct {
	PreemptFailure
	code    *Code
	now     *runsWindow
	past    recent[*runsWindow]
	machine machine
	since   unjudged
}

// runsWindow is what is kept of one window.
type runsWindow struct {
	long    map[SiteID]*longRuns
	stopped []stoppedRun
	runs    []longRun
	ran     time.Duration
	machine []stretch
}

// stoppedRun is one that the runtime stopped.
type stoppedRun struct {
	site SiteID
	ran  time.Duration
}

// maxStopped bounds those that are kept of one window: enough for a quantile.
const maxStopped = 256

// longRuns are the runs at one site that passed what is allowed.
type longRuns struct {
	n, failed int
	total     time.Duration // of those that failed
	max       time.Duration
	worst     GoroutineEvidence
}

func newRunsWindow() *runsWindow { return &runsWindow{long: make(map[SiteID]*longRuns)} }

func (s *preemptFailure) Observe(o *Observation) {
	if !o.Known || o.G.Class != ClassUser || o.G.NoPreempt {
		return // what an assist or a stop of the world costs is for other detectors to tell
	}
	s.since.observed(o.Time)
	if o.Duration < s.shortest() {
		return
	}
	site := s.code.seenAt(o)
	if len(s.now.runs) < maxRuns {
		s.now.runs = append(s.now.runs, longRun{begin: o.Time.Add(-o.Duration), end: o.Time})
	}
	if o.Kind == GoPreempt && len(s.now.stopped) < maxStopped {
		s.now.stopped = append(s.now.stopped, stoppedRun{site, o.Duration})
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

func (s *preemptFailure) Judge(w *Window) ([]Finding, Verdict) {
	if s.since.stale(w) {
		s.now = newRunsWindow()
	}
	judged := s.now
	judged.ran, judged.machine = ranTotal(w.Totals), s.machine.follow(w)
	s.past.add(w, judged)
	s.now = newRunsWindow()

	all := newRunsWindow()
	for _, p := range s.past.past {
		all.merge(p.value)
	}
	why := s.cause(all)
	var findings []Finding
	worstRun := time.Duration(0)
	for site, l := range all.long {
		worstRun = max(worstRun, l.max)
		now := judged.long[site]
		if l.failed < s.Runs || 2*l.failed <= l.n || now == nil || now.failed == 0 {
			continue
		}
		if s.machine.has && why.failed == 0 {
			continue // the reading that tells why is still to come
		}
		findings = append(findings, s.finding(w, site, l, all, &why))
	}
	if !why.ownFault() && len(findings) > 1 {
		findings = ranked(findings)[:1] // whoever ran then was hit: one stands for all
	}
	return ranked(findings), Verdict{Applicable: true, Value: worstRun.Seconds(), Threshold: s.Run.Seconds(), Unit: "s",
		Note: note(all.sysmon(0))}
}

func (s *preemptFailure) finding(w *Window, site SiteID, l *longRuns, all *runsWindow, why *stopCause) Finding {
	name := w.Code.Site(site).Short()
	sysmon := all.sysmon(site)
	reason, advice := why.of(s.code, l, name, sysmon > s.Interval, sysmon)
	f := Finding{
		Severity: severity(l.max, 10*s.Run),
		Start:    s.past.start(),
		End:      w.End,
		Score:    float64(l.max) / float64(s.Run),
		Site:     site,
		Summary: fmt.Sprintf("%v ran %s for %s and more without letting go of its P, at most %s (the runtime aims at 10 ms): %s",
			name, wording.Many(l.failed, "time"), wording.Duration(s.Run), wording.Duration(l.max), reason),
		Why:    "Meanwhile nothing else ran on that P, a garbage collection could not begin, and with few Ps the whole service stood still.",
		Advice: advice,
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
	f.Evidence.Measures = append(f.Evidence.Measures, why.measures()...)
	if sysmon > 0 {
		f.Evidence.Measures = append(f.Evidence.Measures, Measure{Name: "sysmon's interval, estimated from other runs that were preempted",
			Value: sysmon.Seconds(), Unit: "s", Threshold: s.Interval.Seconds()})
	}
	return f
}

func (p *runsWindow) merge(q *runsWindow) {
	p.stopped = append(p.stopped, q.stopped...)
	p.machine = append(p.machine, q.machine...)
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

package detectors

import (
	"fmt"
	"time"
)

// CPUThrottled finds that the kernel kept the process from running because its cgroup had
// used up its share of the processors.
//
// The kernel's counters are in the watch's readings, which are in the trace: each covers the
// time between two of them. It becomes a finding when in the look-back the group was stopped in
// [CPUThrottled.Periods] of the kernel's periods and for [CPUThrottled.Share] of the time.
// What the trace shows of it comes as evidence: goroutines that were running while the process used
// no processor.
//
// It cannot judge where the watch has no readings (a trace that something else recorded), on
// systems without cgroups, and where the group has no limit.
type CPUThrottled struct {
	Periods  float64       // share of the periods in which the group was stopped; default 1/4 (as Kubernetes' usual alert has it)
	Share    float64       // of the time that it was stopped, at most one CPU's; default 0.05
	LookBack time.Duration // default 5 s
}

// Spec implements [Detector].
func (CPUThrottled) Spec() Spec {
	return Spec{
		Kind: "cpu-throttled",
		Doc:  "The kernel kept the process from running: its cgroup had used up its share of the processors.",
	}
}

// New implements [Detector].
func (d CPUThrottled) New(*Code) (State, error) {
	s := settings{kind: "cpu-throttled"}
	s.share("Periods", &d.Periods, 0.25)
	s.share("Share", &d.Share, 0.05)
	s.lookBack(&d.LookBack, 5*time.Second)
	return &cpuThrottled{CPUThrottled: d, past: recent[throttledWindow]{of: d.LookBack}}, s.err
}

type cpuThrottled struct {
	CPUThrottled
	machine machine
	past    recent[throttledWindow]
	usual   usual // share of the periods
}

// throttledWindow is what is kept of one window.
type throttledWindow struct {
	stretches []stretch
	ran       time.Duration
	longest   time.Duration // run
	stopped   bool          // the group was, often enough
}

// Observe is not called: the windows' readings have it all.
func (s *cpuThrottled) Observe(*Observation) {}

// throttling is what a number of stretches say together.
type throttling struct {
	from, to           Time
	periods, throttled uint64
	stopped            time.Duration
	quota              float64
	cpu                Counter[time.Duration]
	known              bool
}

func (t *throttling) add(m *stretch) {
	if !m.throttle.Known() {
		return
	}
	if !t.known {
		t.from, t.cpu = m.from, Count(time.Duration(0))
	}
	t.known, t.to = true, m.to
	t.periods += m.throttle.Periods
	t.throttled += m.throttle.Throttled
	t.stopped = addDurations(t.stopped, m.throttle.Time)
	t.quota = m.throttle.Quota
	t.cpu = Counter[time.Duration]{Value: addDurations(t.cpu.Value, m.cpu.Value), Known: t.cpu.Known && m.cpu.Known}
}

// inPeriods is the share of the periods in which the group was stopped.
func (t *throttling) inPeriods() float64 { return float64(t.throttled) / float64(max(t.periods, 1)) }

// ofTime is the time that it was stopped, for each second.
func (t *throttling) ofTime() float64 { return float64(t.stopped) / float64(max(t.to.Sub(t.from), 1)) }

func (s *cpuThrottled) Judge(w *Window) ([]Finding, Verdict) {
	s.usual.start(w)
	var now throttling
	judged := throttledWindow{stretches: s.machine.follow(w), ran: ranTotal(w.Totals), longest: w.Totals.Ran.Max()}
	for i := range judged.stretches {
		now.add(&judged.stretches[i])
	}
	judged.stopped = now.known && s.over(&now)
	s.past.add(w, judged)
	verdict := Verdict{Applicable: s.machine.has && s.machine.last.Throttle.Known(), Value: now.inPeriods(), Threshold: s.Periods, Unit: "1"}
	if !verdict.Applicable {
		verdict.Note = "no reading of a cgroup's cpu.stat in this trace: it has no limit, or something else than a watcher recorded it"
		return nil, verdict
	}
	if !judged.stopped {
		if now.known {
			s.usual.learn(now.inPeriods())
		}
		return nil, verdict
	}
	var all throttling
	var ran, longest time.Duration
	windows := 0
	for _, p := range s.past.past {
		if p.value.stopped {
			windows++
		}
		for i := range p.value.stretches {
			all.add(&p.value.stretches[i])
		}
		ran, longest = ran+p.value.ran, max(longest, p.value.longest)
	}
	if windows < 2 || !s.over(&all) {
		verdict.Note = "not for long enough yet"
		return nil, verdict
	}
	f := Finding{
		Severity: Warning,
		Start:    min(s.past.start(), all.from),
		End:      w.End,
		Score:    all.inPeriods() / s.Periods,
		Summary: fmt.Sprintf("the cgroup was stopped in %.0f%% of its periods, for %s in %s; its limit is %s, GOMAXPROCS is %d",
			100*all.inPeriods(), short(all.stopped), short(all.to.Sub(all.from)), cpus(all.quota), w.Procs),
		Why:    "Every thread of the process stands still until the kernel's period is over, whatever it was doing: requests, the garbage collector, holders of locks.",
		Advice: "Give the container a higher CPU limit, or none; use no more Ps than the limit (GOMAXPROCS), so that work queues in the program and not in the kernel.",
		Evidence: Evidence{Measures: []Measure{
			{Name: "periods in which the group was stopped", Value: all.inPeriods(), Unit: "1", Threshold: s.Periods, Baseline: s.usual.known()},
			{Name: "time that it was stopped, for each second", Value: all.ofTime(), Unit: "s/s", Threshold: s.Share},
			{Name: "limit", Value: all.quota, Unit: "{cpu}"},
			{Name: "GOMAXPROCS", Value: float64(w.Procs), Unit: "{P}"},
			{Name: "longest run of a goroutine", Value: longest.Seconds(), Unit: "s"},
		}},
	}
	if all.ofTime() >= 5*s.Share {
		f.Severity = Critical
	}
	if all.cpu.Known {
		f.Evidence.Measures = append(f.Evidence.Measures,
			Measure{Name: "goroutines were running", Value: ran.Seconds(), Unit: "s"},
			Measure{Name: "the process used a processor", Value: all.cpu.Value.Seconds(), Unit: "s"})
	}
	return []Finding{f}, verdict
}

func (s *cpuThrottled) over(t *throttling) bool {
	return t.inPeriods() >= s.Periods && t.ofTime() >= s.Share
}

// cpus writes a cgroup's limit.
func cpus(quota float64) string {
	if quota <= 0 {
		return "not known"
	}
	return fmt.Sprintf("%.3g CPUs", quota)
}

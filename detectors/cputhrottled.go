package detectors

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// CPUThrottled finds that the kernel kept the process from running because its cgroup had
// used up its share of the processors.
//
// The kernel's counters are in the watch's readings, which are in the trace: each covers the
// time between two of them. It becomes a finding when in the look-back the group was stopped in
// [CPUThrottled.Periods] of the kernel's periods and for [CPUThrottled.Share] of the time.
// What the trace shows of it comes as evidence: how long goroutines were running by the trace,
// against how long the process used a processor, and where most of them were running.
//
// How long the group was stopped is a sum over the CPUs, each of which stops its threads apart
// (kernel/sched/fair.c, unthrottle_cfs_rq): on 64 of them it grows by up to 64 seconds each
// second. The share of the periods does not, so it says how bad it is: from twice
// [CPUThrottled.Periods] on in the last window it is critical.
//
// It cannot judge where the watch has no readings (a trace that something else recorded), on
// systems without cgroups, and where the group has no limit.
type CPUThrottled struct {
	Periods  float64       // share of the periods in which the group was stopped; default 1/4 (as Kubernetes' usual alert has it)
	Share    float64       // seconds that it was stopped for each second, summed over its CPUs; default 0.05
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
	s.number("Share", &d.Share, 0.05) // a sum over CPUs may pass 1
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
	machineWindow
	longest time.Duration  // run
	stopped bool           // the group was, often enough
	sites   map[SiteID]Sum // where goroutines ran, if it was
}

// Observe is not called: the windows' readings have it all.
func (s *cpuThrottled) Observe(*Observation) {}

func (s *cpuThrottled) Judge(w *Window) ([]Finding, Verdict) {
	s.usual.start(w)
	var now throttling
	judged := throttledWindow{machineWindow: s.machine.window(w), longest: w.Totals.Ran.Max()}
	for i := range judged.stretches {
		now.add(&judged.stretches[i])
	}
	if judged.stopped = now.known && s.over(&now); judged.stopped {
		judged.sites = ranAt(w)
	}
	s.past.add(w, judged)
	verdict := Verdict{Value: now.inPeriods(), Threshold: s.Periods, Unit: "1"}
	switch {
	case !s.machine.has || !s.machine.last.Throttle.Known():
		verdict.Note = "no reading of a cgroup's cpu.stat in this trace: there is none, or something else than a watcher recorded it"
		return nil, verdict
	case s.machine.last.Throttle.Quota == 0 && !now.hasLimit():
		verdict.Note = "the cgroup has no limit"
		return nil, verdict
	}
	verdict.Applicable = true
	if !judged.stopped {
		if now.known {
			s.usual.learn(now.inPeriods())
		}
		return nil, verdict
	}
	var all throttling
	windows := 0
	sites := make(map[SiteID]Sum)
	for _, p := range s.past.past {
		if p.value.stopped {
			windows++
		}
		for i := range p.value.stretches {
			all.add(&p.value.stretches[i])
		}
		for id, r := range p.value.sites {
			sum := sites[id]
			sum.Merge(r)
			sites[id] = sum
		}
	}
	if windows < 2 || !s.over(&all) {
		verdict.Note = "not for long enough yet"
		return nil, verdict
	}
	var ran, longest time.Duration
	for _, p := range s.past.past {
		ran = addDurations(ran, within(p.value.ran, p.start, p.end, all.from, all.to))
		longest = max(longest, p.value.longest)
	}
	f := Finding{
		Severity: Warning,
		Start:    min(s.past.start(), all.from),
		End:      w.End,
		Score:    all.inPeriods() / s.Periods,
		Summary: fmt.Sprintf("the cgroup was stopped in %.0f%% of its periods, for %s in %s summed over its CPUs; its limit is %s, GOMAXPROCS is %d",
			100*all.inPeriods(), wording.Duration(all.stopped), wording.Duration(all.to.Sub(all.from)), all.limit(), w.Procs),
		Why:    "Every thread of the process stands still until the kernel's period is over, whatever it was doing: requests, the garbage collector, holders of locks.",
		Advice: "Give the container a higher CPU limit, or none; use no more Ps than the limit (GOMAXPROCS), so that work queues in the program and not in the kernel.",
		Evidence: Evidence{Measures: []Measure{
			{Name: "periods in which the group was stopped", Value: all.inPeriods(), Unit: "1", Threshold: s.Periods, Baseline: s.usual.known()},
			{Name: "time that it was stopped, for each second, summed over its CPUs", Value: all.ofTime(), Unit: "s/s", Threshold: s.Share},
			{Name: "limit", Value: all.quota, Unit: "{cpu}"},
			{Name: "GOMAXPROCS", Value: float64(w.Procs), Unit: "{P}"},
			{Name: "longest run of a goroutine", Value: longest.Seconds(), Unit: "s"},
		}, Sites: busiest(sites)},
	}
	if now.inPeriods() >= 2*s.Periods && now.ofTime() >= 5*s.Share { // now, whatever was before
		f.Severity = Critical
	}
	if all.cpu.Known {
		f.Evidence.Measures = append(f.Evidence.Measures,
			Measure{Name: "goroutines were running between the readings, about", Value: ran.Seconds(), Unit: "s"},
			Measure{Name: "the process used a processor", Value: all.cpu.Value.Seconds(), Unit: "s"})
	}
	return []Finding{f}, verdict
}

func (s *cpuThrottled) over(t *throttling) bool {
	return t.inPeriods() >= s.Periods && t.ofTime() >= s.Share
}

// busiest are the sites at which goroutines ran longest. The runtime does not know of the stops:
// to it they go on running.
func busiest(sites map[SiteID]Sum) []SiteEvidence {
	var all []SiteEvidence
	for id, r := range sites {
		all = append(all, SiteEvidence{Site: id, Count: int(r.Count), Total: r.Total, Max: r.Max, What: "ran or stood still here, in the windows in which the group was stopped"})
	}
	return worst(all, 3)
}

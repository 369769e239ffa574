package detectors

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// ClockDrift finds that the clocks cannot be relied on: then no duration in the trace can, nor
// can the trace be laid beside the logs of others.
//
// It compares the clocks' readings of a window with those of the windows before: the trace's
// clock against the system's monotonic clock, and that against the time of day. On Linux
// the first two are one clock; elsewhere the trace reads the processor's. Apart from that it
// judges what the kernel reads the time from, which the watch's readings tell: a kernel
// that has given its fast clock up uses one that takes a hundred times as long to read, at every
// event and every call of time.Now.
//
// It cannot see a clock that is wrong without the others differing, and it knows nothing of
// the clocks in traces of Go 1.24 and older.
type ClockDrift struct {
	Drift    float64       // of the trace's clock against the monotonic one, seconds a second; default 0.001
	Step     time.Duration // of the time of day against the monotonic clock, between two windows; default 500 ms
	Sources  []string      // that are good; default those that a program can read without a system call
	LookBack time.Duration // over which drift is measured; default 5 s
}

// fastSources are the kernel's names of the clocks that its vDSO reads (vdso_clock_mode of struct
// clocksource, in drivers/clocksource and arch/*/kernel). Xen's is one only on some machines,
// so it is not among them.
func fastSources() []string {
	return []string{
		"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", // amd64, 386
		"arch_sys_counter",  // arm64, arm
		"timebase",          // ppc64
		"tod",               // s390x
		"riscv_clocksource", // riscv64
		"Constant",          // loong64
		"MIPS", "GIC",       // mips, mips64
	}
}

// Spec implements [Detector].
func (ClockDrift) Spec() Spec {
	return Spec{
		Kind: "clock-drift",
		Doc:  "The machine's clocks differ, step, or are read from a slow source: durations cannot be relied on.",
	}
}

// New implements [Detector].
func (d ClockDrift) New(*Code) (State, error) {
	s := settings{kind: "clock-drift"}
	s.number("Drift", &d.Drift, 0.001)
	s.duration("Step", &d.Step, 500*time.Millisecond)
	s.lookBack(&d.LookBack, 5*time.Second)
	if d.Sources == nil {
		d.Sources = fastSources()
	}
	return &clockDrift{ClockDrift: d, past: recent[Clocks]{of: d.LookBack}}, s.err
}

type clockDrift struct {
	ClockDrift
	past    recent[Clocks]
	bad     int // windows in a row in which it drifted
	source  string
	at      Time // when that was read
	faults  []string
	worst   float64
	started Time
}

// Observe is not called: the windows' clocks and readings have it all.
func (s *clockDrift) Observe(*Observation) {}

func (s *clockDrift) Judge(w *Window) ([]Finding, Verdict) {
	if w.Fresh {
		s.source, s.bad = "", 0
	}
	s.past.add(w, w.Clocks)
	s.faults, s.worst, s.started = s.faults[:0], 0, w.Start
	drift := s.drift()
	verdict := Verdict{Applicable: w.Clocks.Known || len(w.Readings) > 0, Value: math.Abs(drift), Threshold: s.Drift, Unit: "s/s"}
	if !verdict.Applicable {
		verdict.Note = "this trace says nothing of the clocks: Go before 1.25 writes no clock snapshots"
		return nil, verdict
	}
	measures := []Measure{{Name: "drift of the trace's clock", Value: drift, Unit: "s/s", Threshold: s.Drift}}
	if s.bad++; math.Abs(drift) <= s.Drift {
		s.bad = 0
	}
	if s.bad >= 2 {
		s.fault(math.Abs(drift)/s.Drift, s.past.start(), "the trace's clock runs %+.2g ms a second away from the system's", 1000*drift)
	}
	if step, since, ok := s.step(); ok {
		measures = append(measures, Measure{Name: "step of the time of day", Value: step.Seconds(), Unit: "s", Threshold: s.Step.Seconds()})
		if step.Abs() > s.Step {
			s.fault(float64(step.Abs())/float64(s.Step), since, "the time of day stepped by %s", signed(step))
		}
	}
	s.sources(w)
	verdict.Note = s.source
	if len(s.faults) == 0 {
		return nil, verdict
	}
	f := Finding{
		Severity: Warning,
		Start:    s.started,
		End:      w.End,
		Score:    s.worst,
		Why:      "Durations in the trace, and whatever the service itself measures, are off; moments cannot be laid beside other machines' logs.",
		Advice:   "Look at the kernel's log for why it changed its clock source, and at the hypervisor; let the time be slewed and not stepped (chrony, ntpd -x).",
		Summary:  s.faults[0],
		Evidence: Evidence{Measures: measures},
	}
	for _, more := range s.faults[1:] {
		f.Summary += "; " + more
	}
	return []Finding{f}, verdict
}

// fault notes something to report.
func (s *clockDrift) fault(score float64, since Time, format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
	s.worst, s.started = max(s.worst, score), min(s.started, since)
}

// drift is by how much the trace's clock went on faster than the monotonic one, for each second of the
// look-back. The three clocks are read one after the other, and a thread may be held up in between:
// over the whole look-back that matters little.
func (s *clockDrift) drift() float64 {
	known := slices.DeleteFunc(s.clocks(), func(c Clocks) bool { return !c.Known })
	if len(known) < 2 {
		return 0
	}
	a, b := known[0], known[len(known)-1]
	mono := b.Mono - a.Mono
	if mono < time.Second {
		return 0
	}
	return float64(b.Trace.Sub(a.Trace)-mono) / float64(mono)
}

func (s *clockDrift) clocks() []Clocks {
	all := make([]Clocks, len(s.past.past))
	for i, p := range s.past.past {
		all[i] = p.value
	}
	return all
}

// step is by how much the time of day went on faster than the monotonic clock, since the window
// before.
func (s *clockDrift) step() (d time.Duration, since Time, ok bool) {
	n := len(s.past.past)
	if n < 2 {
		return 0, 0, false
	}
	a, b := s.past.past[n-2], s.past.past[n-1].value
	if !a.value.Known || !b.Known {
		return 0, 0, false
	}
	return b.Wall.Sub(a.value.Wall) - (b.Mono - a.value.Mono), a.start, true
}

// sources judges what the time is read from.
func (s *clockDrift) sources(w *Window) {
	for _, r := range w.Readings {
		if r.ClockSource == "" {
			continue
		}
		good := slices.Contains(s.Sources, r.ClockSource)
		switch {
		case s.source != "" && s.source != r.ClockSource:
			s.fault(2, s.at, "the kernel changed its clock source from %s to %s", s.source, r.ClockSource)
		case s.source == "" && !good:
			s.fault(1, r.At, "the kernel reads the time from %s", r.ClockSource)
		}
		s.source, s.at = r.ClockSource, r.At
	}
}

// signed writes a duration with its sign.
func signed(d time.Duration) string {
	if d < 0 {
		return "-" + wording.Duration(-d)
	}
	return "+" + wording.Duration(d)
}

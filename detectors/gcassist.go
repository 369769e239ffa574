package detectors

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// GCAssist finds goroutines held up by the garbage collector's mark assists: who
// allocates while the collector is marking has to mark as much himself, or wait until
// it has been done for him.
//
// If the slowest hundredth of assists passes [GCAssist.P99], five of them at least, that is a finding. If the
// time in assists also rises and falls with the rate of allocation, more allocation
// is the cause, and the finding says so with the correlation and the slope.
//
// It also finds cycles that run back to back: the collector marks most of the time, because the
// heap has hardly any room to grow in between (a memory limit that has been reached). Assists can be short
// then, but the collector takes the processors from everybody.
//
// A thread that gets no processor makes every assist long that it is in, or that waits for what it marks. Where the
// watch's readings say that the process did not get the processors, for at least half as long as all assists took
// together, long assists are no finding; where they took more than that, the finding says it.
//
// It cannot see what the collector looks at, nor the bytes of a single allocation: what was allocated is
// known in steps of a few kilobytes, and put down to where the goroutine that ran there was seen
// last.
type GCAssist struct {
	P99         time.Duration // of assists in the look-back; default 15 ms (specification)
	Correlation float64       // |Pearson r| from which allocation is the cause; default 0.85 (specification)
	LookBack    time.Duration // default 10 s
	Bucket      time.Duration // the grain of the correlation; default 500 ms
	Assists     int           // fewer in the look-back are not judged; default 20
	Marking     float64       // share of a window in marking, above which cycles can be back to back; default 0.5
}

// Spec implements [Detector].
func (GCAssist) Spec() Spec {
	return Spec{
		Kind:     "gc-assist",
		Doc:      "Goroutines that allocate were made to help the garbage collector, or to wait for it, for a long time.",
		Observes: Set(MarkBegin, MarkActive, MarkEnd),
	}
}

// New implements [Detector].
func (d GCAssist) New(*Code) (State, error) {
	s := settings{kind: "gc-assist"}
	s.duration("P99", &d.P99, 15*time.Millisecond)
	s.share("Correlation", &d.Correlation, 0.85)
	s.lookBack(&d.LookBack, 10*time.Second)
	s.duration("Bucket", &d.Bucket, 500*time.Millisecond)
	s.count("Assists", &d.Assists, 20)
	s.share("Marking", &d.Marking, 0.5)
	return &gcAssist{GCAssist: d, past: recent[*assistWindow]{of: d.LookBack}, host: machinePast{past: recent[machineWindow]{of: d.LookBack}}}, s.err
}

type gcAssist struct {
	GCAssist
	marking marking
	since   unjudged
	past    recent[*assistWindow]
	host    machinePast
	usual   usual // P99, in seconds
}

// Observe takes the mark phases. The window's totals have all the rest.
func (s *gcAssist) Observe(o *Observation) {
	s.since.observed(o.Time)
	s.marking.observe(o)
}

func (s *gcAssist) Judge(w *Window) ([]Finding, Verdict) {
	s.usual.start(w)
	if s.since.stale(w) {
		s.marking = marking{}
	}
	judged := s.take(w)
	judged.cycles = s.marking.end(w)
	s.past.add(w, judged)
	s.host.add(w)

	seen := s.seen(func(pastWindow[*assistWindow]) bool { return true })
	f, verdict := s.tail(w, judged, seen)
	words, measures := s.backToBack()
	switch {
	case words == "":
	case f == nil:
		f = s.finding(w, s.seen(s.marks), words) // what was allocated before is not why
		f.Score = measures[0].Value / s.Marking
		f.Why = "The collector takes the processors from all goroutines nearly all of the time, and does it again as soon as it is done."
		f.Advice = noRoom
		f.Evidence.Measures = measures
	default:
		f.Severity = Critical
		f.Summary += "; " + words
		f.Advice = noRoom
		f.Evidence.Measures = append(f.Evidence.Measures, measures...)
	}
	if f == nil {
		return nil, verdict
	}
	return []Finding{*f}, verdict
}

// finding returns one with what all have.
func (s *gcAssist) finding(w *Window, seen *assistsSeen, what string) *Finding {
	site, share := seen.most()
	f := &Finding{
		Severity: Warning,
		Start:    s.past.start(),
		End:      w.End,
		Site:     site,
		Summary:  fmt.Sprintf("%s; %v allocates most (%.0f%% of the bytes)", what, w.Code.Site(site).Short(), 100*share),
		Evidence: Evidence{Sites: append(seen.worst(), allocators(seen.allocated)...)},
	}
	if seen.longest.Duration > 0 {
		f.Evidence.Goroutines = []GoroutineEvidence{seen.longest}
	}
	return f
}

// minLong is how many assists must have been longer: the slowest hundredth of a hundred is one, which says more of
// the moment than of the collector.
const minLong = 5

// tail judges the slowest assists.
func (s *gcAssist) tail(w *Window, judged *assistWindow, seen *assistsSeen) (*Finding, Verdict) {
	all := &seen.assists
	p99 := all.Quantile(0.99)
	verdict := Verdict{Applicable: true, Value: p99.Seconds(), Threshold: s.P99.Seconds(), Unit: "s"}
	if int(all.Count()) < s.Assists {
		verdict.Note = fmt.Sprintf("%d assists in %s; fewer than %d are not judged", all.Count(), wording.Duration(s.past.span()), s.Assists)
		return nil, verdict
	}
	if p99 <= s.P99 {
		s.usual.learn(p99.Seconds())
		return nil, verdict
	}
	_, lasting := s.past.lasting(func(a *assistWindow) bool { return a.assists.Max() > s.P99 })
	switch {
	case judged.assists.Max() <= s.P99: // it was before this window
		return nil, verdict
	case !lasting || all.Over(s.P99) < minLong:
		verdict.Note = "not for long enough yet"
		return nil, verdict
	}
	host := s.host.since(s.past.start())
	if !host.known && len(w.Readings) > 0 {
		verdict.Note = "the machine has been read only once yet"
		return nil, verdict
	}
	if withheld, words := host.withheld(); withheld > 0 && 2*withheld >= within(all.Sum().Total, s.past.start(), w.End, host.from, host.to) {
		verdict.Note = "as likely the machine's doing: " + words
		return nil, verdict
	}
	remark, before := host.remark()
	r, slope, rate := correlate(seen.buckets, s.Bucket)
	f := s.finding(w, seen, fmt.Sprintf("GC mark assists took P99 %s, at most %s, over %d assists", wording.Duration(p99), wording.Duration(all.Max()), all.Count()))
	f.Score = float64(p99) / float64(s.P99)
	f.Why = "A request that allocates while the collector is marking stands still until marking has caught up."
	f.Advice = before + fmt.Sprintf("Allocate less in %v (reuse buffers, avoid small pointerful objects) or give the collector room: a higher GOGC, or GOMEMLIMIT with GOGC=off.",
		w.Code.Site(f.Site).Short())
	_, share := seen.most()
	f.Evidence.Measures = []Measure{
		{Name: "mark assist P99", Value: p99.Seconds(), Unit: "s", Threshold: s.P99.Seconds(), Baseline: s.usual.known()},
		{Name: "mark assist mean", Value: all.Mean().Seconds(), Unit: "s"},
		{Name: "allocation rate", Value: rate, Unit: "By/s"},
		{Name: "correlation of allocation rate and assist time", Value: r, Unit: "1", Threshold: s.Correlation},
		{Name: "assist time per MB/s", Value: slope, Unit: "ms"},
		{Name: "share of the bytes allocated at the site while marking", Value: share, Unit: "1"},
	}
	switch {
	case r > s.Correlation:
		f.Severity = Critical
		f.Summary += fmt.Sprintf("; caused by allocation at %.0f MB/s (r = %.2f, %.2g ms of assists per MB/s)", rate/1e6, r, slope)
	case r < -s.Correlation:
		f.Severity = Critical
		f.Summary += fmt.Sprintf("; they grow while allocation, at %.0f MB/s, falls (r = %.2f): look for what else slows marking down", rate/1e6, r)
	}
	f.Summary += remark
	f.Evidence.Measures = append(f.Evidence.Measures, host.measures()...)
	return f, verdict
}

package detectors

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// GCAssist finds goroutines held up by the garbage collector's mark assists: who
// allocates while the collector is marking has to mark as much himself, or wait until
// it has been done for him.
//
// If the slowest hundredth of assists passes [GCAssist.P99] that is a finding. If the
// time in assists also rises and falls with the rate of allocation, more allocation
// is the cause, and the finding says so with the correlation and the slope.
type GCAssist struct {
	P99         time.Duration // of assists in the look-back; default 15 ms (specification)
	Correlation float64       // |Pearson r| from which allocation is the cause; default 0.85 (specification)
	LookBack    time.Duration // default 10 s
	Bucket      time.Duration // the grain of the correlation; default 500 ms
	Assists     int           // fewer in the look-back are not judged; default 20
}

// Spec implements [Detector].
func (GCAssist) Spec() Spec {
	return Spec{
		Kind:     "gc-assist",
		Doc:      "Goroutines that allocate were made to help the garbage collector, or to wait for it, for a long time.",
		Observes: Set(AssistEnd, HeapAlloc, MarkBegin, MarkActive, MarkEnd),
	}
}

// New implements [Detector].
func (d GCAssist) New(code *Code) (State, error) {
	s := settings{kind: "gc-assist"}
	s.duration("P99", &d.P99, 15*time.Millisecond)
	s.number("Correlation", &d.Correlation, 0.85)
	s.duration("LookBack", &d.LookBack, 10*time.Second)
	s.duration("Bucket", &d.Bucket, 500*time.Millisecond)
	s.count("Assists", &d.Assists, 20)
	if d.Correlation > 1 && s.err == nil {
		s.err = fmt.Errorf("detectors: gc-assist: Correlation is %v; a correlation is at most 1", d.Correlation)
	}
	return &gcAssist{
		GCAssist: d, code: code, past: recent[*assistWindow]{of: d.LookBack},
		now: newAssistWindow(),
	}, s.err
}

type gcAssist struct {
	GCAssist
	code    *Code
	marking bool
	heap    uint64 // the live heap when it was last said
	now     *assistWindow
	past    recent[*assistWindow]
}

// assistWindow is what is kept of one window.
type assistWindow struct {
	assists Histogram
	sites   map[SiteID]SiteEvidence
	bytes   map[SiteID]uint64        // allocated, as far as an assist's stack tells where
	stacks  map[StackID]SiteEvidence // of this window only
	buckets []assistBucket           // by time, without holes where nothing happened
	worst   GoroutineEvidence

	// before is what was allocated from the last window's last word on the heap's size to
	// the first of this one. It counts if there was no gap between them.
	before assistBucket
	said   bool
}

func newAssistWindow() *assistWindow { return &assistWindow{bytes: make(map[SiteID]uint64)} }

// assistBucket is a piece of time: what was allocated and how long was assisted.
type assistBucket struct {
	number int64 // of the piece, counted from the clock's beginning
	bytes  uint64
	assist time.Duration
}

func (s *gcAssist) Observe(o *Observation) {
	switch o.Kind {
	case HeapAlloc:
		s.allocated(o)
		return
	case MarkBegin, MarkActive:
		s.marking = true
		return
	case MarkEnd:
		s.marking = false
		return
	}
	if !o.Known || o.G.Class != ClassUser {
		return
	}
	s.now.assists.Add(o.Duration)
	s.bucket(o.Time).assist += o.Duration
	if s.now.stacks == nil {
		s.now.stacks = make(map[StackID]SiteEvidence)
	}
	e := s.now.stacks[o.Stack]
	e.Count++
	e.Total += o.Duration
	e.Max = max(e.Max, o.Duration)
	s.now.stacks[o.Stack] = e
	if o.Duration > s.now.worst.Duration {
		s.now.worst = GoroutineEvidence{ID: o.G.ID, Proc: o.Proc, At: o.Time, Duration: o.Duration, Stack: o.Stack, What: "assisted the garbage collector"}
	}
}

// allocated notes that the heap has grown. It falls when a cycle ends; what it rises by
// was allocated, by the goroutine that runs there. The runtime tells the heap's size
// without a stack: where the goroutine was seen last is the closest.
func (s *gcAssist) allocated(o *Observation) {
	grown := o.Value - min(s.heap, o.Value)
	s.heap = o.Value
	switch {
	case !s.now.said:
		s.now.said = true
		s.now.before = assistBucket{number: int64(o.Time) / int64(s.Bucket), bytes: grown}
	case grown > 0:
		s.bucket(o.Time).bytes += grown
		if s.marking && o.G != nil && o.G.Class == ClassUser { // at other times it makes nobody assist
			s.now.bytes[s.code.seenAt(o)] += grown
		}
	}
}

func (s *gcAssist) bucket(at Time) *assistBucket {
	n := int64(at) / int64(s.Bucket)
	b := s.now.buckets
	if k := len(b); k > 0 && b[k-1].number == n {
		return &b[k-1]
	}
	s.now.buckets = append(b, assistBucket{number: n})
	return &s.now.buckets[len(b)]
}

func (s *gcAssist) Judge(w *Window) ([]Finding, Verdict) {
	if !w.Fresh && s.now.before.bytes > 0 {
		s.now.buckets = append(s.now.buckets, s.now.before)
	}
	s.marking = false // the next generation says so if it goes on
	s.now.bySite(w.Code)
	s.past.add(w, s.now)
	judged := s.now
	s.now = newAssistWindow()

	all := new(Histogram)
	sites := make(map[SiteID]SiteEvidence)
	allocated := make(map[SiteID]uint64)
	var buckets []assistBucket
	for _, p := range s.past.past {
		all.Merge(&p.value.assists)
		buckets = append(buckets, p.value.buckets...)
		for id, n := range p.value.bytes {
			allocated[id] += n
		}
		for id, e := range p.value.sites {
			t := sites[id]
			sites[id] = SiteEvidence{Site: id, Count: t.Count + e.Count, Total: t.Total + e.Total, Max: max(t.Max, e.Max), What: "allocated and had to assist"}
		}
	}
	p99 := all.Quantile(0.99)
	verdict := Verdict{Applicable: true, Value: p99.Seconds(), Threshold: s.P99.Seconds(), Unit: "s"}
	if int(all.Count()) < s.Assists {
		verdict.Note = fmt.Sprintf("%d assists in %s; fewer than %d are not judged", all.Count(), short(s.past.span()), s.Assists)
		return nil, verdict
	}
	_, lasting := s.past.lasting(func(a *assistWindow) bool { return a.assists.Max() > s.P99 })
	if p99 <= s.P99 || judged.assists.Max() <= s.P99 {
		return nil, verdict
	}
	if !lasting {
		verdict.Note = "not for long enough yet"
		return nil, verdict
	}
	r, slope, rate := correlate(buckets, s.Bucket)
	top := make([]SiteEvidence, 0, len(sites))
	for _, e := range sites {
		top = append(top, e)
	}
	top = worst(top, 5)
	site, bytes := top[0].Site, allocated[top[0].Site]
	for id, n := range allocated {
		if n > bytes || n == bytes && id < site {
			site, bytes = id, n
		}
	}
	name, share := w.Code.Site(site).Short(), shareOf(bytes, allocated)
	f := Finding{
		Severity: Warning,
		Start:    s.past.start(),
		End:      w.End,
		Score:    float64(p99) / float64(s.P99),
		Site:     site,
		Why:      "A request that allocates while the collector is marking stands still until marking has caught up.",
		Advice: fmt.Sprintf("Allocate less in %v (reuse buffers, avoid small pointerful objects) or give the collector room: a higher GOGC, or GOMEMLIMIT with GOGC=off.",
			name),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "mark assist P99", Value: p99.Seconds(), Unit: "s", Threshold: s.P99.Seconds()},
				{Name: "mark assist mean", Value: all.Mean().Seconds(), Unit: "s"},
				{Name: "allocation rate", Value: rate, Unit: "By/s"},
				{Name: "correlation of allocation rate and assist time", Value: r, Unit: "1", Threshold: s.Correlation},
				{Name: "assist time per MB/s", Value: slope, Unit: "ms"},
				{Name: "share of the bytes allocated at the site while marking", Value: share, Unit: "1"},
			},
			Sites:      top,
			Goroutines: []GoroutineEvidence{judged.worst},
		},
	}
	f.Summary = fmt.Sprintf("GC mark assists took P99 %s, at most %s, over %d assists; %v allocates most (%.0f%% of the bytes)",
		short(p99), short(all.Max()), all.Count(), name, 100*share)
	switch {
	case r > s.Correlation:
		f.Severity = Critical
		f.Summary += fmt.Sprintf("; caused by allocation at %.0f MB/s (r = %.2f, %.2g ms of assists per MB/s)", rate/1e6, r, slope)
	case r < -s.Correlation:
		f.Severity = Critical
		f.Summary += fmt.Sprintf("; they grow while allocation, at %.0f MB/s, falls (r = %.2f): look for what else slows marking down", rate/1e6, r)
	}
	return []Finding{f}, verdict
}

// shareOf is what n is of the sum of all.
func shareOf(n uint64, all map[SiteID]uint64) float64 {
	var sum uint64
	for _, k := range all {
		sum += k
	}
	return float64(n) / float64(max(sum, 1))
}

// bySite sums a window's assists by site, which is what is kept of them.
func (a *assistWindow) bySite(code *Code) {
	a.sites = make(map[SiteID]SiteEvidence, len(a.stacks))
	for stack, e := range a.stacks {
		id := code.SiteOf(stack)
		t := a.sites[id]
		a.sites[id] = SiteEvidence{Site: id, Count: t.Count + e.Count, Total: t.Total + e.Total, Max: max(t.Max, e.Max)}
	}
	a.stacks = nil
}

// correlate returns Pearson's r between the rate of allocation and the time in
// assists over pieces of time, the slope in milliseconds of assists (within a piece)
// for each MB/s, and the mean rate in bytes a second. Without enough pieces r is 0.
func correlate(buckets []assistBucket, length time.Duration) (r, slope, rate float64) {
	// A piece that two windows share comes twice; pieces in which nothing at all
	// happened do not come.
	slices.SortFunc(buckets, func(a, b assistBucket) int { return cmp.Compare(a.number, b.number) })
	pieces := buckets[:0]
	for _, b := range buckets {
		if k := len(pieces); k > 0 && pieces[k-1].number == b.number {
			pieces[k-1].bytes += b.bytes
			pieces[k-1].assist += b.assist
		} else {
			pieces = append(pieces, b)
		}
	}
	if len(pieces) == 0 {
		return 0, 0, 0
	}
	n := float64(pieces[len(pieces)-1].number - pieces[0].number + 1)
	var sx, sy, sxx, syy, sxy float64
	for _, b := range pieces {
		x := float64(b.bytes) / length.Seconds() / 1e6
		y := float64(b.assist) / 1e6
		sx, sy, sxx, syy, sxy = sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
	}
	vx, vy, cov := sxx-sx*sx/n, syy-sy*sy/n, sxy-sx*sy/n
	rate = sx / n * 1e6
	if len(pieces) < 8 || vx <= 0 || vy <= 0 {
		return 0, 0, rate
	}
	return max(-1, min(1, cov/math.Sqrt(vx*vy))), cov / vx, rate
}

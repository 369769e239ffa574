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
		Kind: "gc-assist",
		Doc:  "Goroutines that allocate were made to help the garbage collector, or to wait for it, for a long time.",
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
	return &gcAssist{GCAssist: d, past: recent[*assistWindow]{of: d.LookBack}}, s.err
}

type gcAssist struct {
	GCAssist
	past  recent[*assistWindow]
	usual usual // P99, in seconds
}

// assistWindow is what is kept of one window.
type assistWindow struct {
	assists Histogram
	sites   map[SiteID]SiteEvidence
	bytes   map[SiteID]uint64 // allocated while marking
	buckets []assistBucket    // by time, without holes where nothing happened
}

// assistBucket is a piece of time: what was allocated and how long was assisted.
type assistBucket struct {
	number int64 // of the piece, counted from the clock's beginning
	bytes  uint64
	assist time.Duration
}

// Observe is not called: the window's totals have it all.
func (s *gcAssist) Observe(*Observation) {}

// take keeps what matters of a window. The runtime tells the heap's size without a stack:
// where the goroutine that ran there was seen last is the closest there is.
func (s *gcAssist) take(w *Window) *assistWindow {
	h := &w.Totals.Heap
	a := &assistWindow{assists: h.Assists, sites: make(map[SiteID]SiteEvidence), bytes: make(map[SiteID]uint64)}
	for stack, sum := range h.AssistsAt {
		if sum.Count > 0 {
			id := w.Code.SiteOf(StackID(stack))
			e := a.sites[id]
			a.sites[id] = SiteEvidence{Site: id, Count: e.Count + int(sum.Count), Total: e.Total + sum.Total, Max: max(e.Max, sum.Max)}
		}
	}
	for site, n := range h.Marked {
		if n > 0 {
			a.bytes[SiteID(site)] = n
		}
	}
	for i, c := range h.Columns {
		if c == (HeapColumn{}) {
			continue
		}
		n := int64(h.Start.Add(time.Duration(i)*HeatBucket)) / int64(s.Bucket)
		if k := len(a.buckets); k == 0 || a.buckets[k-1].number != n {
			a.buckets = append(a.buckets, assistBucket{number: n})
		}
		b := &a.buckets[len(a.buckets)-1]
		b.bytes += c.Grown
		b.assist += c.Assist
	}
	return a
}

func (s *gcAssist) Judge(w *Window) ([]Finding, Verdict) {
	s.usual.start(w)
	judged := s.take(w)
	s.past.add(w, judged)

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
		s.usual.learn(p99.Seconds())
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
				{Name: "mark assist P99", Value: p99.Seconds(), Unit: "s", Threshold: s.P99.Seconds(), Baseline: s.usual.known()},
				{Name: "mark assist mean", Value: all.Mean().Seconds(), Unit: "s"},
				{Name: "allocation rate", Value: rate, Unit: "By/s"},
				{Name: "correlation of allocation rate and assist time", Value: r, Unit: "1", Threshold: s.Correlation},
				{Name: "assist time per MB/s", Value: slope, Unit: "ms"},
				{Name: "share of the bytes allocated at the site while marking", Value: share, Unit: "1"},
			},
			Sites:      append(top, allocators(allocated)...),
			Goroutines: []GoroutineEvidence{w.Totals.Heap.Longest},
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

// allocators lists the three sites that allocated most while the collector was marking.
func allocators(bytes map[SiteID]uint64) []SiteEvidence {
	var all []SiteEvidence
	for id, n := range bytes {
		all = append(all, SiteEvidence{Site: id, Bytes: n, What: "allocated while the collector was marking"})
	}
	slices.SortFunc(all, func(a, b SiteEvidence) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Site, b.Site)) })
	return all[:min(len(all), 3)]
}

// shareOf is what n is of the sum of all.
func shareOf(n uint64, all map[SiteID]uint64) float64 {
	var sum uint64
	for _, k := range all {
		sum += k
	}
	return float64(n) / float64(max(sum, 1))
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

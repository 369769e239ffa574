package detectors

import (
	"cmp"
	"slices"
	"time"
)

// assistWindow is what is kept of one window.
type assistWindow struct {
	assists Histogram
	longest GoroutineEvidence
	sites   map[SiteID]SiteEvidence
	bytes   map[SiteID]uint64 // allocated while marking
	buckets []assistBucket    // by time, without holes where nothing happened
	cycles  cycles
}

// assistBucket is a piece of time: what was allocated and how long was assisted.
type assistBucket struct {
	number int64 // of the piece, counted from the clock's beginning
	bytes  uint64
	assist time.Duration
}

// take keeps what matters of a window. The runtime tells the heap's size without a stack:
// where the goroutine that ran there was seen last is the closest there is.
func (s *gcAssist) take(w *Window) *assistWindow {
	h := &w.Totals.Heap
	a := &assistWindow{assists: h.Assists, longest: h.Longest, sites: make(map[SiteID]SiteEvidence), bytes: make(map[SiteID]uint64)}
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

// assistsSeen is what is kept of some windows of the look-back together.
type assistsSeen struct {
	assists   Histogram
	longest   GoroutineEvidence
	sites     map[SiteID]SiteEvidence
	allocated map[SiteID]uint64
	buckets   []assistBucket
}

func (s *gcAssist) seen(in func(pastWindow[*assistWindow]) bool) *assistsSeen {
	all := &assistsSeen{sites: make(map[SiteID]SiteEvidence), allocated: make(map[SiteID]uint64)}
	for _, p := range s.past.past {
		if !in(p) {
			continue
		}
		all.assists.Merge(&p.value.assists)
		all.buckets = append(all.buckets, p.value.buckets...)
		if p.value.longest.Duration > all.longest.Duration {
			all.longest = p.value.longest
		}
		for id, n := range p.value.bytes {
			all.allocated[id] += n
		}
		for id, e := range p.value.sites {
			t := all.sites[id]
			all.sites[id] = SiteEvidence{Site: id, Count: t.Count + e.Count, Total: t.Total + e.Total, Max: max(t.Max, e.Max), What: "allocated and had to assist"}
		}
	}
	return all
}

// worst returns the five sites that had to assist longest.
func (a *assistsSeen) worst() []SiteEvidence {
	all := make([]SiteEvidence, 0, len(a.sites))
	for _, e := range a.sites {
		all = append(all, e)
	}
	return worst(all, 5)
}

// most returns the site that allocated most while the collector was marking, or if that is not
// known the one that had to assist longest, and its share of the bytes.
func (a *assistsSeen) most() (site SiteID, share float64) {
	if top := a.worst(); len(top) > 0 {
		site = top[0].Site
	}
	bytes := a.allocated[site]
	for id, n := range a.allocated {
		if n > bytes || n == bytes && id < site {
			site, bytes = id, n
		}
	}
	return site, shareOf(bytes, a.allocated)
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

package explain

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A distribution is durations and what they were made of, by their length, so that the parts of those
// about a quantile can be told. The zero value is empty.
type distribution struct {
	octaves [65]*octave // by the number of a duration's bits
	sites   sums        // of the parts, by siteKey
	count   uint64
	total   time.Duration
	max     time.Duration
	parts   detectors.Parts
}

// octave is the durations between a power of two and the next, in cells of equal width.
type octave [1 << cellBits]cell

// cell is the durations of about one length: none is a thirty-second longer than another.
type cell struct {
	count uint64
	total time.Duration
	parts detectors.Parts
}

const (
	cellBits = 5

	// siteBits is how many of the bits of a cell's number tell places apart too. There
	// are many of them, and their order hardly changes from one cell to the next.
	siteBits = 3
)

// cellOf returns in which octave and cell a duration is.
func cellOf(d time.Duration) (octave, cell int) {
	octave = bits.Len64(uint64(d))
	return octave, int(uint64(d)<<(64-octave)>>(63-cellBits)) & (1<<cellBits - 1)
}

// siteKey is what a part is counted under, with others of durations of about the same length.
func siteKey(octave, cell int, d detectors.Dimension, site detectors.SiteID) uint64 {
	return uint64(octave<<siteBits|cell>>(cellBits-siteBits))<<40 | uint64(d)<<32 | uint64(site)
}

// add counts a duration that was divided.
func (x *distribution) add(d time.Duration, by *Division, code *detectors.Code) {
	o, k := cellOf(d)
	if x.octaves[o] == nil {
		x.octaves[o] = new(octave)
	}
	c := &x.octaves[o][k]
	c.count++
	c.total += d
	x.count++
	x.total += d
	x.max = max(x.max, d)
	for i := range by.Parts {
		p := &by.Parts[i]
		long := p.To.Sub(p.From)
		c.parts[p.Dimension] += long
		x.parts[p.Dimension] += long
		x.sites.add(siteKey(o, k, p.Dimension, by.place(p, code)), siteKey(o, k, p.Dimension, 0), long, limits.RequestSites)
	}
}

// merge adds all that other counted.
func (x *distribution) merge(other *distribution) {
	for o, from := range other.octaves {
		if from == nil {
			continue
		}
		if x.octaves[o] == nil {
			x.octaves[o] = new(octave)
		}
		for k := range from {
			c := &x.octaves[o][k]
			c.count += from[k].count
			c.total += from[k].total
			c.parts.Add(&from[k].parts)
		}
	}
	for s := range other.sites.all {
		x.sites.add(s.key, s.key>>32<<32, s.total, 2*limits.RequestSites)
	}
	x.count += other.count
	x.total += other.total
	x.max = max(x.max, other.max)
	x.parts.Add(&other.parts)
}

// around is how much of all durations on each side of a quantile are taken for those of about that
// length: half of what is beyond it, but no more than this.
const around = 0.025

// at returns a quantile; q is above 0 and below 1.
func (x *distribution) at(q float64, code *detectors.Code) (r detectors.Quantile) {
	if x.count == 0 {
		return r
	}
	half := min((1-q)/2, around)
	rank := func(q float64) uint64 { return min(max(uint64(math.Ceil(q*float64(x.count))), 1), x.count) }
	first, middle, last := rank(q-half), rank(q), rank(q+half)
	var near detectors.Parts
	chosen := make(map[uint64]bool) // of siteKey, what says how long
	var seen uint64
	for o, all := range x.octaves {
		if all == nil {
			continue
		}
		for k := range all {
			c := &all[k]
			before := seen
			seen += c.count
			if c.count > 0 && seen >= first && before < last {
				near.Add(&c.parts)
				chosen[siteKey(o, k, 0, 0)>>40] = true
			}
			if before < middle && middle <= seen {
				r.Value = c.total / time.Duration(c.count)
			}
		}
	}
	r.Parts = near.Scaled(r.Value)
	r.Sites = x.sitesIn(chosen, &r.Parts, code)
	return r
}

// sitesIn divides parts among the places that some durations were spent at.
func (x *distribution) sitesIn(chosen map[uint64]bool, parts *detectors.Parts, code *detectors.Code) (sites []detectors.SitePart) {
	type place struct {
		dimension detectors.Dimension
		site      detectors.SiteID
	}
	at := make(map[place]time.Duration)
	var all detectors.Parts
	for s := range x.sites.all {
		if chosen[s.key>>40] {
			p := place{detectors.Dimension(s.key >> 32), detectors.SiteID(s.key)}
			at[p] += s.total
			all[p.dimension] += s.total
		}
	}
	for p, d := range at {
		if part := proportion(parts[p.dimension], d, all[p.dimension]); part > 0 {
			sites = append(sites, detectors.SitePart{Dimension: p.dimension, Site: code.Site(p.site), Part: part})
		}
	}
	slices.SortFunc(sites, func(a, b detectors.SitePart) int {
		return cmp.Or(cmp.Compare(b.Part, a.Part), cmp.Compare(a.Dimension, b.Dimension), cmp.Compare(a.Site.Func, b.Site.Func), cmp.Compare(a.Site.Line, b.Site.Line))
	})
	return sites[:min(len(sites), limits.QuantileSites)]
}

// proportion returns d times a over b, rounded down.
func proportion(d, a, b time.Duration) time.Duration {
	if d <= 0 || a <= 0 || b <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(d), uint64(min(a, b)))
	q, _ := bits.Div64(hi, lo, uint64(b))
	return time.Duration(q)
}

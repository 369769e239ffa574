package detectors

import (
	"math"
	"time"
)

// A duration's bucket is the upper half of its float64: the exponent and four bits of the
// mantissa. A bucket is at most 1/16 wide.
const (
	histBuckets = 1 << 10
	histShift   = 52 - 4
	histBase    = 1023<<4 - 1 // of 0; 1 is the next
)

// A Histogram counts durations in buckets that grow with the value, so that a quantile
// of millions of durations costs four kilobytes and no allocation. The zero value is
// empty and ready. Negative durations count as zero.
type Histogram struct {
	counts [histBuckets]uint32
	sum    Sum
}

// histBucket returns the bucket of a duration.
func histBucket(d time.Duration) int {
	return int(max(math.Float64bits(float64(max(d, 0)))>>histShift, histBase)-histBase) & (histBuckets - 1)
}

// histUpper returns the largest duration of a bucket.
func histUpper(b int) time.Duration {
	next := math.Ceil(math.Float64frombits(uint64(b+1+histBase) << histShift))
	if next >= 1<<63 {
		return math.MaxInt64
	}
	return time.Duration(next) - 1
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	h.Mark(d)
	h.sum.Add(max(d, 0))
}

// Mark is the half of [Histogram.Add] that quantiles need. It is for who sums the same
// durations up elsewhere, and passes that to AddSum before anybody asks.
func (h *Histogram) Mark(d time.Duration) { h.counts[histBucket(d)]++ }

// AddSum is the other half, for any number of durations.
func (h *Histogram) AddSum(s Sum) { h.sum.Merge(s) }

// Sum returns how many durations were added, their total and the longest.
func (h *Histogram) Sum() Sum { return h.sum }

// Count returns how many durations were added.
func (h *Histogram) Count() uint64 { return h.sum.Count }

// Max returns the longest.
func (h *Histogram) Max() time.Duration { return h.sum.Max }

// Mean returns their mean, 0 if there are none.
func (h *Histogram) Mean() time.Duration { return h.sum.Mean() }

// Quantile returns a duration that the share q (0 to 1) of all do not pass, at most
// 1/16 too long, 0 if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.sum.Count == 0 {
		return 0
	}
	rank := uint64(q * float64(h.sum.Count))
	if float64(rank) < q*float64(h.sum.Count) || rank == 0 {
		rank++
	}
	var seen uint64
	for b, c := range h.counts {
		if seen += uint64(c); seen >= rank {
			return min(histUpper(b), h.sum.Max)
		}
	}
	return h.sum.Max
}

// Over returns how many durations are longer than d, without those at most 1/16 longer.
func (h *Histogram) Over(d time.Duration) (n uint64) {
	for _, c := range h.counts[histBucket(d)+1:] {
		n += uint64(c)
	}
	return n
}

// Merge adds all that other counted.
func (h *Histogram) Merge(other *Histogram) {
	for b, c := range other.counts {
		h.counts[b] += c
	}
	h.sum.Merge(other.sum)
}

// Reset empties h.
func (h *Histogram) Reset() { *h = Histogram{} }

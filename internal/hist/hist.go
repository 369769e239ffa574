// Package hist counts durations in buckets that grow with the value, so that a
// quantile of millions of durations costs a few kilobytes and no allocation.
package hist

import (
	"math"
	"math/bits"
	"time"
)

const (
	subBits = 4 // 16 buckets for each doubling: a bucket is at most 1/16 wide
	sub     = 1 << subBits
	buckets = (64 - subBits) * sub
)

// A Histogram counts durations. The zero value is empty and ready.
type Histogram struct {
	counts [buckets]uint32
	n      uint64
	sum    time.Duration
	max    time.Duration
}

// bucket returns the bucket of a duration: exact below 16 ns, then 16 for each
// doubling.
func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < sub {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return (shift+1)*sub + int(v>>shift)&(sub-1)
}

// upper returns the largest duration of a bucket.
func upper(b int) time.Duration {
	if b < sub {
		return time.Duration(b)
	}
	shift := b/sub - 1
	return time.Duration((uint64(sub+b%sub+1) << shift) - 1)
}

// Add counts one duration.
func (h *Histogram) Add(d time.Duration) {
	h.counts[bucket(d)]++
	h.n++
	h.sum = min(h.sum, math.MaxInt64-max(d, 0)) + d // a broken clock's durations may be centuries
	h.max = max(h.max, d)
}

// Count returns how many durations were added.
func (h *Histogram) Count() uint64 { return h.n }

// Sum returns their sum.
func (h *Histogram) Sum() time.Duration { return h.sum }

// Max returns the longest.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean returns their mean, 0 if there are none.
func (h *Histogram) Mean() time.Duration {
	if h.n == 0 {
		return 0
	}
	return h.sum / time.Duration(h.n)
}

// Quantile returns a duration that the share q (0 to 1) of all do not pass, at most
// 1/16 too long, 0 if there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.n == 0 {
		return 0
	}
	rank := uint64(q * float64(h.n))
	if float64(rank) < q*float64(h.n) || rank == 0 {
		rank++
	}
	var seen uint64
	for b, c := range h.counts {
		if seen += uint64(c); seen >= rank {
			return min(upper(b), h.max)
		}
	}
	return h.max
}

// Merge adds all that other counted.
func (h *Histogram) Merge(other *Histogram) {
	for b, c := range other.counts {
		h.counts[b] += c
	}
	h.n += other.n
	h.sum = min(h.sum, math.MaxInt64-max(other.sum, 0)) + other.sum
	h.max = max(h.max, other.max)
}

// Reset empties h.
func (h *Histogram) Reset() { *h = Histogram{} }

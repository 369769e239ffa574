package shop

import (
	"math"
	"sync/atomic"
	"time"
)

// growth is the ratio of a bucket's bounds: quantiles are exact to ten percent.
const growth = 1.1

// histogram counts latencies in buckets that grow geometrically from a microsecond to minutes.
type histogram struct {
	buckets [200]atomic.Int64
}

func (h *histogram) add(d time.Duration) {
	i := 0
	if us := float64(d) / float64(time.Microsecond); us > 1 {
		i = min(int(math.Log(us)/math.Log(growth)), len(h.buckets)-1)
	}
	h.buckets[i].Add(1)
}

// summary returns the count, the median and the 99th percentile.
func (h *histogram) summary() (n int, p50, p99 time.Duration) {
	var counts [len(h.buckets)]int
	for i := range h.buckets {
		counts[i] = int(h.buckets[i].Load())
		n += counts[i]
	}
	return n, quantile(counts[:], n, 0.50), quantile(counts[:], n, 0.99)
}

// quantile returns the upper bound of the bucket that holds the q-quantile of n latencies.
func quantile(counts []int, n int, q float64) time.Duration {
	rank := int(math.Ceil(q * float64(n)))
	seen := 0
	for i, c := range counts {
		seen += c
		if seen >= rank && seen > 0 {
			return time.Duration(math.Pow(growth, float64(i+1)) * float64(time.Microsecond))
		}
	}
	return 0
}

package shop

import (
	"math"
	"slices"
	"time"
)

// quantileOf returns the q-quantile of d, or zero if d is empty.
func quantileOf(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(d))
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

// over counts the durations of at least limit.
func over(d []time.Duration, limit time.Duration) int {
	n := 0
	for _, v := range d {
		if v >= limit {
			n++
		}
	}
	return n
}

func mean[T ~int64 | ~float64](x []T) T {
	if len(x) == 0 {
		return 0
	}
	var sum T
	for _, v := range x {
		sum += v
	}
	return sum / T(len(x))
}

// addTo adds v to the i-th element of a series that is as long as it needs to be.
func addTo(s *[]float64, i int, v float64) {
	for len(*s) <= i {
		*s = append(*s, 0)
	}
	(*s)[i] += v
}

// pearson correlates two series, the shorter one continued with zeros.
func pearson(x, y []float64) float64 {
	n := max(len(x), len(y))
	if n == 0 {
		return 0
	}
	addTo(&x, n-1, 0)
	addTo(&y, n-1, 0)
	mx, my := mean(x), mean(y)
	var xx, yy, xy float64
	for i := range n {
		dx, dy := x[i]-mx, y[i]-my
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

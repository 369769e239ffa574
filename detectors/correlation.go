package detectors

import (
	"cmp"
	"math"
	"slices"
	"time"
)

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

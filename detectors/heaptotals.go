package detectors

import "time"

// HeapTotals are what one window says of the heap and of GC mark assists.
type HeapTotals struct {
	// Live and Goal are the heap's size and goal in bytes when they were last said, 0 if
	// they were not said in this window.
	Live, Goal uint64

	// Start is when the first of Columns begins, a multiple of [HeatBucket]; each is as
	// long as that. There are at most those of ten seconds.
	Start   Time
	Columns []HeapColumn

	// Marked is how many bytes were allocated while the collector was marking, by the site
	// of the service's goroutine that ran where it was said: its index is a [SiteID].
	Marked []uint64

	// Assists are the assists of the service's goroutines of which the beginning was seen.
	// AssistsAt is the same by the stack they began with: its index is a [StackID]. Longest
	// is the longest of them.
	Assists   Histogram
	AssistsAt []Sum
	Longest   GoroutineEvidence
}

// HeapColumn is a piece of time.
type HeapColumn struct {
	// Grown is the bytes by which the heap grew from one time that its size was said to
	// the next, in this piece. It falls when a cycle ends: what it rises by was allocated.
	Grown uint64

	// Assist is the time of the assists that ended in this piece.
	Assist time.Duration
}

package timeline

import (
	"cmp"
	"math"
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// cursor is a thread's stream and what the thread has.
type cursor struct {
	wire.Cursor
	id     uint64
	thread *thread        // looked up when its first event is tried: another's may name it before
	last   detectors.Time // its last moment, if each thread is gone through for itself
}

// frontier is the next event of every thread, as a heap by time. Which of two
// equal times goes first depends on the heap's arrangement, so every step is the
// reference reader's.
type frontier []head

// head is a thread's next event. Its time stands here too, so that comparing two does
// not touch their cursors.
type head struct {
	time wire.Time
	c    *cursor
}

func (f *frontier) insert(c *cursor) {
	*f = append(*f, head{c.Time, c})
	f.up(len(*f) - 1)
}

// update restores the heap after the cursor at i has moved on.
func (f frontier) update(i int) {
	f[i].time = f[i].c.Time
	if i == 0 || f.up(i) == i {
		f.down(i)
	}
}

func (f *frontier) remove(i int) {
	h := *f
	for i > 0 {
		h[(i-1)/2], h[i] = h[i], h[(i-1)/2]
		i = (i - 1) / 2
	}
	last := len(h) - 1
	h[0], h[last] = h[last], h[0]
	h[last] = head{}
	*f = h[:last]
	f.down(0)
}

// sort puts the events in order, which leaves a heap a heap.
func (f frontier) sort() {
	slices.SortFunc(f, func(a, b head) int { return cmp.Compare(a.time, b.time) })
}

// second returns until when the earliest thread stays the earliest.
func (f frontier) second() wire.Time {
	switch {
	case len(f) > 2:
		return min(f[1].time, f[2].time)
	case len(f) == 2:
		return f[1].time
	}
	return math.MaxInt64
}

func (f frontier) up(i int) int {
	for i > 0 && f[(i-1)/2].time > f[i].time {
		f[(i-1)/2], f[i] = f[i], f[(i-1)/2]
		i = (i - 1) / 2
	}
	return i
}

func (f frontier) down(i int) {
	if i >= len(f) {
		return
	}
	h := f[i]
	for {
		child := 2*i + 1
		if child >= len(f) {
			break
		}
		if child+1 < len(f) {
			// The right one, if it is earlier: without a branch, which is anybody's guess.
			child += int(uint64(f[child+1].time-f[child].time) >> 63)
		}
		if f[child].time >= h.time {
			break
		}
		f[i] = f[child]
		i = child
	}
	f[i] = h
}

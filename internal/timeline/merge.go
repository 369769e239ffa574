package timeline

import (
	"cmp"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// cursor is a thread's stream and what the thread has.
type cursor struct {
	wire.Cursor
	id     uint64
	thread *thread // looked up when its first event is tried: another's may name it before
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

func (f frontier) up(i int) int {
	for i > 0 && f[(i-1)/2].time > f[i].time {
		f[(i-1)/2], f[i] = f[i], f[(i-1)/2]
		i = (i - 1) / 2
	}
	return i
}

func (f frontier) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(f) {
			return
		}
		first, at := i, f[i].time
		if f[child].time < at {
			first, at = child, f[child].time
		}
		if child++; child < len(f) && f[child].time < at {
			first = child
		}
		if first == i {
			return // the same thread is still the earliest: nearly always
		}
		f[i], f[first] = f[first], f[i]
		i = first
	}
}

package tracegen

// queue is a first-in first-out queue of routines.
type queue struct {
	items []*routine
	head  int
}

func (q *queue) len() int { return len(q.items) - q.head }

func (q *queue) put(r *routine) { q.items = append(q.items, r) }

// take returns the first, or nil.
func (q *queue) take() *routine {
	if q.len() == 0 {
		return nil
	}
	r := q.items[q.head]
	q.items[q.head] = nil
	q.head++
	switch {
	case q.head == len(q.items):
		q.items, q.head = q.items[:0], 0
	case q.head > 64 && q.head > len(q.items)/2:
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
	return r
}

package detectors

import (
	"slices"
	"time"
)

// bornTogether is how far apart the go statements of one session's goroutines are.
const bornTogether = 10 * time.Millisecond

// brothers are goroutines of one parent, who may be an accept loop and have tens of thousands: each is
// found and taken without a look at all of them.
type brothers struct {
	born []Time // in their order, once one is taken
	left []int  // by index in born: at most the index of the first from there on who is not taken
}

// add adds one. None is added after one has been taken.
func (b *brothers) add(born Time) { b.born = append(b.born, born) }

// take takes the first who is left of those that were born together with somebody, and reports
// whether there was one.
func (b *brothers) take(born Time) bool {
	if b.left == nil {
		slices.Sort(b.born)
		b.left = make([]int, len(b.born)+1)
		for i := range b.left {
			b.left[i] = i
		}
	}
	i, _ := slices.BinarySearch(b.born, born.Add(-bornTogether))
	for b.left[i] != i {
		b.left[i] = b.left[b.left[i]] // the next search has half as far to go
		i = b.left[i]
	}
	if i == len(b.born) || b.born[i].Sub(born) > bornTogether {
		return false
	}
	b.left[i] = i + 1
	return true
}

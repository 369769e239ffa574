package explain

import (
	"math/bits"
	"time"
)

// sums adds durations up by a key, which is not 0. It is a hash table made for few distinct keys and
// many additions: a map would take several times as long as all else that is done with a part.
type sums struct {
	slots []sum // as many as a power of two
	shift uint  // of a hash, to be the number of a slot
	used  int
}

// sum is what was added with one key. That of an empty slot is 0.
type sum struct {
	key   uint64
	total time.Duration
}

// add adds a duration. If its key is new and there are so many, it is added with another key.
func (s *sums) add(key, rest uint64, d time.Duration, most int) {
	if 2*s.used >= len(s.slots) {
		s.grow()
	}
	x := s.slot(key)
	if x.key == 0 {
		if s.used >= most {
			if x = s.slot(rest); x.key == 0 {
				x.key = rest
				s.used++
			}
		} else {
			x.key = key
			s.used++
		}
	}
	x.total += d
}

// slot returns the slot of a key, or the empty one where it would be.
func (s *sums) slot(key uint64) *sum {
	mask := uint64(len(s.slots) - 1)
	for i := key * 0x9e3779b97f4a7c15 >> s.shift; ; i++ { // Fibonacci hashing: the upper bits are the mixed ones
		x := &s.slots[i&mask]
		if x.key == 0 || x.key == key {
			return x
		}
	}
}

func (s *sums) grow() {
	old := s.slots
	s.slots = make([]sum, max(16, 2*len(old)))
	s.shift = uint(64 - bits.TrailingZeros(uint(len(s.slots))))
	for _, x := range old {
		if x.key != 0 {
			*s.slot(x.key) = x
		}
	}
}

// all yields what was added, in no particular order.
func (s *sums) all(yield func(sum) bool) {
	for _, x := range s.slots {
		if x.key != 0 && !yield(x) {
			return
		}
	}
}

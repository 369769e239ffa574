package host

import (
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A sum goes on by what its source grows by, also when the source becomes another one.
type sum struct {
	total time.Duration
	last  time.Duration // of the present source
}

// add takes what the source says. One that says less than before is another one, of which all
// is new.
func (s *sum) add(d time.Duration) time.Duration {
	if d < s.last {
		s.last = 0
	}
	s.total += min(d-s.last, limits.Nanoseconds-s.total)
	s.last = d
	return s.total
}

package detectors

import (
	"fmt"
	"math"
	"time"
)

// settings checks the fields of a detector and puts defaults where they are zero.
type settings struct {
	kind string
	err  error
}

func (s *settings) duration(name string, v *time.Duration, def time.Duration) {
	if *v < 0 && s.err == nil {
		s.err = fmt.Errorf("detectors: %s: %s is %v; it must not be negative", s.kind, name, *v)
	}
	if *v == 0 {
		*v = def
	}
}

func (s *settings) number(name string, v *float64, def float64) {
	if !(*v >= 0 && *v <= math.MaxFloat64) && s.err == nil { // what is no number is not either
		s.err = fmt.Errorf("detectors: %s: %s is %v; it must be a number and not negative", s.kind, name, *v)
	}
	if *v == 0 {
		*v = def
	}
}

// share is a number that is a part of something.
func (s *settings) share(name string, v *float64, def float64) {
	s.number(name, v, def)
	if *v > 1 && s.err == nil {
		s.err = fmt.Errorf("detectors: %s: %s is %v; it is a share, at most 1", s.kind, name, *v)
	}
}

// A trouble lasts two windows, of half a second each while the process is watched; and [recent]
// keeps five minutes of these.
const (
	minLookBack = time.Second
	maxLookBack = 5 * time.Minute
)

func (s *settings) lookBack(v *time.Duration, def time.Duration) {
	s.duration("LookBack", v, def)
	if (*v < minLookBack || *v > maxLookBack) && s.err == nil {
		s.err = fmt.Errorf("detectors: %s: LookBack is %v; it must be from %v to %v", s.kind, *v, minLookBack, maxLookBack)
	}
}

func (s *settings) count(name string, v *int, def int) {
	f := float64(*v)
	s.number(name, &f, float64(def))
	*v = int(f)
}

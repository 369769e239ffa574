package detectors

import (
	"fmt"
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
	if *v < 0 && s.err == nil {
		s.err = fmt.Errorf("detectors: %s: %s is %v; it must not be negative", s.kind, name, *v)
	}
	if *v == 0 {
		*v = def
	}
}

func (s *settings) count(name string, v *int, def int) {
	f := float64(*v)
	s.number(name, &f, float64(def))
	*v = int(f)
}

package shop

import (
	"errors"
	"fmt"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// Break lets fault f begin in a healthy service, and returns when it has: building what it needs
// takes up to a second. A service breaks at most once, and not after [Service.Stop].
//
// [GCAssist] lowers the process's GC percentage until Stop: of that fault only one service may run
// at a time.
func (s *Service) Break(f Fault, strength scenario.Strength) error {
	spec, ok := f.spec()
	if !ok {
		return fmt.Errorf("shop: unknown fault %q", f)
	}
	if strength != scenario.Mild && strength != scenario.Severe {
		return fmt.Errorf("shop: unknown strength %q", strength)
	}
	s.breaking.Lock()
	defer s.breaking.Unlock()
	switch {
	case s.stopped:
		return errors.New("shop: the service is stopped")
	case s.broken.Load() != nil:
		return errors.New("shop: the service is broken already")
	}
	ch := spec.prepare(strength)
	s.broken.Store(&ch)
	if ch.run != nil {
		s.background.Go(func() { ch.run(s.ctx) })
	}
	return nil
}

// change returns what is altered now.
func (s *Service) change() change {
	if ch := s.broken.Load(); ch != nil {
		return *ch
	}
	return change{}
}

package sick

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// site names a function of this package as a stack trace does.
func site(name string) string {
	return "github.com/gotracewatch/tracewatch/internal/scenario/sick." + name
}

// stage is what the programs have in common: goroutines that end with a context, and what there is
// to be undone. It is the [scenario.Program] that they return.
type stage struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	fault   func(scenario.Strength) error // lets the fault begin

	mu      sync.Mutex
	broken  bool
	stopped bool
	unblock []func() error // wakes goroutines that do not see the context end
	undo    []func() error // for when all goroutines have ended
	err     error          // the first that was not to happen
	stopErr error
}

func newStage(ctx context.Context) *stage {
	s := new(stage)
	s.ctx, s.cancel = context.WithCancel(ctx)
	return s
}

// Break implements [scenario.Program].
func (s *stage) Break(strength scenario.Strength) error {
	if strength != scenario.Mild && strength != scenario.Severe {
		return fmt.Errorf("sick: unknown strength %q", strength)
	}
	s.mu.Lock()
	if s.stopped || s.broken {
		s.mu.Unlock()
		return errors.New("sick: the program is broken already, or stopped")
	}
	s.broken = true
	s.mu.Unlock()
	return s.fault(strength)
}

// Stop implements [scenario.Program]. Every call after the first returns the same. It must not be
// called while Break runs.
func (s *stage) Stop() error {
	s.mu.Lock()
	if s.stopped {
		defer s.mu.Unlock()
		return s.stopErr
	}
	s.stopped = true
	unblock := s.unblock
	s.mu.Unlock()

	s.cancel()
	var errs []error
	for _, f := range unblock {
		errs = append(errs, f())
	}
	s.running.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range slices.Backward(s.undo) {
		errs = append(errs, f())
	}
	s.stopErr = errors.Join(append(errs, s.err)...)
	return s.stopErr
}

// abandon stops what was started of a program that cannot start, because of err.
func (s *stage) abandon(err error) (scenario.Program, error) {
	return nil, errors.Join(err, s.Stop())
}

// atStop has Stop call f when the context has ended, before it waits for the goroutines. What
// comes too late for that is called at once.
func (s *stage) atStop(f func() error) {
	s.mu.Lock()
	late := s.stopped
	if !late {
		s.unblock = append(s.unblock, f)
	}
	s.mu.Unlock()
	if late {
		s.fail(f())
	}
}

// afterStop has Stop call f when all goroutines have ended, the last one first.
func (s *stage) afterStop(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undo = append(s.undo, f)
}

// fail keeps the first error that was not to happen. While the program ends nothing counts.
func (s *stage) fail(err error) {
	if err == nil || s.ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
}

// twoProcs sees to it that there are two Ps at least: some faults are what one goroutine does to
// another that runs at the same time.
func (s *stage) twoProcs() {
	if before := runtime.GOMAXPROCS(0); before < 2 {
		runtime.GOMAXPROCS(2)
		s.afterStop(func() error {
			runtime.GOMAXPROCS(before)
			return nil
		})
	}
}

// pick returns one of two numbers by a fault's strength.
func pick[T any](strength scenario.Strength, mild, severe T) T {
	if strength == scenario.Severe {
		return severe
	}
	return mild
}

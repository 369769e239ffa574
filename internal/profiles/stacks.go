package profiles

import "github.com/gotracewatch/tracewatch/detectors"

// stacks tells which of the stacks in the lists of later generations is which: the runtime lists a
// goroutine that did nothing in a generation together with its stack, in which there are the
// frames of the scheduler that are left out where a goroutine parks (runtime.gopark). Without this,
// waits at one place would be at two, the longer ones inside the runtime.
type stacks struct {
	stopped map[detectors.GoID]stop                 // those that wait at the end of the latest window
	same    map[detectors.StackID]detectors.StackID // by what is in a list: where the goroutine had stopped
}

type stop struct {
	since detectors.Time
	stack detectors.StackID
}

func newStacks() stacks { return stacks{same: make(map[detectors.StackID]detectors.StackID)} }

// window looks at all goroutines at the end of a window. Lists that have stacks come last there.
func (s *stacks) window(w *detectors.Window) {
	now := make(map[detectors.GoID]stop)
	for g := range w.Goroutines {
		if g.State != detectors.Waiting && g.State != detectors.Syscall || !g.SinceKnown || g.Stack == 0 {
			continue
		}
		at := stop{g.Since, g.Stack}
		if was, ok := s.stopped[g.ID]; ok && was.since == g.Since {
			if g.Stack != was.stack {
				s.same[g.Stack] = was.stack
			}
			at = was
		}
		now[g.ID] = at
	}
	s.stopped = now
}

// of returns the stack at which a goroutine had stopped.
func (s *stacks) of(id detectors.StackID) detectors.StackID {
	if was, ok := s.same[id]; ok {
		return was
	}
	return id
}

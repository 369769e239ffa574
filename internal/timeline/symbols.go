package timeline

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// symbols translates one generation's numbers of stacks and strings into numbers
// that stay. Each is looked at once per generation, when it is first met.
type symbols struct {
	code    *detectors.Code
	gen     *wire.Generation
	dense   []detectors.StackID          // by stack number, the StackID plus one; 0: not met yet, or there is none
	sparse  map[uint64]detectors.StackID // of numbers past dense, and of those that lead nowhere
	reasons [512]uint8                   // by string number, the reason plus one; 0: not met yet. The runtime registers its reasons first.

	raw []wire.RawFrame
	pcs []uint64

	unknown uint64 // references to stacks and strings that do not exist
}

func (s *symbols) install(g *wire.Generation) {
	s.gen = g
	clear(s.reasons[:])
	clear(s.sparse)
	n := max(g.Stacks(), 1)
	if cap(s.dense) < n {
		s.dense = make([]detectors.StackID, n+n/4)
	}
	s.dense = s.dense[:n]
	clear(s.dense)
	s.dense[0] = 1 // stands for no stack
}

// met returns the lasting number of a stack of this generation plus one, or 0 if it was
// not met yet.
func (s *symbols) met(id uint64) detectors.StackID {
	if id < uint64(len(s.dense)) {
		return s.dense[id]
	}
	return 0
}

// why is reason, decided in line for those that were met before.
func (s *symbols) why(id uint64) detectors.Reason {
	if id < uint64(len(s.reasons)) && s.reasons[id] != 0 {
		return detectors.Reason(s.reasons[id] - 1)
	}
	return s.reason(id)
}

// stack returns the lasting number of a stack of this generation.
func (s *symbols) stack(id uint64) detectors.StackID {
	if k := s.met(id); k != 0 {
		return k - 1
	}
	k, ok := s.sparse[id]
	if !ok {
		k = s.intern(id)
		if k != 0 && id < uint64(len(s.dense)) {
			s.dense[id] = k + 1
		} else {
			s.sparse[id] = k
		}
	}
	if k == 0 {
		s.unknown++
	}
	return k
}

// intern looks a stack up in the generation's table and then among those known. It
// returns 0 if there is none, or no room for it.
func (s *symbols) intern(id uint64) detectors.StackID {
	var ok bool
	if s.pcs, ok = s.gen.PCs(id, s.pcs[:0]); !ok {
		return 0
	}
	s.raw = s.raw[:0]
	return s.code.Add(s.pcs, func(i int) (detectors.Frame, bool) {
		if len(s.raw) == 0 {
			s.raw, _ = s.gen.Stack(id, s.raw)
		}
		if i >= len(s.raw) {
			s.unknown++
			return detectors.Frame{}, false // the rest of it is broken
		}
		f, ok := s.gen.Resolve(s.raw[i])
		if !ok {
			s.unknown++
		}
		return detectors.Frame{PC: f.PC, Func: f.Func, File: f.File, Line: f.Line}, ok
	})
}

// text returns a string of this generation.
func (s *symbols) text(id uint64) string {
	str, ok := s.gen.String(id)
	if !ok {
		s.unknown++
	}
	return str
}

// reason returns what a string of this generation means as a reason.
func (s *symbols) reason(id uint64) detectors.Reason {
	if id < uint64(len(s.reasons)) && s.reasons[id] != 0 {
		return detectors.Reason(s.reasons[id] - 1)
	}
	text, ok := s.gen.String(id)
	if !ok {
		s.unknown++ // each time it is referred to
		return detectors.ParseReason(text)
	}
	r := detectors.ParseReason(text)
	if id < uint64(len(s.reasons)) {
		s.reasons[id] = uint8(r) + 1
	}
	return r
}

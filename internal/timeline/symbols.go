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
	dense   []int32 // by stack number: the StackID; 0: not met yet, noStack: there is none
	sparse  map[uint64]int32
	reasons [64]reasonEntry // by string number: the runtime registers its reasons first

	raw []wire.RawFrame
	pcs []uint64

	unknown uint64 // references to stacks and strings that do not exist
}

type reasonEntry struct {
	met    bool
	reason detectors.Reason
}

// noStack marks, in the cache, a number that stands for no stack.
const noStack = -1

func (s *symbols) install(g *wire.Generation) {
	s.gen = g
	clear(s.reasons[:])
	clear(s.sparse)
	n := g.Stacks()
	if cap(s.dense) < n {
		s.dense = make([]int32, n+n/4)
	}
	s.dense = s.dense[:n]
	clear(s.dense)
}

// stack returns the lasting number of a stack of this generation.
func (s *symbols) stack(id uint64) detectors.StackID {
	if id < uint64(len(s.dense)) && s.dense[id] > 0 {
		return detectors.StackID(s.dense[id])
	}
	return s.stackSlow(id)
}

func (s *symbols) stackSlow(id uint64) detectors.StackID {
	if id == 0 {
		return 0
	}
	k, met := s.sparse[id]
	if id < uint64(len(s.dense)) {
		k, met = s.dense[id], s.dense[id] != 0
	}
	if !met {
		k = s.intern(id)
		if id < uint64(len(s.dense)) {
			s.dense[id] = k
		} else {
			s.sparse[id] = k
		}
	}
	if k == noStack {
		s.unknown++
		return 0
	}
	return detectors.StackID(k)
}

// intern looks a stack up in the generation's table and then among those known.
func (s *symbols) intern(id uint64) int32 {
	var ok bool
	if s.raw, ok = s.gen.Stack(id, s.raw[:0]); !ok {
		return noStack
	}
	s.pcs = s.pcs[:0]
	for _, f := range s.raw {
		s.pcs = append(s.pcs, f.PC)
	}
	if k, ok := s.code.Find(s.pcs); ok {
		return int32(k)
	}
	frames := make([]detectors.Frame, len(s.raw))
	for i, f := range s.raw {
		r := s.gen.Resolve(f)
		frames[i] = detectors.Frame{PC: r.PC, Func: r.Func, File: r.File, Line: r.Line}
	}
	if k := s.code.Add(frames); k != 0 {
		return int32(k)
	}
	return noStack // no room, or a stack without frames
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
	if id >= uint64(len(s.reasons)) {
		return detectors.ParseReason(s.text(id))
	}
	e := &s.reasons[id]
	if !e.met {
		*e = reasonEntry{true, detectors.ParseReason(s.text(id))}
	}
	return e.reason
}

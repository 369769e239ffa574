package tracegen

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Shape says what a random trace is like. Zero fields mean the default.
type Shape struct {
	Version     wire.Version // default Go 1.26
	Threads     int          // default 8, at least 2
	Procs       int          // default 4, at most Threads
	Goroutines  int          // default 100, at least 4: alive at once, about
	Generations int          // default 3
	Events      int          // default 10,000, about: without the lists at generations' ends
	Stacks      int          // default 100
	Depth       int          // frames of the deepest stack; default 16
	Tasks       int          // default 20: user tasks open at once
	Quiet       int          // of 100 goroutines, those that never run; default 20
	ClockUnit   int64        // nanoseconds; default 64
	Skew        int64        // nanoseconds that a thread's clock may be off, either way
	Distinct    bool         // no two events at the same time: see World.Distinct; without Skew
	AllocFree   bool         // with the AllocFree experiment's events, from Go 1.23 on
}

func (s Shape) withDefaults() Shape {
	def := func(field *int, value, least int) {
		if *field == 0 {
			*field = value
		}
		*field = max(*field, least)
	}
	if s.Version == 0 {
		s.Version = wire.Go126
	}
	def(&s.Threads, 8, 2)
	def(&s.Procs, min(4, s.Threads), 1)
	def(&s.Goroutines, 100, 4)
	def(&s.Generations, 3, 1)
	def(&s.Events, 10_000, 1)
	def(&s.Stacks, 100, 1)
	def(&s.Depth, 16, 1)
	def(&s.Tasks, 20, 1)
	def(&s.Quiet, 20, 0)
	if s.ClockUnit == 0 {
		s.ClockUnit = 64
	}
	if s.Distinct {
		s.Skew = 0
	}
	s.Procs = min(s.Procs, s.Threads)
	s.AllocFree = s.AllocFree && s.Version >= wire.Go123
	return s
}

// String names the shape, for tests' names.
func (s Shape) String() string {
	s = s.withDefaults()
	return fmt.Sprintf("go1.%d-m%d-p%d-g%d-gen%d-ev%d", s.Version, s.Threads, s.Procs, s.Goroutines, s.Generations, s.Events)
}

package detectortest

import (
	"math"
	"strconv"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// A clockFault is something that a clock does which the trace's does not: it steps, or
// goes faster.
type clockFault struct {
	wall  bool // the wall clock; else the monotonic one
	from  time.Duration
	step  time.Duration
	drift float64 // of one; from then on
}

// declareClock reads clock wall|mono step DURATION|drift NUMBER ppm [from TIME].
func (sc *scene) declareClock(s *scanner) {
	f := clockFault{wall: s.want("wall", "mono") == "wall"}
	switch s.want("step", "drift") {
	case "step":
		f.step = s.duration("the step")
	case "drift":
		ppm := s.expr()
		s.want("ppm")
		if ppm.timely || !(math.Abs(ppm.v) <= 1e6) {
			s.fail("a drift is a number of at most a million ppm")
		}
		f.drift = ppm.v / 1e6
	}
	if s.word("from") != "" {
		f.from = s.duration("the time it begins")
	}
	sc.clocks = append(sc.clocks, f)
}

// readClocks says what the clocks show at a moment of the trace's. Both begin in step
// with it.
func (sc *scene) readClocks(at int64) (mono int64, wall time.Time) {
	const boot = 1_780_000_000 // any second will do, as long as it is always the same
	mono = at
	ahead := int64(0)
	for _, f := range sc.clocks {
		past := at - base - int64(f.from)
		if past < 0 {
			continue
		}
		d := int64(f.step) + int64(math.Round(f.drift*float64(past)))
		if f.wall {
			ahead += d
		} else {
			mono += d
		}
	}
	return max(mono, 0), time.Unix(boot, at+ahead)
}

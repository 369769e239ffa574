package wire

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Timestamp is a moment in units of the trace's clock, as it is on the wire.
// Only [Clock.Time] turns it into a [Time].
type Timestamp uint64

// Time is a moment in nanoseconds on the trace's clock.
type Time int64

// MaxTime is the latest moment; the sum of two still fits.
const MaxTime Time = limits.Nanoseconds - 1

// Clock turns timestamps into nanoseconds. A generation has one.
type Clock struct {
	// unit is nanoseconds per clock unit. The arithmetic is the reference
	// reader's, in floating point and cut off at each step, so that both give
	// the same nanosecond.
	unit float64

	// whole is the same where it is a small whole number, as the 64 ns of Linux. The
	// product is then exact, and whole numbers are faster.
	whole Timestamp
}

// wholeBelow bounds the timestamps, and wholeMax the units, whose product a float64
// holds exactly.
const (
	wholeBelow = 1 << 42
	wholeMax   = 1 << 10
)

// newClock returns the clock of a trace with that many units per second.
func newClock(unitsPerSecond uint64) Clock {
	c := Clock{unit: 1.0 / (float64(unitsPerSecond) / 1e9)}
	if w := Timestamp(c.unit); float64(w) == c.unit && w <= wholeMax {
		c.whole = w
	}
	return c
}

// Time converts t. A moment past [limits.Nanoseconds] is given as the last
// one before.
func (c Clock) Time(t Timestamp) Time {
	if c.whole != 0 && t < wholeBelow {
		return Time(t * c.whole)
	}
	return c.scale(t)
}

// Tick returns the length of a clock unit, in nanoseconds.
func (c Clock) Tick() float64 { return c.unit }

// After returns the moment dt clock units after t.
func (c Clock) After(t Time, dt uint64) Time { return min(t+c.Time(Timestamp(dt)), MaxTime) }

// Short converts a difference below 2^21 clock units.
func (c Clock) Short(dt uint64) Time {
	if c.whole != 0 {
		return Time(dt * uint64(c.whole))
	}
	return c.scale(Timestamp(dt))
}

func (c Clock) scale(t Timestamp) Time {
	ns := float64(t) * c.unit
	if ns >= limits.Nanoseconds {
		return MaxTime
	}
	return Time(ns)
}

// ClockSnapshot is a reading of three clocks at nearly the same moment.
type ClockSnapshot struct {
	Trace Time
	Mono  uint64 // nanoseconds on the system's monotonic clock
	Wall  time.Time
}

// sync is what a generation's sync batch says.
type sync struct {
	units    uint64 // clock units per second; 0: not said
	snapshot bool
	snapTime Timestamp
	snapMono uint64
	snapWall time.Time
}

// parse reads a sync batch: one frequency before Go 1.25, a section with
// a frequency and a snapshot since.
func (s *sync) parse(b Batch, v Version) error {
	p := b.Data
	if v >= Go125 {
		p = p[1:]
	}
	now := b.Time
	for len(p) > 0 {
		typ := EventType(p[0])
		p = p[1:]
		var args [4]uint64
		n := 1
		if typ == EvClockSnapshot && v >= Go125 {
			n = 4
		} else if typ != EvFrequency {
			return fmt.Errorf("%v in a sync batch", typ)
		}
		for i := range args[:n] {
			var w int
			if args[i], w = uvarint(p); w <= 0 {
				return fmt.Errorf("%v is cut short", typ)
			}
			p = p[w:]
		}
		switch {
		case typ == EvFrequency && s.units != 0, typ == EvClockSnapshot && s.snapshot:
			return fmt.Errorf("a second %v", typ)
		case typ == EvFrequency && args[0] == 0:
			return fmt.Errorf("a clock of frequency 0")
		case typ == EvFrequency:
			s.units = args[0]
		default:
			now += Timestamp(args[0])
			s.snapshot = true
			s.snapTime, s.snapMono = now, args[1]
			s.snapWall = time.Unix(int64(args[2]), int64(args[3]))
		}
	}
	return nil
}

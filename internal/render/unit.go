package render

import (
	"strconv"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// A Unit says what the levels of a [Map] count.
type Unit uint8

// The units.
const (
	// Delay: the levels are durations, in units of HeatUnit.
	Delay Unit = iota

	// Count: the levels are numbers.
	Count

	numUnits
)

// HeatUnit is the unit of levels of durations.
const HeatUnit = 128 * time.Nanosecond

// String returns the unit's name, as it stands above a colour bar.
func (u Unit) String() string {
	return [...]string{"delay", "count", "unknown"}[min(u, numUnits)]
}

// say writes a number of units.
func (u Unit) say(units float64) string {
	if u == Delay {
		return wording.Duration(time.Duration(units * float64(HeatUnit)))
	}
	for _, k := range [...]struct {
		of   float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if units >= k.of {
			return strconv.FormatFloat(units/k.of, 'g', 3, 64) + k.name
		}
	}
	return strconv.FormatFloat(units, 'f', 0, 64)
}

// least and calm are the levels at which a scale begins, and below which it does not end, if nobody says so.
func (u Unit) least() byte {
	if u == Delay {
		return levelByte(float64(time.Microsecond) / float64(HeatUnit))
	}
	return 1
}

func (u Unit) calm() byte {
	if u == Delay {
		return levelByte(float64(10*time.Millisecond) / float64(HeatUnit))
	}
	return levelByte(10)
}

// decades returns the powers of ten from low to high, in units: of durations, those of seconds.
func (u Unit) decades(low, high float64) (ds []float64) {
	of := 1.0
	if u == Delay {
		of = 1 / float64(HeatUnit) // a nanosecond
	}
	for d := of; d <= high; d *= 10 {
		if d >= low {
			ds = append(ds, d)
		}
	}
	return ds
}

package render

import (
	"math"
	"strconv"
	"time"
)

// round are the distances of ticks on an axis of time. Below a second they are decimal: 1, 2 and 5.
var round = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day,
}

const day = 24 * time.Hour

// stepOf returns the least round distance with which no more than most ticks are on a span of time.
func stepOf(span time.Duration, most int) time.Duration {
	enough := func(step time.Duration) bool { return span/step < time.Duration(max(most, 1)) }
	for step := time.Duration(1); step < time.Second; step *= 10 {
		for _, n := range [...]time.Duration{1, 2, 5} {
			if enough(n * step) {
				return n * step
			}
		}
	}
	for _, step := range round {
		if enough(step) {
			return step
		}
	}
	step := day
	for !enough(step) && step < math.MaxInt64/2 {
		step *= 2
	}
	return step
}

// A tick is a place on an axis with what is written there.
type tick struct {
	at    time.Duration
	label string
}

// sinceTicks returns the multiples of a step from one moment to another.
func sinceTicks(from, to, step time.Duration) (ts []tick) {
	unit, name := unitOf(max(to, -from))
	decimals := decimalsOf(step, unit)
	first := from / step * step
	if first < from {
		first += step
	}
	for at := first; at <= to && at >= first; at += step {
		ts = append(ts, tick{at, strconv.FormatFloat(float64(at)/float64(unit), 'f', decimals, 64) + " " + name})
	}
	return ts
}

// unitOf returns the unit that moments on an axis are said in which goes that far.
func unitOf(far time.Duration) (time.Duration, string) {
	switch {
	case far >= time.Second:
		return time.Second, "s"
	case far >= time.Millisecond:
		return time.Millisecond, "ms"
	case far >= time.Microsecond:
		return time.Microsecond, "µs"
	default:
		return time.Nanosecond, "ns"
	}
}

// decimalsOf returns how many decimals multiples of a step need.
func decimalsOf(step, unit time.Duration) (n int) {
	for ; step%unit != 0 && unit > 1; n++ {
		unit /= 10
	}
	return n
}

// clockTicks returns the moments between from and to at which a clock shows a multiple of a step, where it shows at at from.
// (A day on which the clock is changed has them off by an hour.)
func clockTicks(from, to, step time.Duration, at time.Time) (ts []tick) {
	layout := "15:04:05"
	switch {
	case step >= day:
		layout = "Jan 2"
	case step < time.Second:
		layout += "." + "000000000"[:decimalsOf(step, time.Second)]
	}
	h, m, s := at.Clock()
	shown := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(at.Nanosecond())
	ahead := (step - shown%step) % step
	if ahead > to-from {
		return nil
	}
	for d := ahead; d <= to-from && d >= ahead; d += step {
		ts = append(ts, tick{from + d, at.Add(d).Format(layout)})
	}
	return ts
}

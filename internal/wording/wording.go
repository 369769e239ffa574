// Package wording writes what summaries, explanations and verdicts are made of, in one way.
package wording

import (
	"fmt"
	"math"
	"time"
)

// Duration writes a duration as people say it: three digits and a unit.
func Duration(d time.Duration) string {
	switch {
	case d < 0 && d > math.MinInt64:
		return "-" + Duration(-d)
	case d < time.Microsecond:
		return d.String()
	case d < 999500: // what rounds to 1000 belongs to the next unit
		return trim(float64(d)/1e3, "µs")
	case d < 999500*time.Microsecond:
		return trim(float64(d)/1e6, "ms")
	default:
		return trim(d.Seconds(), "s")
	}
}

func trim(v float64, unit string) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f %s", v, unit)
	}
	return fmt.Sprintf("%.3g %s", v, unit)
}

// Many writes a number of things that are called one, or ones.
func Many[N int | uint64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

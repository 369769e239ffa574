package wording

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                        "0s",
		999:                      "999ns",
		time.Microsecond:         "1 µs",
		1234:                     "1.23 µs",
		12345:                    "12.3 µs",
		123456:                   "123 µs",
		1500 * time.Microsecond:  "1.5 ms",
		99960 * time.Microsecond: "100 ms",
		20 * time.Millisecond:    "20 ms",
		time.Second:              "1 s",
		75 * time.Second:         "75 s",
		1234 * time.Second:       "1234 s",

		// Rounding must not leave the unit: windows are of 999.99 ms more often than not.
		999_999:                    "1 ms",
		999_999 * time.Microsecond: "1 s",
		999_400 * time.Microsecond: "999 ms",

		-20 * time.Millisecond: "-20 ms",
		math.MinInt64:          "-2562047h47m16.854775808s",
	} {
		require.Equal(t, want, Duration(d))
	}
}

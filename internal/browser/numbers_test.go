package browser

import (
	"cmp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// units are what the page writes behind numbers, in nanoseconds or ones.
var units = map[string]float64{"": 1, "ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "min": 60e9}

// numbers are what texts of the page say: "1,234", "12.3 ms", "2 min 3 s".
func numbers(t *testing.T, texts []string) (all []float64) {
	t.Helper()
	for _, text := range texts {
		sum, words := 0.0, strings.Fields(strings.NewReplacer(",", "", "−", "-", "+", "").Replace(text))
		for i := 0; i < len(words); i += 2 {
			unit := ""
			if i+1 < len(words) {
				unit = words[i+1]
			}
			n, err := strconv.ParseFloat(words[i], 64)
			require.NoError(t, err, text)
			factor, ok := units[unit]
			require.True(t, ok, text)
			sum += n * factor
		}
		all = append(all, sum)
	}
	return all
}

func compare(a, b float64) int { return cmp.Compare(a, b) }

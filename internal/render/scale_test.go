package render

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLightnessIsMonotone(t *testing.T) {
	for who, s := range sights {
		for _, dark := range []bool{false, true} {
			sign := -1.0 // hot is dark on light
			if dark {
				sign = 1
			}
			before := s.of(heat(0, dark)).l
			for i := 1; i <= 64; i++ {
				l := s.of(heat(float64(i)/64, dark)).l
				if who == "all colours" {
					require.Greater(t, sign*(l-before), 0.3, "%s, dark %v, %d/64", who, dark, i)
				} else {
					require.Greater(t, sign*(l-before), -0.1, "%s, dark %v, %d/64", who, dark, i)
				}
				before = l
			}
		}
	}
}

func TestQuartersDiffer(t *testing.T) {
	for who, s := range sights {
		for _, dark := range []bool{false, true} {
			theme := themeOf(dark)
			for i := range 4 {
				a, b := s.of(heat(float64(i)/4, dark)), s.of(heat(float64(i+1)/4, dark))
				require.Greater(t, a.from(b), 15.0, "%s, dark %v, %d/4", who, dark, i)
			}
			for i := range 65 {
				c := s.of(heat(float64(i)/64, dark))
				require.Greater(t, c.from(s.of(theme.nothing)), 15.0, "%s, dark %v, %d/64 and nothing", who, dark, i)
				require.Greater(t, c.from(s.of(theme.gap)), 15.0, "%s, dark %v, %d/64 and a gap", who, dark, i)
			}
			require.Greater(t, s.of(theme.gap).from(s.of(theme.stripe)), 10.0, who)
			require.Greater(t, s.of(theme.nothing).from(s.of(theme.stripe)), 15.0, who)
		}
	}
}

// colour is a heat as CSS has it.
func colour(level float64, dark bool) string { return hex(heat(level, dark)) }

func TestColourEnds(t *testing.T) {
	require.Equal(t, "#211252", colour(0, true))
	require.Equal(t, "#fcf680", colour(1, true))
	require.Equal(t, "#ffe167", colour(0, false))
	require.Equal(t, "#211252", colour(1, false))
	for _, dark := range []bool{false, true} {
		for _, low := range []float64{-1, math.Inf(-1), math.NaN()} {
			require.Equal(t, colour(0, dark), colour(low, dark))
		}
		require.Equal(t, colour(1, dark), colour(math.Inf(1), dark))
	}
}

func TestTextIsReadable(t *testing.T) {
	for _, dark := range []bool{false, true} {
		th := themeOf(dark)
		require.GreaterOrEqual(t, contrast(th.ink, th.page), 7.0)
		require.GreaterOrEqual(t, contrast(th.muted, th.page), 4.5)
		require.GreaterOrEqual(t, contrast(th.muted, th.nothing), 4.5)
	}
}

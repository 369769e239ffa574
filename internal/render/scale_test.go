package render

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
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

func TestColourEnds(t *testing.T) {
	require.Equal(t, "#211252", Colour(0, true))
	require.Equal(t, "#fcf680", Colour(1, true))
	require.Equal(t, "#ffe167", Colour(0, false))
	require.Equal(t, "#211252", Colour(1, false))
	for _, dark := range []bool{false, true} {
		for _, low := range []float64{-1, math.Inf(-1), math.NaN()} {
			require.Equal(t, Colour(0, dark), Colour(low, dark))
		}
		require.Equal(t, Colour(1, dark), Colour(math.Inf(1), dark))
	}
}

func TestTextIsReadable(t *testing.T) {
	for _, dark := range []bool{false, true} {
		th := themeOf(dark)
		require.GreaterOrEqual(t, contrast(th.ink, th.page), 7.0)
		require.GreaterOrEqual(t, contrast(th.muted, th.page), 4.5)
		require.GreaterOrEqual(t, contrast(th.muted, th.nothing), 4.5)
	}
	for d := range detectors.NumDimensions {
		c := dimensionColour(d)
		require.GreaterOrEqual(t, contrast(inkOn(c), c), 4.0, d)
	}
}

// Any two dimensions are told apart by colour or, where somebody cannot do that, by pattern.
func TestDimensionsDiffer(t *testing.T) {
	const clear = 20 // ten times what is just seen
	for a := range detectors.NumDimensions {
		for b := range a {
			for who, s := range sights {
				if d := s.of(dimensionColour(a)).from(s.of(dimensionColour(b))); d < clear {
					require.NotEqual(t, DimensionPattern(a), DimensionPattern(b), "%s and %s are %.0f apart with %s", a, b, d, who)
				}
			}
		}
		for _, dark := range []bool{false, true} {
			s := sights["all colours"]
			require.Greater(t, s.of(dimensionColour(a)).from(s.of(themeOf(dark).nothing)), 15.0, a)
		}
	}
	require.Equal(t, DimensionColour(detectors.DimUnknown), DimensionColour(200))
	require.Equal(t, DimensionPattern(detectors.DimUnknown), DimensionPattern(200))
	require.Equal(t, "#2f6fd0", DimensionColour(detectors.DimNetwork))
}

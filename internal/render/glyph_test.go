package render

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLettersDiffer(t *testing.T) {
	for f := range numFaces {
		seen := make(map[string]rune)
		for r := '!'; r <= '~'; r++ {
			require.Contains(t, letters, r)
			g := newGlyph(f, r)
			other, ok := seen[string(g.ink)]
			require.False(t, ok, "%c and %c look the same", r, other)
			seen[string(g.ink)] = r
			dark := 0
			for i, ink := range g.ink {
				if ink > 0 {
					dark = max(dark, int(ink))
					x, y := i%g.w, i/g.w
					require.True(t, x > 0 && y > 0 && x < g.w-1 && y < g.h-1, "%c is cut off", r)
				}
			}
			require.Greater(t, dark, 200, "%c is too pale", r)
		}
	}
}

func TestUnknownLetterIsABox(t *testing.T) {
	require.Equal(t, newGlyph(small, '漢').ink, newGlyph(small, '\U0001F600').ink)
}

func TestWidthIsWhereTheNextLetterStands(t *testing.T) {
	r := newRaster(100, 30)
	require.Equal(t, r.width(small, "P")+r.width(small, " 1")+r.width(small, "2"), r.width(small, "P 12"))
	require.Zero(t, r.width(small, ""))
}

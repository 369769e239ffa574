package render

import "math"

// pens has how letters of each face are drawn: how large the unit of a letter is, half the width of the pen, and
// what is left free between two letters, in pixels.
var pens = [numFaces]struct{ unit, half, space float64 }{
	small:  {1, 0.58, 2},
	strong: {1, 0.88, 2.5},
	large:  {1.5, 1.02, 3.2},
}

// The lowest and the highest of a letter, in units.
const (
	letterTop    = 0
	letterLine   = 8
	letterBottom = 11
)

// A glyph is a character as pixels: how much of each is ink, from 0 to 255.
type glyph struct {
	left, top int // of the first pixel, from the point where the letter stands on the line
	w, h      int
	ink       []uint8
	advance   int // to the next letter
}

// newGlyph draws a character. A pixel that the pen's edge goes through is inked in part.
func newGlyph(f face, r rune) *glyph {
	pen := pens[f]
	strokes, width := letter(r)
	g := &glyph{
		left: -2, top: int(math.Floor((letterTop-letterLine)*pen.unit)) - 2,
		advance: int(math.Round(width*pen.unit + pen.space)),
	}
	g.w = int(math.Ceil(width*pen.unit)) + 5
	g.h = int(math.Ceil((letterBottom-letterTop)*pen.unit)) + 5
	for _, s := range strokes {
		for i := range s {
			s[i] = dot{s[i].x * pen.unit, (s[i].y - letterLine) * pen.unit}
		}
	}
	g.ink = make([]uint8, g.w*g.h)
	for i := range g.ink {
		at := dot{float64(i%g.w + g.left), float64(i/g.w + g.top)}
		covered := 0.0
		for _, s := range strokes {
			half := pen.half
			if len(s) == 1 {
				half += 0.14 // a full stop is larger than the pen
			}
			covered = max(covered, half+0.5-distance(at, s))
		}
		g.ink[i] = uint8(255 * max(0, min(1, covered)))
	}
	return g
}

package render

// A Pattern tells areas apart that have similar colours.
type Pattern uint8

// The patterns.
const (
	Solid   Pattern = iota
	Rising          // strokes from the lower left to the upper right
	Falling         // from the upper left to the lower right
	Crossed         // both
	Level           // from left to right
	Upright         // from top to bottom
	Dotted

	numPatterns
)

// patternTile is after how many pixels a pattern repeats itself, to the right and down.
const patternTile = 6

// String returns the pattern's name.
func (p Pattern) String() string {
	return [...]string{
		"solid", "rising", "falling", "crossed", "level", "upright", "dotted", "unknown",
	}[min(p, numPatterns)]
}

// struck tells if a pixel is part of a stroke.
func (p Pattern) struck(x, y int) bool {
	rising := (x+y)%patternTile < 2
	falling := ((x-y)%patternTile+patternTile)%patternTile < 2
	switch p {
	case Rising:
		return rising
	case Falling:
		return falling
	case Crossed:
		return rising || falling
	case Level:
		return y%patternTile < 2
	case Upright:
		return x%patternTile < 2
	case Dotted:
		return x%patternTile < 2 && y%patternTile < 2
	default:
		return false
	}
}

// path is the same in SVG: the strokes of one tile, two wide. Oblique ones go on beyond the
// corners, where the neighbouring tile would cut them.
func (p Pattern) path() string {
	const rising, falling = "M-2 2 2-2M-1 7 7-1M4 8 8 4", "M-2 4 2 8M-1-1 7 7M4-2 8 2"
	switch p {
	case Rising:
		return rising
	case Falling:
		return falling
	case Crossed:
		return rising + falling
	case Level:
		return "M0 1H6"
	case Upright:
		return "M1 0V6"
	case Dotted:
		return "M0 1H2"
	default:
		return ""
	}
}

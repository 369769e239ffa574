package render

import "math"

// levelOf returns where a number of units lies among levels: 1 for one unit, and 8 more for each doubling, between
// which they are even. It is what tracewatch.Levels says, without rounding down to whole levels.
func levelOf(units float64) float64 {
	if !(units >= 1) {
		return 1
	}
	o := math.Floor(math.Log2(units))
	return 1 + 8*(o+units/math.Exp2(o)-1)
}

// LevelStart is the inverse: the least number of units that has a level, 0 for level 0.
func LevelStart(level byte) float64 {
	if level == 0 {
		return 0
	}
	o, s := (level-1)/8, (level-1)%8
	return math.Exp2(float64(o)) * (1 + float64(s)/8)
}

// rowOf returns where a number of units lies among the rows of detectors.WaitRow, two for each
// doubling.
func rowOf(units float64) float64 { return (levelOf(units) - 1) / 4 }

// levelByte returns the level that a number of units has.
func levelByte(units float64) byte { return byte(min(levelOf(units), 255)) }

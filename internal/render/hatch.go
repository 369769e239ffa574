package render

// The time that was not analysed is hatched, with strokes from the lower left to the upper right.

// hatchTile is after how many pixels the strokes repeat themselves, to the right and down.
const hatchTile = 6

// struck tells if a pixel is part of a stroke.
func struck(x, y int) bool { return (x+y)%hatchTile < 2 }

// hatchPath is the same in SVG: the strokes of one tile. They go on beyond the corners, where the
// neighbouring tile would cut them.
const hatchPath = "M-2 2 2-2M-1 7 7-1M4 8 8 4"

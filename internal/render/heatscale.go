package render

import (
	"image/color"
	"math"
)

// A heatScale is what the levels of one map look like.
type heatScale struct {
	unit      Unit
	low, high byte // low < high
	dark      bool
}

func newHeatScale(m *Map, hottest byte, dark bool) heatScale {
	s := heatScale{unit: m.Unit, low: m.Low, high: m.High, dark: dark}
	if s.low == 0 {
		s.low = m.Unit.least()
	}
	if s.high == 0 {
		s.high = max(hottest, m.Unit.calm())
	}
	if s.low >= s.high {
		s.low = max(s.high, 2) - 1
		s.high = s.low + 1
	}
	return s
}

// share returns where a level is on the scale, from 0 to 1 if it is neither below nor above.
func (s *heatScale) share(level float64) float64 {
	return (level - float64(s.low)) / (float64(s.high) - float64(s.low))
}

// colours returns the colour of each level. That of 0 is not used.
func (s *heatScale) colours() *[256]color.RGBA {
	var cs [256]color.RGBA
	for l := range cs {
		cs[l] = heat(s.share(float64(l)), s.dark)
	}
	return &cs
}

// draw draws the scale as a bar with the numbers at its right, the largest on top.
func (s *heatScale) draw(c canvas, t *theme, b box) {
	g := &grid{w: 1, h: int(s.high-s.low) + 1}
	for l := int(s.high); l >= int(s.low); l-- {
		g.level = append(g.level, byte(l))
	}
	if g.h > b.h {
		g = &grid{w: 1, h: b.h}
		for y := range b.h {
			g.level = append(g.level, s.high-byte(y*int(s.high-s.low)/max(b.h-1, 1)))
		}
	}
	c.cells(b, g, s.colours())
	x := b.x + b.w + 6
	baseline := func(share float64) int { return b.y + b.h - int(share*float64(b.h-1)) + 3 }
	marks := s.marks()
	above := baseline(1) - lineHeight
	for i := len(marks) - 1; i >= 0; i-- {
		y := baseline(min(s.share(levelOf(marks[i])), 1))
		if y-above < lineHeight {
			continue
		}
		c.fill(box{b.x + b.w, y - 4, 3, 1}, t.tick)
		c.write(x, y, left, small, t.muted, s.unit.say(marks[i]))
		above = y
	}
}

// marks are the numbers beside the bar, in units: the decades, and the end, if no decade is within the highest level.
func (s *heatScale) marks() []float64 {
	end := math.Nextafter(LevelStart(s.high)*17/16, 0) // a level is a sixteenth to an eighth
	marks := s.unit.decades(LevelStart(s.low), end)
	if n := len(marks); n == 0 || marks[n-1] < LevelStart(s.high) {
		marks = append(marks, LevelStart(s.high))
	}
	return marks
}

// labelWidth is how wide the widest number is that draw may write.
func (s *heatScale) labelWidth(c canvas) (w int) {
	for _, units := range s.marks() {
		w = max(w, c.width(small, s.unit.say(units)))
	}
	return w
}

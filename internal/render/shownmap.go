package render

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// A shownMap is a map with what is decided about it before it is drawn.
type shownMap struct {
	m     *Map
	rows  []Row
	scale heatScale
	marks []mark
}

// A mark is a label beside the rows: at the middle of a row or, of delays, where a row begins.
type mark struct {
	at    float64 // in rows, from where the first begins
	label string
}

func newShownMap(m *Map, dark bool) *shownMap {
	level, _, _ := m.hottest()
	s := &shownMap{m: m, rows: m.Rows, scale: newHeatScale(m, level, dark)}
	if m.Delays {
		s.delays()
		return s
	}
	for i := range m.Rows {
		s.marks = append(s.marks, mark{float64(i) + 0.5, readable(m.Rows[i].Label)})
	}
	return s
}

// delays leaves out what is longer than the power of ten above the longest, or than 1 ms: of the 64 rows, which go to nine
// minutes, most are empty. Powers of ten, so that the axis stays the same while little changes.
func (s *shownMap) delays() {
	longest := 0
	for i := range s.rows {
		for _, l := range s.rows[i].Levels {
			if l != 0 {
				longest = i + 1
				break
			}
		}
	}
	for d := time.Microsecond; d > 0; d *= 10 {
		at := rowOf(float64(d) / float64(HeatUnit))
		if at > float64(len(s.rows)) {
			break
		}
		s.marks = append(s.marks, mark{at, wording.Duration(d)})
		if upTo := int(math.Ceil(at)); d >= time.Millisecond && upTo >= longest {
			s.rows = s.rows[:min(upTo, len(s.rows))]
			break
		}
		if d > math.MaxInt64/10 {
			break
		}
	}
}

// rowUnits is the least delay of a row of delays, in units.
func rowUnits(row int) float64 { return LevelStart(byte(min(1+4*row, 255))) }

func (s *shownMap) gutter(c canvas) (w int) {
	for i := range s.marks {
		// Of very many rows with long names not each is measured: only some get a label.
		if i%max(len(s.marks)/500, 1) == 0 {
			w = max(w, c.width(small, s.marks[i].label))
		}
	}
	return min(w, 160)
}

// caption writes the map's own title above it.
func (s *shownMap) caption(c canvas, t *theme, plot box, baseline, end int) {
	title := fit(c, strong, s.m.Title, end-plot.x)
	c.write(plot.x, baseline, left, strong, t.ink, title)
	x := plot.x + c.width(strong, title)
	if title != "" {
		x += 10
	}
	if note := fit(c, small, s.m.Note, end-x); note != "" {
		c.write(x, baseline, left, small, t.muted, note)
	}
}

func (s *shownMap) draw(c canvas, t *theme, plot box, axis timeAxis) {
	c.fill(plot, t.nothing)
	columns := s.m.columns()
	if columns == 0 || len(s.rows) == 0 {
		c.write(plot.x+plot.w/2, plot.y+plot.h/2+4, middle, small, t.muted, fit(c, small, nothingRecorded, plot.w))
	}
	if columns > 0 {
		// The map's own part of the time that is shown.
		b := plot
		b.x = axis.place(s.m.Begin)
		b.w = max(axis.place(s.m.end())-b.x, 1)
		g := squeeze(s.rows, columns, s.m.Delays, s.m.Gaps, b)
		g.runs(func(from, to int) {
			x := b.x + edge(from, b.w, g.w)
			c.hatch(box{x, b.y, b.x + edge(to, b.w, g.w) - x, b.h}, t.gap, t.stripe)
		})
		c.cells(b, g, s.scale.colours())
	}
	s.labels(c, t, plot)
	bar := box{plot.x + plot.w + 14, plot.y, barWidth, plot.h}
	if plot.h >= 5*lineHeight { // room to say what the colours are of
		c.write(bar.x, bar.y+11, left, small, t.muted, s.m.Unit.String())
		bar.y, bar.h = bar.y+lineHeight+2, bar.h-lineHeight-2
	}
	bar.h = min(bar.h, 240)
	s.scale.draw(c, t, bar)
}

// edge returns the first pixel, of so many, that shows a cell, of so many.
func edge(cell, pixels, cells int) int { return (cell*pixels + cells - 1) / cells }

// labels writes as many of the rows' labels as there is room for: each one, each second, each fourth and so on, or, of delays,
// each power of ten or of a thousand.
func (s *shownMap) labels(c canvas, t *theme, plot box) {
	if len(s.rows) == 0 {
		return
	}
	y := func(at float64) int {
		share := at / float64(len(s.rows))
		if s.m.Delays {
			share = 1 - share
		}
		return plot.y + int(math.Round(share*float64(plot.h)))
	}
	wide := plot.x - 10 - 4
	step, apart := 1, 14
	for step < len(s.marks) && abs(y(s.marks[step].at)-y(s.marks[0].at)) < apart {
		if s.m.Delays {
			step += 2 // 1, 3: thousands
		} else {
			step *= 2
		}
	}
	for i := 0; i < len(s.marks); i += step {
		at := y(s.marks[i].at)
		if s.m.Delays {
			c.fill(box{plot.x - 5, at, 4, 1}, t.tick)
		}
		c.write(plot.x-9, at+4, right, small, t.muted, fit(c, small, s.marks[i].label, wide))
	}
}

func abs(x int) int { return max(x, -x) }

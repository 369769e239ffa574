package render

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Distances, in pixels.
const (
	margin     = 16
	lineHeight = 18
	titleLine  = 26 // of the picture's title
	barWidth   = 12 // of the scale's colours
	plotLeast  = 24 // the least height of a map
	swatch     = 11 // a sample of what a colour means
)

const nothingRecorded = "nothing was recorded"

// draw lays the figure out: titles, above the first map the time of day, the maps with their rows' labels at
// the left and their scales at the right, below the last the time since the start, and what the two
// neutral colours mean.
func (f *Figure) draw(c canvas, o Options) error {
	t := themeOf(o.Dark)
	c.fill(box{0, 0, o.Width, o.Height}, t.page)
	y := head(c, t, f.Title, f.Note, o.Width)
	if f.empty() {
		c.write(o.Width/2, (y+o.Height)/2, middle, small, t.muted, fit(c, small, nothingRecorded, o.Width-2*margin))
		return nil
	}
	shown := make([]*shownMap, len(f.Maps))
	gutter, scales := 0, 0
	for i, m := range f.Maps {
		shown[i] = newShownMap(m, o.Dark)
		gutter = max(gutter, shown[i].gutter(c))
		scales = max(scales, shown[i].scale.labelWidth(c), c.width(small, m.Unit.String())-barWidth)
	}
	gutter = min(gutter, o.Width/3)
	x := max(margin, gutter+10)
	plot := box{x: x + margin/2, w: o.Width - x - margin/2 - 14 - barWidth - 6 - scales - margin}
	if plot.w < plotLeast {
		return fmt.Errorf("a picture %d pixels wide: its labels leave no room for the map", o.Width)
	}

	from, to := f.span()
	axis := timeAxis{from: from, to: to, x: plot.x, w: plot.w, right: o.Width - 4}
	for _, m := range f.Maps {
		if !m.At.IsZero() && m.columns() > 0 {
			axis.at = m.At.Add(from - m.Begin)
			break
		}
	}
	above := 0 // the clock
	if !axis.at.IsZero() {
		above = lineHeight
	}
	below := lineHeight + 6 + lineHeight + margin/2 // the axis and the key
	var caption int
	for _, m := range f.Maps {
		if m.Title != "" || m.Note != "" {
			caption = lineHeight + 2
		}
	}
	const between = 12
	room := o.Height - y - above - below - len(shown)*caption - (len(shown)-1)*between
	if room < plotLeast*len(shown) {
		return fmt.Errorf("a picture %d pixels high: this one needs %d", o.Height, o.Height+plotLeast*len(shown)-room)
	}
	heights := share(shown, room)
	gaps := false
	for i, s := range shown {
		if caption > 0 {
			s.caption(c, t, plot, y+13, o.Width-margin)
			y += caption
		}
		if i == 0 && above > 0 {
			axis.clock(c, t, y+lineHeight)
			y += above
		}
		plot.y, plot.h = y, heights[i]
		s.draw(c, t, plot, axis)
		gaps = gaps || len(s.m.Gaps) > 0
		y += plot.h + between
	}
	y += -between
	axis.since(c, t, y)
	key(c, t, plot, o.Width-margin, y+lineHeight+6+13, gaps)
	return nil
}

// share divides the height among the maps: by their rows, but none has less than a third of what it would have if all
// had the same.
func share(maps []*shownMap, room int) []int {
	least := room / len(maps) / 3
	all := 0
	for _, s := range maps {
		all += max(len(s.rows), 1)
	}
	hs := make([]int, len(maps))
	left := room - least*len(maps)
	for i, s := range maps {
		hs[i] = least + left*max(len(s.rows), 1)/all
	}
	return hs
}

// span is the time that all maps cover together.
func (f *Figure) span() (from, to time.Duration) {
	from, to = limits.Nanoseconds, -limits.Nanoseconds
	for _, m := range f.Maps {
		if m.columns() > 0 {
			from, to = min(from, m.Begin), max(to, m.end())
		}
	}
	return from, to
}

// head writes a picture's title and note, and returns where they end.
func head(c canvas, t *theme, title, note string, width int) int {
	y := margin - 4
	if title != "" {
		c.write(margin, y+18, left, large, t.ink, fit(c, large, title, width-2*margin))
		y += titleLine
	}
	if note != "" {
		c.write(margin, y+13, left, small, t.muted, fit(c, small, note, width-2*margin))
		y += lineHeight
	}
	return y + 6
}

// key says what the neutral colours mean.
func key(c canvas, t *theme, plot box, end, baseline int, gaps bool) {
	x := plot.x
	entry := func(name string, draw func(box)) {
		if w := swatch + 6 + c.width(small, name); x+w <= end {
			draw(box{x, baseline - swatch + 1, swatch, swatch})
			c.write(x+swatch+6, baseline, left, small, t.muted, name)
			x += w + 18
		}
	}
	entry("nothing happened", func(b box) {
		c.fill(b, t.tick)
		c.fill(box{b.x + 1, b.y + 1, b.w - 2, b.h - 2}, t.nothing)
	})
	if gaps {
		entry("not analysed", func(b box) { c.hatch(b, t.gap, t.stripe) })
	}
}

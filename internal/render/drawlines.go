package render

import (
	"fmt"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// Heights of a time line, in pixels.
const (
	lineMost  = 40 // more does not make it easier to read
	lineLeast = 4
)

// draw lays the picture out: title, above the time of day, the lines with their labels at the left, below the time since From,
// and what the colours mean.
func (l *Lines) draw(c canvas, o Options, from, to detectors.Time) error {
	t := themeOf(o.Dark)
	c.fill(box{0, 0, o.Width, o.Height}, t.page)
	y := head(c, t, l.Title, l.Note, o.Width)
	if len(l.Lines) == 0 || from == to {
		c.write(o.Width/2, (y+o.Height)/2, middle, small, t.muted, fit(c, small, nothingRecorded, o.Width-2*margin))
		return nil
	}
	gutter := 0
	for i := range l.Lines[:min(len(l.Lines), o.Height)] {
		gutter = max(gutter, c.width(small, readable(l.Lines[i].Label)))
	}
	gutter = min(gutter, o.Width/3)
	x := margin + gutter + 9
	axis := timeAxis{to: to.Sub(from), at: l.At, x: x, w: o.Width - x - margin, right: o.Width - 4}
	above := 0
	if !l.At.IsZero() {
		above = lineHeight
	}
	legend := newLegend(c, l, from, to, axis)
	below := lineHeight + 6 + legend.rows*lineHeight + margin/2
	room := o.Height - y - above - below
	shown := len(l.Lines)
	if room < shown*lineLeast { // what does not fit is counted, on a line of its own
		room -= lineHeight
		shown = min(shown, room/lineLeast)
	}
	if shown < 1 {
		return fmt.Errorf("a picture %d pixels high: this one needs %d", o.Height, o.Height+lineLeast-room)
	}
	height := min(room/shown, lineMost)
	if above > 0 {
		axis.clock(c, t, y+lineHeight)
		y += above
	}
	apart := height / 5
	step := 1
	for step*height < 14 {
		step++
	}
	for i := range shown {
		line := &l.Lines[i]
		b := box{axis.x, y + i*height, axis.w, height - apart}
		c.fill(b, t.nothing)
		line.draw(c, t, b, from, to)
		if i%step == 0 {
			c.write(x-9, b.y+b.h/2+4, right, small, t.muted, fit(c, small, line.Label, gutter))
		}
	}
	y += shown * height
	if more := len(l.Lines) - shown; more > 0 {
		c.write(axis.x, y+13, left, small, t.muted, fit(c, small, fmt.Sprintf("and %d more", more), axis.w))
		y += lineHeight
	}
	axis.since(c, t, y)
	legend.draw(c, t, y+lineHeight+6)
	return nil
}

func (l *Line) draw(c canvas, t *theme, b box, from, to detectors.Time) {
	for _, r := range l.runs(from, to, b.w) {
		colour := dimensionColour(r.dimension)
		at := box{b.x + r.from, b.y, r.to - r.from, b.h}
		c.patterned(at, DimensionPattern(r.dimension), colour, stripeOn(colour), l.tip(r, from))
		if r.from > 0 && at.w > 3 { // where one ends and the next begins
			c.fill(box{at.x, at.y, 1, at.h}, t.page)
		}
		const pad = 6
		if at.w < 36 || at.h < 14 {
			continue
		}
		label := fit(c, small, l.Pieces[r.piece].Label, at.w-2*pad)
		if r.pieces > 1 || label == "" || strings.HasSuffix(label, "…") && len([]rune(label)) < 7 {
			continue
		}
		if DimensionPattern(r.dimension) != Solid {
			c.fill(box{at.x + pad - 3, at.y + at.h/2 - 8, c.width(small, label) + 6, 16}, colour)
		}
		c.write(at.x+pad, at.y+at.h/2+4, left, small, inkOn(colour), label)
	}
}

// tip says what a run is.
func (l *Line) tip(r run, from detectors.Time) string {
	if r.pieces > 1 {
		return fmt.Sprintf("%s, in %d pieces and more", r.dimension, r.pieces)
	}
	p := l.Pieces[r.piece]
	s := fmt.Sprintf("%s, %s from %s on", known(p.Dimension), lasting(p), offset(p, from))
	if p.Label != "" {
		s += ": " + readable(p.Label)
	}
	return s
}

// lasting and offset say how long a piece is, and when it begins, of which a hostile trace may make
// more than fits into a Duration.
func lasting(p Piece) string {
	if d := p.End.Sub(p.Begin); d > 0 {
		return wording.Duration(d)
	}
	return "for ever"
}

func offset(p Piece, from detectors.Time) string {
	if p.Begin < from {
		return "before the start"
	}
	return wording.Duration(p.Begin.Sub(from))
}

package render

import (
	"fmt"
	"io"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A Map is a heat map: a matrix of levels over time, as tracewatch.Levels are. 0 is nothing, 1 one unit or less, and each 8 more
// are twice as much.
type Map struct {
	Title string // what it shows
	Note  string // more of it, in a smaller and paler font

	// Rows are shown with the first on top or, if it is of Delays, at the bottom.
	Rows []Row

	// Delays says that the rows are those of detectors.WaitRow, which have no labels of their own but an axis.
	Delays bool

	// Column is how long a column is, and Begin when the first begins, since the start of whatever is
	// shown. At is Begin by the time of day, zero where that is not known; it is shown in its own time zone.
	Column time.Duration
	Begin  time.Duration
	At     time.Time

	Unit Unit

	// Low and High are the levels that the scale's colours begin and end with, so that two maps
	// may have the same. What is beyond has the colour of the end. 0 lets the map choose: from 1 µs, or one, to
	// the highest that it has, or to 10 ms, or ten, so that a quiet program does not look like one on fire.
	Low, High byte

	// Gaps are columns whose time was not analysed.
	Gaps []Gap
}

// A Row is a row of a [Map].
type Row struct {
	Label  string
	Levels []byte // by column; what is missing at the end is 0
}

// A Gap is the columns from From up to, but not including, To.
type Gap struct{ From, To int }

// columns is how many there are.
func (m *Map) columns() (n int) {
	for i := range m.Rows {
		n = max(n, len(m.Rows[i].Levels))
	}
	for _, g := range m.Gaps {
		if g.From < g.To {
			n = max(n, g.To)
		}
	}
	return n
}

// end is when the last column ends.
func (m *Map) end() time.Duration { return m.Begin + time.Duration(m.columns())*m.Column }

func (m *Map) check() error {
	n := m.columns()
	switch {
	case n == 0:
		return nil
	case n > limits.PictureColumns:
		return fmt.Errorf("a map of %d columns: it can have %d", n, limits.PictureColumns)
	case len(m.Rows) > limits.Procs:
		return fmt.Errorf("a map of %d rows: it can have %d", len(m.Rows), limits.Procs)
	case m.Unit >= numUnits:
		return fmt.Errorf("a map's levels have no unit of number %d", m.Unit)
	case m.Column <= 0:
		return fmt.Errorf("a map's columns of %s: they must take some time", m.Column)
	case m.Begin < -limits.Nanoseconds/2 || m.Begin > limits.Nanoseconds/2:
		return fmt.Errorf("a map that begins at %s: it must be within %s", m.Begin, time.Duration(limits.Nanoseconds/2))
	case time.Duration(n) > limits.Nanoseconds/2/m.Column:
		return fmt.Errorf("a map of %d columns of %s: they must not take more than %s", n, m.Column, time.Duration(limits.Nanoseconds/2))
	}
	return nil
}

// hottest returns the highest level and where it first is.
func (m *Map) hottest() (level byte, row, column int) {
	for i := range m.Rows {
		for j, l := range m.Rows[i].Levels {
			if l > level {
				level, row, column = l, i, j
			}
		}
	}
	return level, row, column
}

// WritePNG draws the map.
func (m *Map) WritePNG(w io.Writer, o Options) error { return m.figure().WritePNG(w, o) }

// WriteSVG draws the map.
func (m *Map) WriteSVG(w io.Writer, o Options) error { return m.figure().WriteSVG(w, o) }

// figure makes the map's title that of the whole picture.
func (m *Map) figure() *Figure {
	alone := *m
	alone.Title, alone.Note = "", ""
	return &Figure{Title: m.Title, Note: m.Note, Maps: []*Map{&alone}}
}

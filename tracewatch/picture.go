package tracewatch

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/render"
)

// A Picture says how the heat maps of a report are drawn.
type Picture struct {
	Width  int    // in pixels, 200 to 8,000; 0 is 1,200
	Height int    // in pixels, 100 to 8,000; 0 is 600
	Dark   bool   // for a dark background
	Title  string // over them; "" is none
}

// WritePNG draws the heat maps of scheduling delay, one above the other: P by time, of which each pixel has the
// longest wait that ended there, and delay by time, of which each has how many starts there were. Of Report.Heat
// alone it needs something; without, the picture says that there is nothing. The error is [ErrOption] for a size
// that is out of range.
func (r *Report) WritePNG(w io.Writer, p Picture) error {
	return p.draw((*render.Figure).WritePNG, r.Heat, w)
}

// WriteSVG is like [Report.WritePNG]. The SVG has no script and refers to nothing outside itself.
func (r *Report) WriteSVG(w io.Writer, p Picture) error {
	return p.draw((*render.Figure).WriteSVG, r.Heat, w)
}

func (p *Picture) draw(write func(*render.Figure, io.Writer, render.Options) error, heat []HeatStrip, w io.Writer) error {
	o := render.Options{Width: cmp.Or(p.Width, 1200), Height: cmp.Or(p.Height, 600), Dark: p.Dark}
	if err := o.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrOption, err)
	}
	return write(figure(heat, p.Title), w, o)
}

// figure lays the strips side by side.
func figure(heat []HeatStrip, title string) *render.Figure {
	f := &render.Figure{Title: title}
	if len(heat) == 0 {
		return f
	}
	from, to := heat[0].Start, heat[0].End
	for i := range heat {
		from, to = min(from, heat[i].Start), max(to, heat[i].End)
	}
	procs := 1
	for i := range heat {
		procs = max(procs, len(heat[i].Cells))
	}
	cells := newMatrix(from, to, detectors.HeatBucket, procs)
	waits := newMatrix(from, to, detectors.WaitColumn, detectors.WaitRows)
	for i := range heat {
		s := &heat[i]
		for p, row := range s.Cells {
			for j, l := range row {
				cells.put(p, s.From.Add(time.Duration(j)*detectors.HeatBucket), l)
			}
		}
		for j, column := range s.Waits {
			for r, l := range column {
				waits.put(r, s.WaitsFrom.Add(time.Duration(j)*detectors.WaitColumn), l)
			}
		}
	}
	for len(cells.rows) < min(heat[len(heat)-1].Procs, limits.HeatRows) {
		cells.rows = append(cells.rows, nil) // a P on which nobody started is there all the same
	}
	byP := cells.drawn(heat, from)
	byP.Title, byP.Note, byP.Unit = "Scheduling delay by P", "the longest in each cell", render.Delay
	for p := range byP.Rows {
		byP.Rows[p].Label = fmt.Sprintf("P %d", p)
	}
	byDelay := waits.drawn(heat, from)
	byDelay.Title, byDelay.Note, byDelay.Unit, byDelay.Delays = "Scheduling delay", "how many goroutines waited that long", render.Count, true
	f.Maps = []*render.Map{byP, byDelay}
	return f
}

// matrix is the levels of a heat map, by row and column.
type matrix struct {
	begin   detectors.Time
	column  time.Duration
	columns int
	rows    [][]byte
}

// newMatrix makes one for a time and so many rows. If it were very large, a column has several of the original ones.
func newMatrix(from, to detectors.Time, column time.Duration, rows int) *matrix {
	m := &matrix{column: column}
	for most := min(limits.PictureColumns, limits.PictureCells/rows); to.Sub(from)/m.column >= time.Duration(most-1); {
		m.column *= 2
	}
	m.begin = from - from%detectors.Time(m.column)
	m.columns = int((to.Sub(m.begin)-1)/m.column) + 1
	return m
}

// put makes a cell at least that hot. A row in which nothing is has no cells.
func (m *matrix) put(i int, at detectors.Time, level byte) {
	j := at.Sub(m.begin) / m.column
	if level == 0 || j < 0 || j >= time.Duration(m.columns) {
		return
	}
	for len(m.rows) <= i {
		m.rows = append(m.rows, nil)
	}
	if m.rows[i] == nil {
		m.rows[i] = make([]byte, m.columns)
	}
	m.rows[i][j] = max(m.rows[i][j], level)
}

// drawn makes a map of it, in which the time between strips is not analysed.
func (m *matrix) drawn(heat []HeatStrip, from detectors.Time) *render.Map {
	d := &render.Map{Column: m.column, Begin: m.begin.Sub(from)}
	for _, row := range m.rows {
		d.Rows = append(d.Rows, render.Row{Levels: row})
	}
	for i := range heat {
		if at := heat[i].At; at != nil {
			d.At = at.Add(m.begin.Sub(heat[i].Start))
			break
		}
	}
	for i := 1; i < len(heat); i++ {
		first := int(heat[i-1].End.Sub(m.begin)/m.column) + 1
		if last := int(heat[i].Start.Sub(m.begin) / m.column); heat[i].Fresh && last > first {
			d.Gaps = append(d.Gaps, render.Gap{From: first, To: last})
		}
	}
	return d
}

package render

import (
	"fmt"
	"io"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// Lines are the time lines of requests, one below the other: what each did when.
type Lines struct {
	Title string
	Note  string

	// From and To are what is shown; if To is 0, all of the pieces is. Time is said since From.
	From, To detectors.Time

	// At is From by the time of day, zero where that is not known.
	At time.Time

	Lines []Line // the first on top
}

// A Line is one time line. Its pieces may leave time out, and may overlap: each pixel has the colour of
// the dimension that has most of its time.
type Line struct {
	Label  string
	Pieces []Piece
}

// A Piece is a time in which one thing was done.
type Piece struct {
	Begin, End detectors.Time
	Dimension  detectors.Dimension
	Label      string // where, or what: a site
}

// WritePNG draws the lines.
func (l *Lines) WritePNG(w io.Writer, o Options) error {
	from, to, err := l.check(&o)
	if err != nil {
		return err
	}
	r := newRaster(o.Width, o.Height)
	if err := l.draw(r, o, from, to); err != nil {
		return err
	}
	return r.encode(w)
}

// WriteSVG draws the lines. Who points at a piece is told what it is.
func (l *Lines) WriteSVG(w io.Writer, o Options) error {
	from, to, err := l.check(&o)
	if err != nil {
		return err
	}
	v := &vector{w: o.Width, h: o.Height, title: l.name(), desc: l.describe(from, to)}
	if err := l.draw(v, o, from, to); err != nil {
		return err
	}
	return v.encode(w)
}

// check returns what is shown.
func (l *Lines) check(o *Options) (from, to detectors.Time, err error) {
	if err := o.check(); err != nil {
		return 0, 0, err
	}
	from, to = l.From, l.To
	if to == 0 {
		from, to = l.extent()
	}
	if from < 0 || to < from || to > limits.Nanoseconds {
		return 0, 0, fmt.Errorf("time lines from %d to %d ns: they must go forward, within 0 and %d", from, to, int64(limits.Nanoseconds))
	}
	n := 0
	for i := range l.Lines {
		n += len(l.Lines[i].Pieces)
	}
	if n > limits.PicturePieces {
		return 0, 0, fmt.Errorf("time lines of %d pieces: they can have %d", n, limits.PicturePieces)
	}
	return from, to, nil
}

// extent returns when the first piece begins and the last ends.
func (l *Lines) extent() (from, to detectors.Time) {
	from = limits.Nanoseconds
	for i := range l.Lines {
		for _, p := range l.Lines[i].Pieces {
			if p.Begin < p.End {
				from, to = min(from, p.Begin), max(to, p.End)
			}
		}
	}
	return min(from, to), to
}

func (l *Lines) name() string {
	if l.Title != "" {
		return readable(l.Title)
	}
	return "Time lines"
}

// describe says in words what is to be seen: of each of the first lines, what most of the time went to.
func (l *Lines) describe(from, to detectors.Time) string {
	const most = 10
	s := wording.Many(len(l.Lines), "time line") + " of " + wording.Duration(to.Sub(from))
	for i := range l.Lines[:min(len(l.Lines), most)] {
		parts := l.Lines[i].parts(from, to)
		largest := detectors.DimUnknown
		for d, x := range parts {
			if x > parts[largest] {
				largest = detectors.Dimension(d)
			}
		}
		s += fmt.Sprintf("; %s: mostly %s, %s", readable(l.Lines[i].Label), largest, wording.Duration(parts[largest]))
	}
	return s
}

// parts sums the pieces up, as far as they are shown.
func (l *Line) parts(from, to detectors.Time) (ps detectors.Parts) {
	for _, p := range l.Pieces {
		if begin, end := max(p.Begin, from), min(p.End, to); begin < end {
			d := known(p.Dimension)
			ps[d] += min(end.Sub(begin), limits.Nanoseconds-ps[d]) // overlapping pieces must not overflow
		}
	}
	return ps
}

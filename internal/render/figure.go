package render

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// A Figure is several heat maps one above the other, on one axis of time.
type Figure struct {
	Title string
	Note  string
	Maps  []*Map // the first on top
}

// WritePNG draws the figure.
func (f *Figure) WritePNG(w io.Writer, o Options) error {
	if err := f.check(&o); err != nil {
		return err
	}
	r := newRaster(o.Width, o.Height)
	if err := f.draw(r, o); err != nil {
		return err
	}
	return r.encode(w)
}

// WriteSVG draws the figure.
func (f *Figure) WriteSVG(w io.Writer, o Options) error {
	if err := f.check(&o); err != nil {
		return err
	}
	v := &vector{w: o.Width, h: o.Height, title: f.name(), desc: f.describe()}
	if err := f.draw(v, o); err != nil {
		return err
	}
	return v.encode(w)
}

func (f *Figure) check(o *Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	if len(f.Maps) > limits.PictureMaps {
		return fmt.Errorf("%d maps in a figure: it can have %d", len(f.Maps), limits.PictureMaps)
	}
	for _, m := range f.Maps {
		if err := m.check(); err != nil {
			return err
		}
	}
	return nil
}

func (f *Figure) empty() bool {
	return !slices.ContainsFunc(f.Maps, func(m *Map) bool { return m.columns() > 0 })
}

func (f *Figure) name() string {
	if f.Title != "" {
		return readable(f.Title)
	}
	return "Heat map"
}

// describe says in words what is to be seen.
func (f *Figure) describe() (s string) {
	if f.empty() {
		return nothingRecorded
	}
	for _, m := range f.Maps {
		if m.Title != "" {
			s += readable(m.Title) + ": "
		}
		level, row, column := m.hottest()
		s += fmt.Sprintf("%s of %s in %s, from %s to %s", wording.Many(m.columns(), "column"), wording.Duration(m.Column),
			wording.Many(len(m.Rows), "row"), since(m.Begin), since(m.end()))
		if level == 0 {
			s += ", all empty. "
			continue
		}
		where := readable(m.Rows[row].Label)
		if m.Delays {
			where = "a delay of " + Delay.say(rowUnits(row))
		}
		s += fmt.Sprintf("; the highest %s is %s or an eighth more, of %s at %s", m.Unit, m.Unit.say(LevelStart(level)), where, since(m.Begin+time.Duration(column)*m.Column))
		if len(m.Gaps) > 0 {
			s += "; " + wording.Many(len(m.Gaps), "gap") + " not analysed"
		}
		s += ". "
	}
	return s[:len(s)-1]
}

// since says a moment by how long after the start it was, to the millisecond.
func since(d time.Duration) string {
	return fmt.Sprintf("%.3f s", d.Seconds())
}

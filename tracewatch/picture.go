package tracewatch

import "io"

// A Picture says how the heat maps of a report are drawn.
type Picture struct {
	Width, Height int    // in pixels; 0 is 1,200 by 600
	Dark          bool   // for a dark background
	Title         string // over them; "" is none
}

// WritePNG draws the heat maps of scheduling delay: P by time, and delay by time.
func (r *Report) WritePNG(w io.Writer, p Picture) error { return ErrOption }

// WriteSVG is like WritePNG.
func (r *Report) WriteSVG(w io.Writer, p Picture) error { return ErrOption }

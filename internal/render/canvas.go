package render

import (
	"image/color"

	"github.com/gotracewatch/tracewatch/internal/limits"

	"fmt"
)

// Options say how a picture is to look.
type Options struct {
	Width, Height int // in pixels; SVG's are those of CSS

	// Dark is for a dark background.
	Dark bool
}

// Check returns an error that says what is wrong with them, if something is.
func (o *Options) Check() error {
	switch {
	case o.Width < limits.PictureMinWidth || o.Width > limits.PictureMaxWidth:
		return fmt.Errorf("a picture %d pixels wide: it must be %d to %d", o.Width, limits.PictureMinWidth, limits.PictureMaxWidth)
	case o.Height < limits.PictureMinHeight || o.Height > limits.PictureMaxHeight:
		return fmt.Errorf("a picture %d pixels high: it must be %d to %d", o.Height, limits.PictureMinHeight, limits.PictureMaxHeight)
	case o.Width*o.Height > limits.PicturePixels:
		return fmt.Errorf("a picture of %d × %d pixels: it must have no more than %d in all", o.Width, o.Height, limits.PicturePixels)
	}
	return nil
}

// A canvas is what is drawn on. Its origin is the upper left corner.
type canvas interface {
	fill(b box, c color.RGBA)

	// hatch fills with strokes.
	hatch(b box, base, stroke color.RGBA)

	// write writes a text that readable returned, on one line. x is where its anchor is.
	write(x, baseline int, a anchor, f face, c color.RGBA, s string)

	// width is how wide a text is, or a little less than is kept free for it.
	width(f face, s string) int

	// cells draws a grid, of which a 0 is left as it is. It stretches it, and does not squeeze.
	cells(b box, g *grid, colours *[256]color.RGBA)
}

// A box is an area, in pixels.
type box struct{ x, y, w, h int }

// An anchor is the point of a text that is put somewhere.
type anchor uint8

const (
	left anchor = iota
	middle
	right
)

// A face is a size and weight of letters.
type face uint8

const (
	small face = iota
	strong
	large

	numFaces
)

package render

import (
	"image"
	"image/color"
	"image/png"
	"io"
)

// A raster is a canvas of pixels.
type raster struct {
	img    *image.RGBA
	glyphs [numFaces]map[rune]*glyph
}

func newRaster(w, h int) *raster {
	r := &raster{img: image.NewRGBA(image.Rect(0, 0, w, h))}
	for f := range r.glyphs {
		r.glyphs[f] = make(map[rune]*glyph)
	}
	return r
}

// encode writes it as PNG. The default compression takes a third longer than the fastest, and a noisy heat map
// is a sixth smaller; the best takes five times as long for one percent more.
func (r *raster) encode(w io.Writer) error { return png.Encode(w, r.img) }

func (r *raster) within(b box) box {
	x0, y0 := max(b.x, 0), max(b.y, 0)
	x1, y1 := min(b.x+b.w, r.img.Rect.Dx()), min(b.y+b.h, r.img.Rect.Dy())
	return box{x0, y0, max(x1-x0, 0), max(y1-y0, 0)}
}

func (r *raster) fill(b box, c color.RGBA) { r.hatch(b, c, c) }

func (r *raster) hatch(b box, base, stroke color.RGBA) {
	b = r.within(b)
	for y := b.y; y < b.y+b.h; y++ {
		for x := b.x; x < b.x+b.w; x++ {
			c := base
			if struck(x, y) {
				c = stroke
			}
			r.img.SetRGBA(x, y, c)
		}
	}
}

func (r *raster) glyph(f face, c rune) *glyph {
	g := r.glyphs[f][c]
	if g == nil {
		g = newGlyph(f, c)
		r.glyphs[f][c] = g
	}
	return g
}

func (r *raster) width(f face, s string) (w int) {
	for _, c := range s {
		w += r.glyph(f, c).advance
	}
	return w
}

func (r *raster) write(x, baseline int, a anchor, f face, c color.RGBA, s string) {
	switch a {
	case middle:
		x -= r.width(f, s) / 2
	case right:
		x -= r.width(f, s)
	}
	for _, l := range s {
		g := r.glyph(f, l)
		for i, ink := range g.ink {
			at := image.Pt(x+g.left+i%g.w, baseline+g.top+i/g.w)
			if ink > 0 && at.In(r.img.Rect) {
				r.img.SetRGBA(at.X, at.Y, mix(r.img.RGBAAt(at.X, at.Y), c, float64(ink)/255))
			}
		}
		x += g.advance
	}
}

func (r *raster) cells(b box, g *grid, colours *[256]color.RGBA) {
	in := r.within(b)
	for y := in.y; y < in.y+in.h; y++ {
		row := g.level[(y-b.y)*g.h/b.h*g.w:][:g.w]
		for x := in.x; x < in.x+in.w; x++ {
			if l := row[(x-b.x)*g.w/b.w]; l != 0 {
				r.img.SetRGBA(x, y, colours[l])
			}
		}
	}
}

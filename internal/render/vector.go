package render

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"
	"unicode"
)

// A vector is a canvas of SVG.
type vector struct {
	w, h        int
	title, desc string // for who cannot see it
	hatched     string // the definition of its hatch, "" if it has none
	body        bytes.Buffer
	err         error
}

// fonts has the size in pixels and the weight of each face. Which font it is is up to who shows it.
var fonts = [numFaces]struct {
	size   float64
	weight string
	letter float64 // its width, of the widest fonts that are common: a text's real width is not known
}{
	small:  {12, "400", 7},
	strong: {13, "600", 8.6},
	large:  {18, "600", 12.2},
}

const fontFamily = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'DejaVu Sans', sans-serif"

// encode writes it. role="img" makes it one picture for a screen reader, whose name is the title.
func (v *vector) encode(w io.Writer) error {
	if v.err != nil {
		return v.err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%[3]s" font-family="%[4]s">`+"\n",
		v.w, v.h, html.EscapeString(v.title), html.EscapeString(fontFamily))
	fmt.Fprintf(&b, "<title>%s</title>\n<desc>%s</desc>\n", html.EscapeString(v.title), html.EscapeString(v.desc))
	if v.hatched != "" {
		fmt.Fprintf(&b, "<defs>\n%s\n</defs>\n", v.hatched)
	}
	b.Write(v.body.Bytes())
	b.WriteString("</svg>\n")
	_, err := w.Write(b.Bytes())
	return err
}

func (v *vector) fill(b box, c color.RGBA) { v.rect(b, hex(c)) }

func (v *vector) rect(b box, fill string) {
	fmt.Fprintf(&v.body, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/>`+"\n", b.x, b.y, b.w, b.h, fill)
}

func (v *vector) hatch(b box, base, stroke color.RGBA) {
	// Two pictures in one page may have the same name for the same, but not for different things.
	id := "tw-hatch-" + hex(base)[1:] + "-" + hex(stroke)[1:]
	if v.hatched == "" {
		v.hatched = fmt.Sprintf(`<pattern id="%s" width="%[2]d" height="%[2]d" patternUnits="userSpaceOnUse"><rect width="%[2]d" height="%[2]d" fill="%s"/><path d="%s" stroke="%s" stroke-width="1.6"/></pattern>`,
			id, hatchTile, hex(base), hatchPath, hex(stroke)) // a picture has one theme
	}
	v.rect(b, "url(#"+id+")")
}

func (v *vector) width(f face, s string) int {
	n := 0.0
	for _, r := range s {
		switch {
		case r > 0x2fff: // as wide as high, in most scripts from there on
			n += fonts[f].size
		case strings.ContainsRune(" .,:;'!|ijl", r):
			n += fonts[f].letter * 0.55
		case r == 'm', r == 'w', r == 'M', r == 'W', r == '@', r == '…', r == '%':
			n += fonts[f].letter * 1.5
		case unicode.IsUpper(r):
			n += fonts[f].letter * 1.1
		default:
			n += fonts[f].letter
		}
	}
	return int(n)
}

func (v *vector) write(x, baseline int, a anchor, f face, c color.RGBA, s string) {
	fmt.Fprintf(&v.body, `<text x="%d" y="%d" font-size="%g" font-weight="%s" fill="%s"`, x, baseline, fonts[f].size, fonts[f].weight, hex(c))
	if a != left {
		fmt.Fprintf(&v.body, ` text-anchor="%s"`, [...]string{middle: "middle", right: "end"}[a])
	}
	fmt.Fprintf(&v.body, ">%s</text>\n", html.EscapeString(s))
}

// cells embeds the matrix as a PNG. As rectangles, 64 rows by 1000 columns of a busy program are 56,000, even where
// neighbours of the same colour are one: 3 MB, where this has 70 KB, and a bound. It is as large as it is shown, and not a pixel for a cell, since
// librsvg smooths what it stretches, whatever image-rendering says; what is repeated compresses to little.
func (v *vector) cells(b box, g *grid, colours *[256]color.RGBA) {
	palette := make(color.Palette, 256)
	palette[0] = color.RGBA{}
	for i := 1; i < len(palette); i++ {
		palette[i] = colours[i]
	}
	img := image.NewPaletted(image.Rect(0, 0, b.w, b.h), palette)
	for y := range b.h {
		row := g.level[y*g.h/b.h*g.w:][:g.w]
		for x := range b.w {
			img.Pix[y*img.Stride+x] = row[x*g.w/b.w]
		}
	}
	var data bytes.Buffer
	if err := png.Encode(&data, img); err != nil {
		v.err = err
		return
	}
	fmt.Fprintf(&v.body, `<image x="%d" y="%d" width="%d" height="%d" preserveAspectRatio="none" image-rendering="pixelated" href="data:image/png;base64,%s"/>`+"\n",
		b.x, b.y, b.w, b.h, base64.StdEncoding.EncodeToString(data.Bytes()))
}

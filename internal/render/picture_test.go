package render

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// A picture is what can be drawn both ways.
type picture interface {
	WritePNG(w io.Writer, o Options) error
	WriteSVG(w io.Writer, o Options) error
}

func drawPNG(t testing.TB, p picture, o Options) image.Image {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.WritePNG(&b, o))
	img, err := png.Decode(&b)
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, o.Width, o.Height), img.Bounds())
	return img
}

func drawSVG(t testing.TB, p picture, o Options) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, p.WriteSVG(&b, o))
	return b.String()
}

func at(img image.Image, x, y int) color.RGBA {
	return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
}

// plotOf finds where a map is in a picture of it that has nothing but emptiness: the largest
// area of that colour. (The key has a smaller one.)
func plotOf(t testing.TB, m Map, o Options) image.Rectangle {
	t.Helper()
	rows := make([]Row, len(m.Rows))
	for i := range rows {
		rows[i] = Row{m.Rows[i].Label, make([]byte, m.columns())}
	}
	if m.High == 0 { // so that the scale's numbers are as wide
		high, _, _ := m.hottest()
		m.High = max(high, m.Unit.calm())
	}
	m.Rows, m.Gaps = rows, nil
	img := drawPNG(t, &m, o)
	nothing := themeOf(o.Dark).nothing
	var r image.Rectangle
	for y := range o.Height {
		for x := range o.Width {
			if at(img, x, y) != nothing {
				continue
			}
			if r.Empty() {
				r = image.Rect(x, y, x+1, y+1)
			} else if x < r.Max.X || y < r.Min.Y+2 {
				r.Max.X = max(r.Max.X, x+1)
			}
			if x == r.Min.X+5 && y == r.Max.Y {
				r.Max.Y++
			}
		}
	}
	require.Greater(t, r.Dx(), 50)
	require.Greater(t, r.Dy(), 20)
	return r
}

package render

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

func TestErrorsSayWhat(t *testing.T) {
	one := func(change func(m *Map)) *Map {
		m := &Map{Rows: []Row{{"P 0", []byte{1, 2, 3}}}, Column: time.Second}
		change(m)
		return m
	}
	good := Options{Width: 400, Height: 200}
	for _, c := range []struct {
		p    picture
		o    Options
		want string
	}{
		{&Figure{}, Options{Width: 199, Height: 200}, "a picture 199 pixels wide: it must be 200 to 8000"},
		{&Figure{}, Options{Width: 8001, Height: 200}, "a picture 8001 pixels wide"},
		{&Figure{}, Options{Width: 400, Height: -1}, "a picture -1 pixels high: it must be 100 to 8000"},
		{&Figure{}, Options{Width: 400, Height: 8001}, "a picture 8001 pixels high"},
		{&Figure{}, Options{Width: 8000, Height: 8000}, "a picture of 8000 × 8000 pixels"},
		{&Figure{Maps: make([]*Map, limits.PictureMaps+1)}, good, "17 maps in a figure: it can have 16"},
		{one(func(m *Map) { m.Column = 0 }), good, "columns of 0s"},
		{one(func(m *Map) { m.Column = limits.Nanoseconds }), good, "3 columns of"},
		{one(func(m *Map) { m.Gaps = []Gap{{5, 1 << 30}} }), good, "a map of 1073741824 columns: it can have 262144"},
		{one(func(m *Map) { m.Rows = make([]Row, limits.Procs+1); m.Rows[0].Levels = []byte{1} }), good, "a map of 65537 rows: it can have 65536"},
		{one(func(m *Map) { m.Begin = -limits.Nanoseconds }), good, "begins at"},
		{one(func(m *Map) { m.Unit = 9 }), good, "no unit of number 9"},
		{&Figure{Maps: []*Map{one(func(*Map) {}), one(func(*Map) {}), one(func(*Map) {})}}, Options{Width: 400, Height: 100}, "a picture 100 pixels high: this one needs 1"},
	} {
		var b bytes.Buffer
		require.ErrorContains(t, c.p.WritePNG(&b, c.o), c.want)
		require.ErrorContains(t, c.p.WriteSVG(&b, c.o), c.want)
		require.Zero(t, b.Len())
	}
}

// What has nothing to show says so, in the smallest size too.
func TestNothing(t *testing.T) {
	for name, p := range map[string]picture{
		"no map":     &Figure{Title: "Title"},
		"no rows":    &Map{Title: "Title"},
		"no columns": &Map{Title: "Title", Rows: make([]Row, 3), Column: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			for _, o := range []Options{{Width: 200, Height: 100}, {Width: 1600, Height: 400, Dark: true}} {
				drawPNG(t, p, o)
				require.Contains(t, drawSVG(t, p, o), ">nothing was recorded<")
			}
		})
	}
	mixed := &Figure{Maps: []*Map{{}, {Rows: rowsOf(1, 1, 30), Column: time.Second}}}
	drawPNG(t, mixed, Options{Width: 300, Height: 200})
	require.Contains(t, drawSVG(t, mixed, Options{Width: 300, Height: 200}), ">nothing was recorded<")
}

func TestOneColumn(t *testing.T) {
	m := Map{Rows: []Row{{"P 0", []byte{150}}}, Column: time.Second, High: 150}
	o := Options{Width: 200, Height: 100}
	plot := plotOf(t, m, o)
	img := drawPNG(t, &m, o)
	for _, x := range []int{plot.Min.X, plot.Max.X - 1} {
		require.Equal(t, heat(1, false), at(img, x, plot.Min.Y))
		require.Equal(t, heat(1, false), at(img, x, plot.Max.Y-1))
	}
}

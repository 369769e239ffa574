package render

import (
	"fmt"
	"image"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

func rowsOf(rows, columns int, level byte) []Row {
	rs := make([]Row, rows)
	for i := range rs {
		rs[i] = Row{fmt.Sprintf("P %d", i), []byte(strings.Repeat(string(rune(level)), columns))}
	}
	return rs
}

// Of a hundred columns that share a pixel, one is hot: the pixel is, and no other.
func TestHotCellSurvivesSqueezing(t *testing.T) {
	for _, dark := range []bool{false, true} {
		o := Options{Width: 500, Height: 300, Dark: dark}
		m := Map{Title: "t", Rows: rowsOf(4, 10, 40), Column: 10 * time.Millisecond, High: 150}
		plot := plotOf(t, m, o)
		// As many columns need as wide labels.
		m.Rows = rowsOf(4, 100*plot.Dx(), 40)
		require.Equal(t, plot, plotOf(t, m, o))
		m.Rows[2].Levels[100*77+37] = 150
		img := drawPNG(t, &m, o)
		hot, cold := heat(1, dark), heat(16.0/126, dark) // from level 24, 1 µs, on
		for y := plot.Min.Y; y < plot.Max.Y; y++ {
			row := (y - plot.Min.Y) * 4 / plot.Dy()
			for x := plot.Min.X; x < plot.Max.X; x++ {
				want := cold
				if row == 2 && x == plot.Min.X+77 {
					want = hot
				}
				require.Equal(t, want, at(img, x, y), "%d, %d of %v", x, y, plot)
			}
		}
	}
}

func TestFewColumnsAreStretched(t *testing.T) {
	o := Options{Width: 500, Height: 200}
	m := Map{Rows: []Row{{"P 0", []byte{150, 0, 40, 150, 0}}}, Column: time.Second, High: 150}
	plot := plotOf(t, m, o)
	img := drawPNG(t, &m, o)
	for x := range plot.Dx() {
		want := themeOf(false).nothing
		switch x * 5 / plot.Dx() {
		case 0, 3:
			want = heat(1, false)
		case 2:
			want = heat(16.0/126, false)
		}
		require.Equal(t, want, at(img, plot.Min.X+x, plot.Min.Y+10), x)
	}
}

// A gap is neither empty nor full, and hides nothing.
func TestGaps(t *testing.T) {
	o := Options{Width: 500, Height: 200}
	m := Map{Rows: rowsOf(1, 10, 0), Column: time.Second, High: 150, Gaps: []Gap{{3, 5}, {-7, 0}, {9, 9}, {8, 7}}}
	m.Rows[0].Levels[4] = 150
	plot := plotOf(t, m, o)
	img := drawPNG(t, &m, o)
	th := themeOf(false)
	seen := make(map[string]int)
	for y := plot.Min.Y; y < plot.Max.Y; y++ {
		for x := range plot.Dx() {
			c := at(img, plot.Min.X+x, y)
			switch x * 10 / plot.Dx() {
			case 3:
				require.Contains(t, []any{th.gap, th.stripe}, c)
				seen[hex(c)]++
			case 4:
				require.Equal(t, heat(1, false), c)
			default:
				require.Equal(t, th.nothing, c)
			}
		}
	}
	require.Len(t, seen, 2, "hatched")
}

func TestManyRowsAreSqueezed(t *testing.T) {
	o := Options{Width: 500, Height: 300}
	m := Map{Rows: rowsOf(512, 4, 0), Column: time.Second, High: 150}
	m.Rows[301].Levels[1] = 150
	plot := plotOf(t, m, o)
	require.Less(t, plot.Dy(), 300)
	img := drawPNG(t, &m, o)
	var rows []int
	for y := plot.Min.Y; y < plot.Max.Y; y++ {
		if at(img, plot.Min.X+plot.Dx()*3/8, y) == heat(1, false) {
			rows = append(rows, y-plot.Min.Y)
		}
	}
	require.Equal(t, []int{301 * plot.Dy() / 512}, rows)
}

// The shortest delay is at the bottom, and what is above the longest's power of ten is left out.
func TestDelays(t *testing.T) {
	o := Options{Width: 500, Height: 400}
	m := Map{Rows: make([]Row, detectors.WaitRows), Delays: true, Unit: Count, Column: 100 * time.Millisecond, High: 80}
	for i := range m.Rows {
		m.Rows[i].Levels = make([]byte, 10)
	}
	row := detectors.WaitRow(70 * time.Millisecond)
	m.Rows[row].Levels[2] = 80
	m.Rows[0].Levels[2] = 80
	img := drawPNG(t, &m, o)

	s := newShownMap(&m, false)
	require.Len(t, s.rows, detectors.WaitRow(100*time.Millisecond)+1)
	require.Equal(t, "100 ms", s.marks[len(s.marks)-1].label)
	require.Equal(t, []string{"1 µs", "10 µs", "100 µs", "1 ms", "10 ms", "100 ms"}, func() (ls []string) {
		for _, m := range s.marks {
			ls = append(ls, m.label)
		}
		return ls
	}())
	// Above, each of the rows has the same height; the lowest is hot at the bottom.
	blank := m
	blank.Rows = make([]Row, len(s.rows))
	blank.Rows[0].Levels = make([]byte, 10)
	plot := image.Rect(0, 0, 0, 0)
	for y := range o.Height { // the plot's extent, from a column that has nothing in it
		if at(img, 200, y) == themeOf(false).nothing && at(img, 300, y) == themeOf(false).nothing {
			if plot.Max.Y == 0 {
				plot.Min.Y = y
			}
			plot.Max.Y = y + 1
		}
	}
	x := 0
	for ; at(img, x, plot.Max.Y-1) != heat(1, false); x++ {
		require.Less(t, x, o.Width/2)
	}
	var ys []int
	for y := plot.Min.Y; y < plot.Max.Y; y++ {
		if at(img, x, y) == heat(1, false) {
			ys = append(ys, (y-plot.Min.Y)*len(s.rows)/plot.Dy())
		}
	}
	for _, y := range ys {
		require.Contains(t, []int{len(s.rows) - 1, len(s.rows) - 1 - row}, y)
	}
	require.Contains(t, ys, len(s.rows)-1-row)
}

// Maps of one figure have one axis: what happened at one time is in one column of pixels.
func TestFigureSharesTime(t *testing.T) {
	a := &Map{Title: "a", Rows: rowsOf(2, 100, 0), Column: 10 * time.Millisecond, Begin: time.Second, High: 150}
	b := &Map{Title: "b", Rows: rowsOf(2, 20, 0), Column: 100 * time.Millisecond, High: 150}
	for i := range 2 {
		a.Rows[i].Levels[50] = 150 // 1.5 s
		b.Rows[i].Levels[15] = 150 // 1.5 to 1.6 s
	}
	f := &Figure{Title: "both", Maps: []*Map{a, b}}
	img := drawPNG(t, f, Options{Width: 600, Height: 300})
	var first []int
	for y := range 300 {
		for x := range 500 {
			if at(img, x, y) == heat(1, false) {
				first = append(first, x)
				break
			}
		}
	}
	require.NotEmpty(t, first)
	for _, x := range first {
		require.InDelta(t, first[0], x, 1)
	}
	require.Greater(t, len(first), 50, "both maps have it")
}

func TestScaleChooses(t *testing.T) {
	quiet := newHeatScale(&Map{}, 30, false)
	require.Equal(t, []float64{1e3 / 128, 1e4 / 128, 1e5 / 128, 1e6 / 128, 1e7 / 128}, quiet.marks(), "to 10 ms, even if nothing is so long")
	hot := newHeatScale(&Map{}, 200, false)
	require.Equal(t, byte(200), hot.high)
	require.Equal(t, 1.0, hot.share(200))
	counts := newHeatScale(&Map{Unit: Count}, 0, false)
	require.Equal(t, []float64{1, 10}, counts.marks())
	given := newHeatScale(&Map{Low: 100, High: 50}, 200, true)
	require.Less(t, given.low, given.high)
	for _, c := range []struct {
		unit  Unit
		units float64
		want  string
	}{
		{Count, 1, "1"}, {Count, 999, "999"}, {Count, 1536, "1.54k"}, {Count, 1e5, "100k"}, {Count, 2e6, "2M"}, {Count, 3e9, "3G"},
		{Delay, 1e6 / 128, "1 ms"}, {Delay, 1e10 / 128, "10 s"},
	} {
		require.Equal(t, c.want, c.unit.say(c.units))
	}
}

package render

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

func TestRuns(t *testing.T) {
	l := Line{Pieces: []Piece{
		{Begin: 0, End: 100, Dimension: detectors.DimRunning},
		{Begin: 100, End: 250, Dimension: detectors.DimLock},
		{Begin: 250, End: 400, Dimension: detectors.DimLock},
		// 400 to 500 is not told.
		{Begin: 500, End: 530, Dimension: detectors.DimSleep}, // less than half a pixel, of which the next has more
		{Begin: 530, End: 600, Dimension: detectors.DimNetwork},
		{Begin: 600, End: 640, Dimension: detectors.DimSyscall}, // alone in its pixel
		{Begin: 900, End: 5000, Dimension: detectors.DimChannel},
		{Begin: -50, End: 5, Dimension: detectors.DimAssist},
		{Begin: 30, End: 20, Dimension: detectors.DimAssist},
	}}
	require.Equal(t, []run{
		{0, 1, detectors.DimRunning, 0, 1},
		{1, 3, detectors.DimLock, 1, 1}, // its last pixel is half of the one, half of the other
		{3, 4, detectors.DimLock, 2, 1},
		{5, 6, detectors.DimNetwork, 4, 1},
		{6, 7, detectors.DimSyscall, 5, 1},
		{9, 10, detectors.DimChannel, 6, 1},
	}, l.runs(0, 1000, 10))
}

func TestManySmallPiecesAreTheMostOfThem(t *testing.T) {
	var l Line
	for i := range detectors.Time(1000) { // seven tenths lock, three tenths running, a thousand in ten pixels
		l.Pieces = append(l.Pieces, Piece{Begin: 10 * i, End: 10*i + 7, Dimension: detectors.DimLock},
			Piece{Begin: 10*i + 7, End: 10*i + 10, Dimension: detectors.DimRunning})
	}
	runs := l.runs(0, 10000, 10)
	require.Len(t, runs, 1)
	require.Equal(t, detectors.DimLock, runs[0].dimension)
	require.Equal(t, [2]int{0, 10}, [2]int{runs[0].from, runs[0].to})
	require.Greater(t, runs[0].pieces, 1)
}

func exampleLines() *Lines {
	return &Lines{
		Title: "GET /price", At: time.Date(2026, 11, 22, 8, 36, 59, 0, time.UTC),
		Lines: []Line{
			{"goroutine 7", []Piece{
				{1000, 20_001_000, detectors.DimNetwork, "shop.queryBackend"},
				{20_001_000, 100_001_000, detectors.DimLock, "sick.(*lookupCache).get"},
			}},
			{"goroutine 8", []Piece{{50_001_000, 60_001_000, detectors.DimSyscall, "os.ReadFile"}}},
		},
	}
}

func TestSVGOfLines(t *testing.T) {
	texts, images := checkSVG(t, drawSVG(t, exampleLines(), Options{Width: 900, Height: 200}))
	require.Empty(t, images)
	for _, want := range []string{
		"GET /price", "2 time lines of 100 ms; goroutine 7: mostly lock, 80 ms; goroutine 8: mostly syscall, 10 ms",
		"lock, 80 ms from 20 ms on: sick.(*lookupCache).get", "network, 20 ms from 0s on: shop.queryBackend",
		"goroutine 7", "goroutine 8", "network", "lock", "syscall", "0 ms", "100 ms", "08:36:59.06", "UTC",
	} {
		require.Contains(t, texts, want)
	}
	require.NotContains(t, texts, "running", "the legend has what is shown")
}

func TestLinesHaveTheDimensionsColours(t *testing.T) {
	img := drawPNG(t, exampleLines(), Options{Width: 900, Height: 200, Dark: true})
	seen := make(map[string]int)
	for y := range 200 {
		for x := range 900 {
			seen[hex(at(img, x, y))]++
		}
	}
	lock, network := seen[DimensionColour(detectors.DimLock)], seen[DimensionColour(detectors.DimNetwork)]
	require.Greater(t, network, 1000)
	require.InDelta(t, 4, float64(lock)/float64(network), 0.7)
	require.Zero(t, seen[DimensionColour(detectors.DimRunning)])
	require.NotZero(t, seen[hex(stripeOn(dimensionColour(detectors.DimSyscall)))], "a pattern")
}

func TestTooManyLinesAreCounted(t *testing.T) {
	l := &Lines{Title: "t"}
	for i := range 1000 {
		l.Lines = append(l.Lines, Line{fmt.Sprint(i), []Piece{{0, 10, detectors.DimRunning, ""}}})
	}
	o := Options{Width: 400, Height: 200}
	drawPNG(t, l, o)
	texts, _ := checkSVG(t, drawSVG(t, l, o))
	require.Contains(t, texts, "and 978 more")
}

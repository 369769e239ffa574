package render_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/render"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// The levels that are drawn are those that a watcher makes.
func TestLevelsAreTracewatchs(t *testing.T) {
	require.Equal(t, tracewatch.HeatUnit, render.HeatUnit)
	for l := range 256 {
		level := byte(l)
		units := render.UnitsOf(level)
		require.Equal(t, tracewatch.LevelStart(level), units, "level %d", l)
		if level > 0 {
			require.Equal(t, level, render.LevelByte(units), "level %d", l)
		}
	}
}

func TestRowsAreWaitRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		d := time.Duration(r.Int64() >> r.IntN(63))
		row := int(render.RowOf(float64(d) / float64(render.HeatUnit)))
		require.Equal(t, detectors.WaitRow(d), min(row, detectors.WaitRows-1), d.String())
	}
}

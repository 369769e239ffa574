package render

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

func TestLevels(t *testing.T) {
	for level := range 255 {
		require.Equal(t, byte(level+1), levelByte(LevelStart(byte(level+1))))
		require.Less(t, LevelStart(byte(level)), LevelStart(byte(level+1)))
	}
}

func TestRowsAreWaitRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		d := time.Duration(r.Int64() >> r.IntN(63))
		row := int(rowOf(float64(d) / float64(HeatUnit)))
		require.Equal(t, detectors.WaitRow(d), min(row, detectors.WaitRows-1), d.String())
	}
}

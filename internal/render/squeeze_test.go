package render

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// squeeze is compared with what it is defined as: each cell goes to one place, and the highest counts.
func TestSqueezeKeepsTheHighest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		rows := make([]Row, r.IntN(40))
		columns := 0
		for i := range rows {
			rows[i].Levels = make([]byte, r.IntN(200))
			columns = max(columns, len(rows[i].Levels))
			for j := range rows[i].Levels {
				rows[i].Levels[j] = byte(r.IntN(256))
			}
		}
		if columns == 0 {
			continue
		}
		gaps := []Gap{{r.IntN(220) - 10, r.IntN(220) - 10}}
		up := r.IntN(2) == 0
		b := box{w: 1 + r.IntN(100), h: 1 + r.IntN(30)}
		g := squeeze(rows, columns, up, gaps, b)
		require.LessOrEqual(t, g.w, b.w)
		require.LessOrEqual(t, g.h, b.h)

		level, gap := make([]byte, g.w*g.h), make([]bool, g.w)
		for i := range rows {
			y := i
			if up {
				y = len(rows) - 1 - i
			}
			y = y * g.h / len(rows)
			for j, l := range rows[i].Levels {
				x := j * g.w / columns
				level[y*g.w+x] = max(level[y*g.w+x], l)
			}
		}
		for j := max(gaps[0].From, 0); j < min(gaps[0].To, columns); j++ {
			gap[j*g.w/columns] = true
		}
		require.Equal(t, level, g.level)
		require.Equal(t, gap, g.gap)
		var again []bool
		again = append(again, make([]bool, g.w)...)
		g.runs(func(from, to int) {
			require.Less(t, from, to)
			for x := from; x < to; x++ {
				again[x] = true
			}
		})
		require.Equal(t, gap, again)
	}
}

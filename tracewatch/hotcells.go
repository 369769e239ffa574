package tracewatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// hotCells finds the hottest cells of a trace while it is read, and what is behind them.
type hotCells struct {
	*interval
	ctx     context.Context
	most    int
	history *history
	cells   []*Cell // the hottest first
}

// hotter is how much hotter than the coolest that is kept another one has to be, if there is no more room:
// so that a trace that gets a little worse all the time does not have every window explained.
const hotter = 1.25

func (h *hotCells) observer() timeline.Observer { return timeline.Observer{} }

func (h *hotCells) window(w *detectors.Window) {
	if !h.overlaps(w.Start, w.End) {
		return
	}
	heat := &w.Totals.Heat
	var hottest detectors.HeatCell
	var p, bucket int
	for i, row := range heat.Procs {
		for j, c := range row {
			if c.Max > hottest.Max {
				hottest, p, bucket = c, i, j
			}
		}
	}
	full := len(h.cells) >= h.most
	if hottest.Max == 0 || full && float64(hottest.Max) < hotter*float64(h.cells[len(h.cells)-1].Delay.Max) {
		return
	}
	from := heat.Start.Add(time.Duration(bucket) * detectors.HeatBucket)
	gens, _ := h.history.since(w.Start.Add(-hottest.Max))
	if listsNoStacks(gens) {
		gens = h.history.all()
	}
	c, err := cell(h.ctx, gens, detectors.ProcID(p), from, from.Add(detectors.HeatBucket))
	if err != nil {
		return
	}
	h.cells = append(h.cells, c)
	slices.SortStableFunc(h.cells, func(a, b *Cell) int { return cmp.Compare(b.Delay.Max, a.Delay.Max) })
	h.cells = h.cells[:min(len(h.cells), h.most)]
}

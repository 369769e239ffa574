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
	cells   []*Cell  // the hottest first
	border  *hotCell // one that goes on in the next window
}

// hotCell is a cell that is hot.
type hotCell struct {
	proc  detectors.ProcID
	from  detectors.Time
	delay time.Duration
}

// hotter is how much hotter than the coolest that is kept another one has to be, if there is no more room:
// so that a trace that gets a little worse all the time does not have every window explained.
const hotter = 1.25

func (h *hotCells) observer() timeline.Observer { return timeline.Observer{} }

func (h *hotCells) window(w *detectors.Window) {
	if h.border != nil { // now the other part of it has come
		h.explain(h.border, w.Start)
		h.border = nil
	}
	hottest, ok := h.hottest(w)
	if !ok {
		return
	}
	if hottest.from.Add(detectors.HeatBucket) > w.End {
		h.border = &hottest
		return
	}
	h.explain(&hottest, w.Start)
}

// finish explains what waits for a window that does not come.
func (h *hotCells) finish() {
	if h.border != nil {
		h.explain(h.border, h.border.from)
	}
}

// hottest returns the hottest cell of a window, of those that are asked for, if it is hot enough.
func (h *hotCells) hottest(w *detectors.Window) (hottest hotCell, ok bool) {
	heat := &w.Totals.Heat
	for p, row := range heat.Procs {
		for i, c := range row {
			if c.Max <= hottest.delay {
				continue
			}
			if from := heat.Start.Add(time.Duration(i) * detectors.HeatBucket); h.overlaps(from, from.Add(detectors.HeatBucket)) {
				hottest = hotCell{detectors.ProcID(p), from, c.Max}
			}
		}
	}
	full := len(h.cells) >= h.most
	return hottest, hottest.delay > 0 && (!full || float64(hottest.delay) >= hotter*float64(h.cells[len(h.cells)-1].Delay.Max))
}

// explain adds a cell, with what is behind it.
func (h *hotCells) explain(hot *hotCell, since detectors.Time) {
	gens, _ := h.history.since(min(since, hot.from).Add(-hot.delay))
	if listsNoStacks(gens) {
		gens = h.history.all()
	}
	c, err := cell(h.ctx, gens, hot.proc, hot.from, hot.from.Add(detectors.HeatBucket))
	if err != nil {
		return
	}
	h.cells = slices.DeleteFunc(h.cells, func(other *Cell) bool { return other.Proc == c.Proc && other.From == c.From })
	h.cells = append(h.cells, c)
	slices.SortStableFunc(h.cells, func(a, b *Cell) int { return cmp.Compare(b.Delay.Max, a.Delay.Max) })
	h.cells = h.cells[:min(len(h.cells), h.most)]
}

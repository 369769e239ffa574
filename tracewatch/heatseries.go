package tracewatch

import (
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// heatSeries keeps the newest strips of the heat maps. One goroutine adds, others may look.
type heatSeries struct {
	maxBytes int
	maxAge   time.Duration

	mu     sync.Mutex
	strips []HeatStrip // the oldest first; each does not change any more
	bytes  int
	left   int // how many were forgotten
}

// stripBytes is what a strip takes besides its levels.
const stripBytes = 256

func (s *HeatStrip) size() int {
	n := stripBytes
	for _, l := range s.Cells {
		n += len(l) + 24 // its slice
	}
	for _, l := range s.Waits {
		n += len(l) + 24
	}
	return n
}

// add keeps a strip and forgets what is beyond the limits, but never the newest.
func (h *heatSeries) add(s HeatStrip) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.strips = append(h.strips, s)
	h.bytes += s.size()
	drop := 0
	for drop < len(h.strips)-1 && (h.bytes > h.maxBytes || s.End.Sub(h.strips[drop].End) > h.maxAge) {
		h.bytes -= h.strips[drop].size()
		h.strips[drop] = HeatStrip{}
		drop++
	}
	h.left += drop
	h.strips = h.strips[drop:] // append makes room at the front once in a while
}

// after returns the strips with a larger number, the oldest first, at most so many.
func (h *heatSeries) after(number uint64, most int) []HeatStrip {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := len(h.strips)
	for first > 0 && h.strips[first-1].Number > number {
		first--
	}
	some := h.strips[first:]
	return append([]HeatStrip(nil), some[:max(0, min(len(some), most))]...)
}

// size is how many bytes all of it takes.
func (h *heatSeries) size() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.bytes
}

// strip returns what a window adds to the heat maps.
func (e *engine) strip(w *detectors.Window) HeatStrip {
	t := w.Totals
	delays := t.Delays.Sum()
	s := HeatStrip{
		Number: e.windows, Start: w.Start, End: w.End, Fresh: w.Fresh, Procs: w.Procs, Events: w.Events,
		Starts: delays.Count, P50: t.Delays.Quantile(0.5), P99: t.Delays.Quantile(0.99), Max: delays.Max,
		Watched: t.Others[detectors.ClassWatch].Total,
		From:    t.Heat.Start, Cells: make([]Levels, len(t.Heat.Procs)),
		WaitsFrom: t.Heat.WaitsStart, Waits: make([]Levels, len(t.Heat.Waits)),
	}
	if at := e.wall(w.Start); !at.IsZero() {
		s.At = &at
	}
	room := make(Levels, e.stripLevels(&t.Heat)) // all of them in one piece
	for p, row := range t.Heat.Procs {
		s.Cells[p], room = room[:len(row):len(row)], room[len(row):]
		for i := range row {
			if row[i].Starts > 0 {
				s.Cells[p][i] = level(uint64(row[i].Max / HeatUnit))
			}
		}
	}
	for i := range t.Heat.Waits {
		counts := &t.Heat.Waits[i]
		n := used(counts)
		s.Waits[i], room = room[:n:n], room[n:]
		for r, k := range counts[:n] {
			if k > 0 {
				s.Waits[i][r] = level(uint64(k))
			}
		}
	}
	return s
}

// stripLevels is how many levels a map's strip has.
func (e *engine) stripLevels(h *detectors.HeatMap) (n int) {
	for _, row := range h.Procs {
		n += len(row)
	}
	for i := range h.Waits {
		n += used(&h.Waits[i])
	}
	return n
}

// used is how many rows there are up to the last that has something.
func used(counts *[detectors.WaitRows]uint32) int {
	n := len(counts)
	for n > 0 && counts[n-1] == 0 {
		n--
	}
	return n
}

package detectors

import "time"

// HeatBucket is the length of a heat map's column.
const HeatBucket = 10 * time.Millisecond

// maxHeatColumns bounds a heat map: a window longer than this (ten seconds; the
// runtime's are about one) is cut off.
const maxHeatColumns = 1000

// A HeatMap tells, for each P and each [HeatBucket] of a window, how long goroutines
// had waited that started there.
type HeatMap struct {
	Start Time         `json:"start_ns"`
	Procs [][]HeatCell `json:"procs"` // by P, then by bucket
}

// HeatCell is one P's starts in one bucket of time.
type HeatCell struct {
	Starts int           `json:"n"`
	Sum    time.Duration `json:"sum_ns"`
	Max    time.Duration `json:"max_ns"`
}

// add counts a start.
func (h *HeatMap) add(p ProcID, at Time, delay time.Duration) {
	col := int(at.Sub(h.Start) / HeatBucket)
	if p < 0 || p >= 1<<12 || col < 0 || col >= maxHeatColumns {
		return
	}
	h.Procs = grow(h.Procs, int(p))
	row := grow(h.Procs[p], col)
	h.Procs[p] = row
	c := &row[col]
	c.Starts++
	c.Sum += delay
	c.Max = max(c.Max, delay)
}

// reset empties the map for a window that begins at start, keeping its memory.
func (h *HeatMap) reset(start Time) {
	h.Start = start
	for i := range h.Procs {
		clear(h.Procs[i])
		h.Procs[i] = h.Procs[i][:0]
	}
}

// clone returns a copy that may be kept.
func (h *HeatMap) clone() *HeatMap {
	c := &HeatMap{Start: h.Start, Procs: make([][]HeatCell, len(h.Procs))}
	for i, row := range h.Procs {
		c.Procs[i] = append([]HeatCell(nil), row...)
	}
	return c
}

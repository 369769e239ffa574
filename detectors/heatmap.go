package detectors

import "time"

// HeatBucket is the length of a heat map's column.
const HeatBucket = 10 * time.Millisecond

// A HeatMap tells, for each P and each [HeatBucket] of a window, how long goroutines
// had waited that started there. It starts at a multiple of HeatBucket: the columns of one
// window and of the next fit together.
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

// clone returns a copy that may be kept.
func (h *HeatMap) clone() *HeatMap {
	c := &HeatMap{Start: h.Start, Procs: make([][]HeatCell, len(h.Procs))}
	for i, row := range h.Procs {
		c.Procs[i] = append([]HeatCell(nil), row...)
	}
	return c
}

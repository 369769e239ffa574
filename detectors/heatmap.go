package detectors

import "time"

const (
	// HeatBucket is the length of a heat map's column.
	HeatBucket = 10 * time.Millisecond

	// WaitColumn is the length of a column of [HeatMap].Waits.
	WaitColumn = 100 * time.Millisecond

	// WaitRows is how many lengths of waits are told apart there: see [WaitRow].
	WaitRows = 64
)

// A HeatMap tells, for each P and each [HeatBucket] of a window, how long goroutines
// had waited that started there. It starts at a multiple of HeatBucket: the columns of one
// window and of the next fit together.
type HeatMap struct {
	Start Time         `json:"start_ns"` // when the first column begins
	Procs [][]HeatCell `json:"procs"`    // by P, then by bucket

	// Waits counts the same starts by how long they had waited: by [WaitColumn], the first of
	// which begins at WaitsStart, a multiple of it, then by [WaitRow].
	Waits      [][WaitRows]uint32 `json:"-"`
	WaitsStart Time               `json:"-"`
}

// HeatCell is one P's starts in one bucket of time.
type HeatCell struct {
	Starts int           `json:"n"`      // how many goroutines started
	Sum    time.Duration `json:"sum_ns"` // how long they had waited together
	Max    time.Duration `json:"max_ns"` // the longest of these waits
}

// WaitRow returns the row of [HeatMap].Waits that a wait is in: two for each power of two, from
// 128 ns on. All that is shorter is in row 0.
func WaitRow(d time.Duration) int {
	return min(max((histBucket(d)-waitBase)>>3, 0), WaitRows-1)
}

// waitBase is the bucket of 128 ns: sixteen for each power of two, after the one of 0.
const waitBase = 7*16 + 1

// clone returns a copy that may be kept.
func (h *HeatMap) clone() *HeatMap {
	c := &HeatMap{Start: h.Start, Procs: make([][]HeatCell, len(h.Procs))}
	for i, row := range h.Procs {
		c.Procs[i] = append([]HeatCell(nil), row...)
	}
	return c
}

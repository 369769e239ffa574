package tracewatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

// TestClearest has the verdict show a request that the trace can explain, though another one was a little
// slower: its wait for a mutex had begun when the trace did, and the holder's before.
func TestClearest(t *testing.T) {
	link := func(d detectors.Dimension, total time.Duration, behind ...*detectors.Link) *detectors.Link {
		return &detectors.Link{Dimension: d, Total: total, Goroutines: []detectors.GoID{7}, NumGoroutines: 1, Behind: behind}
	}
	slow := func(chain ...*detectors.Link) (s detectors.SlowRequest) {
		s.Chain = chain
		for _, l := range chain {
			s.End = s.End.Add(l.Total)
		}
		return s
	}
	own := func() *detectors.Link { return link(detectors.DimRunning, 10*time.Millisecond) }
	early := slow(link(detectors.DimLock, 100*time.Millisecond, link(detectors.DimChannel, 100*time.Millisecond, link(detectors.DimUnknown, 100*time.Millisecond))), own())
	clear := slow(link(detectors.DimLock, 90*time.Millisecond, link(detectors.DimNetwork, 80*time.Millisecond), link(detectors.DimUnknown, 10*time.Millisecond)), own())
	for _, c := range []struct {
		slowest []detectors.SlowRequest
		want    int
	}{
		{[]detectors.SlowRequest{clear, early}, 0},
		{[]detectors.SlowRequest{early, early, clear}, 2},
		{[]detectors.SlowRequest{early, early}, 0},
	} {
		require.Same(t, &c.slowest[c.want], clearest(c.slowest))
	}
}

package timeline

import (
	"fmt"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// FuzzTimeline follows any bytes. It must not panic, and not take memory out of
// proportion.
func FuzzTimeline(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		checkBroken(t, data, fmt.Sprintf("%d bytes", len(data)))
	})
}

// FuzzWays reads any bytes in every way: fast or not, whoever listens, ahead or by time.
func FuzzWays(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		checkWays(t, data, true)
		checkAhead(t, data, true)
	})
}

func seeds(f *testing.F) {
	for _, v := range versions {
		data := tracegen.Random(1, tracegen.Shape{Version: v, Threads: 2, Procs: 1, Goroutines: 4, Stacks: 4, Depth: 3, Events: 1, Generations: 2, AllocFree: true})
		f.Add(data)
		f.Add(data[:len(data)*2/3])
		f.Add(tracegen.Corrupt(uint64(v), data))
	}
	for _, data := range small(f) {
		f.Add(data[:min(len(data), 3_000)])
	}
	f.Add(write(running, calling))
}

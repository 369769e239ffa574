package healthy

import (
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func goroutineBursts() scenario.Scenario {
	return scenario.Scenario{
		Name:  "goroutine-bursts",
		Doc:   "Twenty times a second five hundred goroutines are started at once, each for some microseconds.",
		Start: built(buildGoroutineBursts),
	}
}

const burstSize = 500

func buildGoroutineBursts(p *program) error {
	p.running.Go(func() {
		scenario.Every(p.ctx, 50*time.Millisecond, func() {
			var burst sync.WaitGroup
			results := make([]uint64, burstSize)
			for i := range results {
				burst.Go(func() { results[i] = mix(uint64(i), 3000) })
			}
			burst.Wait()
		})
	})
	return nil
}

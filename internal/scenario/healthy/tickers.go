package healthy

import (
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func manyTickers() scenario.Scenario {
	return scenario.Scenario{
		Name:  "many-tickers",
		Doc:   "Five thousand goroutines have a ticker of one second each: timers wake five thousand a second.",
		Start: built(buildManyTickers),
	}
}

const tickers = 5000

func buildManyTickers(p *program) error {
	var ticks atomic.Uint64
	for i := range tickers {
		p.running.Go(func() {
			if pause(p.ctx, time.Second*time.Duration(i)/tickers) { // not all at the same moment
				scenario.Every(p.ctx, time.Second, func() { ticks.Add(1) })
			}
		})
	}
	return nil
}

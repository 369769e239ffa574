package healthy

import (
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func idle() scenario.Scenario {
	return scenario.Scenario{
		Name:  "idle",
		Doc:   "Nothing happens but one small job a second: shares and means of almost nothing are judged.",
		Start: built(buildIdle),
	}
}

func buildIdle(p *program) error {
	p.running.Go(func() { scenario.Every(p.ctx, time.Second, func() { p.work(1, 1000) }) })
	return nil
}

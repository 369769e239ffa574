package healthy

import (
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func channelPipeline() scenario.Scenario {
	return scenario.Scenario{
		Name:  "channel-pipeline",
		Doc:   "Records go through five stages over channels, and at each somebody always waits to send or to receive.",
		Start: built(buildChannelPipeline),
	}
}

// record is what goes through the pipeline.
type record struct {
	key  uint64
	text string
}

func buildChannelPipeline(p *program) error {
	raw := make(chan uint64)
	p.running.Go(func() {
		defer close(raw)
		n := uint64(0)
		scenario.Every(p.ctx, time.Millisecond, func() {
			for range 10 {
				n++
				raw <- n // the stages receive until it is closed
			}
		})
	})
	parsed := stage(p, raw, 4, func(n uint64) record { return record{key: mix(n, 200)} })
	named := stage(p, parsed, 4, func(r record) record {
		r.text = []string{"even", "odd"}[r.key%2]
		return r
	})
	keyed := stage(p, named, 2, func(r record) record {
		r.key = mix(r.key, 500)
		return r
	})
	p.running.Go(func() {
		counts := make(map[string]int)
		for r := range keyed {
			counts[r.text]++
		}
	})
	return nil
}

// stage starts workers that make one thing of another, and returns where it comes out.
func stage[A, B any](p *program, in <-chan A, workers int, f func(A) B) <-chan B {
	out := make(chan B)
	var stage sync.WaitGroup
	for range workers {
		stage.Go(func() {
			for a := range in {
				out <- f(a)
			}
		})
	}
	p.running.Go(func() {
		stage.Wait()
		close(out)
	})
	return out
}

package healthy

import (
	"runtime"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func cpuBatch() scenario.Scenario {
	return scenario.Scenario{
		Name:  "cpu-batch",
		Doc:   "A batch job computes on every P and is preempted all the time, and nobody else wants to run.",
		Start: built(buildCPUBatch),
	}
}

func buildCPUBatch(p *program) error {
	pieces, results := make(chan uint64), make(chan uint64)
	p.running.Go(func() {
		defer close(pieces)
		for n := uint64(0); ; n++ {
			select {
			case <-p.ctx.Done():
				return
			case pieces <- n:
			}
		}
	})
	for range runtime.GOMAXPROCS(0) {
		p.running.Go(func() {
			for n := range pieces {
				select {
				case <-p.ctx.Done():
				case results <- computePiece(n):
				}
			}
		})
	}
	p.running.Go(func() {
		report := time.NewTicker(time.Second)
		defer report.Stop()
		sum, n := uint64(0), 0
		for {
			select {
			case <-p.ctx.Done():
				return
			case r := <-results:
				sum, n = sum^r, n+1
			case <-report.C:
				p.work(sum, n)
			}
		}
	})
	return nil
}

// computePiece takes some tens of milliseconds.
func computePiece(n uint64) uint64 { return mix(n, 20_000_000) }

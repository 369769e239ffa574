package sick

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// simulationTime is how long one simulation computes. The runtime's quantum is ten milliseconds.
const simulationTime = 3 * time.Second

func batchBesideService() scenario.Scenario {
	return scenario.Scenario{
		Name:  "simulations-beside-service",
		Doc:   "Simulations that compute for seconds, more of them than Ps, have to be stopped all the time so that the service gets a turn, which it does late.",
		Kind:  "preempt-rate",
		Sites: []string{site("simulate")},
		Follows: map[string]string{
			"sched-delay": queueForPs,
		},
		Start: startBatch,
	}
}

func startBatch(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	s.twoProcs()
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	s.fault = func(strength scenario.Strength) error {
		// Each P has a queue of simulations, in which the service stands for some quanta.
		for range runtime.GOMAXPROCS(0) * pick(strength, 3, 8) {
			s.running.Go(func() { simulateOften(s.ctx) })
		}
		return nil
	}
	return s, nil
}

// simulateOften starts each simulation in a goroutine of its own.
func simulateOften(ctx context.Context) {
	var result atomic.Uint64
	for ctx.Err() == nil {
		done := make(chan struct{})
		go func() {
			defer close(done)
			result.Store(simulate(ctx))
		}()
		<-done
	}
}

// simulate computes until it has for long enough.
//
//go:noinline
func simulate(ctx context.Context) uint64 {
	h := uint64(14695981039346656037)
	for begin := time.Now(); time.Since(begin) < simulationTime && ctx.Err() == nil; {
		for i := range uint64(200_000) {
			h = (h ^ (i & 0xff)) * 1099511628211
		}
	}
	return h
}

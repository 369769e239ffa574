package shop

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// A burst has so many goroutines for each P, of one to two and a half milliseconds: a mild one is a
// queue of some 90 ms in front of everybody else, a severe one of a quarter of a second, made of runs
// too short to be preempted.
const (
	mildBurst   = 50
	severeBurst = 150
	burstPeriod = 200 * time.Millisecond
)

func schedSpec() spec {
	return spec{
		doc:     "Bursts of CPU-bound goroutines occupy every P, and everybody else waits to run.",
		site:    sitePrefix + "hashEverything",
		prepare: prepareSched,
	}
}

func prepareSched(strength scenario.Strength) change {
	size := mildBurst
	if strength == scenario.Severe {
		size = severeBurst
	}
	size *= runtime.GOMAXPROCS(0)
	return change{run: func(ctx context.Context) { burst(ctx, size) }}
}

// burst starts a goroutine for every piece of work at once, without a limit. It waits for a burst
// to end before the next, so that a slow machine gets fewer bursts instead of a growing queue.
func burst(ctx context.Context, size int) {
	ticker := time.NewTicker(burstPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		var wg sync.WaitGroup
		results := make([]uint64, size)
		for i := range results {
			wg.Add(1)
			go hashEverything(&results[i], time.Millisecond+rand.N(1500*time.Microsecond), &wg)
		}
		wg.Wait()
	}
}

// hashEverything computes for d. It goes by the clock and not by a count, because on a slow machine
// a count would become a run long enough to be preempted.
//
//go:noinline
func hashEverything(result *uint64, d time.Duration, wg *sync.WaitGroup) {
	defer wg.Done()
	h := uint64(14695981039346656037)
	for begin := time.Now(); time.Since(begin) < d; {
		for i := range uint64(2000) { // FNV-1a, some microseconds between looks at the clock
			h = (h ^ (i & 0xff)) * 1099511628211
		}
	}
	*result = h
}

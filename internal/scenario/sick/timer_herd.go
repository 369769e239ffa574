package sick

import (
	"context"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// A herd of goroutines has something to refresh every so often. Healthy, each has its own moment in
// ten seconds.
const (
	herdPerP   = 500
	herdPeriod = 10 * time.Second
	alignedTo  = 250 * time.Millisecond
)

func alignedHerd() scenario.Scenario {
	return scenario.Scenario{
		Name:  "timers-aligned",
		Doc:   "Hundreds of timers for each P all expire at each full quarter of a second, and what else is ready waits until each of their goroutines has done its little work.",
		Kind:  "timer-storm",
		Sites: []string{site("refreshOften")},
		Follows: map[string]string{
			"sched-delay": queueForPs,
		},
		Start: startHerd,
	}
}

// herdFault is what the herd is told to do from now on.
type herdFault struct {
	begun chan struct{} // closed when the fault begins
	work  time.Duration // of each refresh; not read before
}

func startHerd(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	f := &herdFault{begun: make(chan struct{})}
	for range herdPerP * runtime.GOMAXPROCS(0) {
		s.running.Go(func() { refreshOften(s.ctx, f) })
	}
	s.fault = func(strength scenario.Strength) error {
		// For each P these are 50 ms of work at once, or 150.
		f.work = pick(strength, 100*time.Microsecond, 300*time.Microsecond)
		close(f.begun)
		return nil
	}
	return s, nil
}

// refreshOften waits for a moment of its own, or once the fault has begun for that of all.
//
//go:noinline
func refreshOften(ctx context.Context, f *herdFault) {
	timer := time.NewTimer(rand.N(herdPeriod))
	defer timer.Stop()
	begun, work := f.begun, 50*time.Microsecond
	h := uint64(1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-begun:
			begun, work = nil, f.work
		case <-timer.C:
			h = refresh(h, work)
		}
		if begun == nil {
			now := time.Now()
			timer.Reset(now.Truncate(alignedTo).Add(alignedTo).Sub(now))
		} else {
			timer.Reset(herdPeriod)
		}
	}
}

// refresh computes for d.
//
//go:noinline
func refresh(h uint64, d time.Duration) uint64 {
	for begin := time.Now(); time.Since(begin) < d; {
		for i := range uint64(2000) {
			h = (h ^ (i & 0xff)) * 1099511628211
		}
	}
	return h
}

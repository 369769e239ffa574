package sick

import (
	"context"
	"runtime"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// parkedRequests is how many goroutines there are, each waiting for something with a few frames on
// its stack. It takes some microseconds to print one.
const parkedRequests = 10_000

func allStacks() scenario.Scenario {
	return scenario.Scenario{
		Name:  "stacks-of-all-goroutines",
		Doc:   "Diagnostics print the stacks of all of ten thousand goroutines several times a second, and the world stands still meanwhile.",
		Kind:  "stop-the-world",
		Sites: []string{site("dumpGoroutines")},
		Follows: map[string]string{
			"sched-delay": "what becomes ready while the world stands waits until it goes on",
		},
		Start: startStacks,
	}
}

func startStacks(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	s.twoProcs()
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	for range parkedRequests {
		s.running.Go(func() { longPoll(s.ctx, 12) })
	}
	s.fault = func(strength scenario.Strength) error {
		pause := pick(strength, 400*time.Millisecond, 100*time.Millisecond)
		s.running.Go(func() { dumpOften(s.ctx, pause) })
		return nil
	}
	return s, nil
}

// longPoll waits at the end of some calls, as requests do.
//
//go:noinline
func longPoll(ctx context.Context, depth int) int {
	if depth > 0 {
		return longPoll(ctx, depth-1) + 1
	}
	<-ctx.Done()
	return 0
}

// dumpOften lets the program go on between two dumps, however long one takes: 100 to 150 ms on
// two cores. Without a pause the world would hardly ever go on.
func dumpOften(ctx context.Context, pause time.Duration) {
	buf := make([]byte, 64<<20)
	scenario.Apart(ctx, pause, pause, func() { dumpGoroutines(buf) })
}

// dumpGoroutines stops the world and prints all stacks into memory.
//
//go:noinline
func dumpGoroutines(buf []byte) int {
	return runtime.Stack(buf, true)
}

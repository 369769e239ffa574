package sick

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// The watcher gets room for a second or two of a flood, which is room for minutes without one, and
// takes so long over each window that it collects every few seconds only: it rests ten times as
// long as it worked. (The flight recorder keeps its newest generation whatever its size, so that one
// which is emptied every second loses little.) A stream brings a window each second, also while the
// watcher rests: with more than a tenth of a second for each it gets behind for good.
const (
	gapHistory   = 1 << 20
	recorderHold = 250 * time.Millisecond
	streamHold   = 200 * time.Millisecond
)

// gapSettle is how long it takes until something is missing, and then until the collection that finds
// what was written of it: the watcher rests ten times as long as one takes.
const gapSettle = 8 * time.Second

func recorderOverwritten() scenario.Scenario {
	return scenario.Scenario{
		Name:   "events-flood-recorder",
		Doc:    "The program makes so many events that the flight recorder overwrites them before they are collected.",
		Kind:   "trace-gap",
		Settle: gapSettle,
		Watch: scenario.Watch{
			HistoryBytes: gapHistory,
			Hold:         recorderHold,
		},
		Start: startFlood(floodYields),
	}
}

func queueOverflows() scenario.Scenario {
	return scenario.Scenario{
		Name:   "events-flood-stream",
		Doc:    "The program makes so many events that the queue between the trace's stream and its analysis overflows.",
		Kind:   "trace-gap",
		Settle: gapSettle,
		Watch: scenario.Watch{
			Stream:       true,
			HistoryBytes: gapHistory,
			Hold:         streamHold,
		},
		Start: startFlood(floodHandOvers),
	}
}

// startFlood returns the Start of a program that floods the trace in a way of its own. A mild flood
// is some hundred thousand events a second, in bursts; a severe one is as many as there can be.
func startFlood(burst func()) func(context.Context) (scenario.Program, error) {
	return func(ctx context.Context) (scenario.Program, error) {
		s := newStage(ctx)
		if err := s.witness(); err != nil {
			return s.abandon(err)
		}
		s.fault = func(strength scenario.Strength) error {
			pause := pick(strength, 10*time.Millisecond, 0)
			s.running.Go(func() { scenario.Apart(s.ctx, 0, pause, burst) })
			return nil
		}
		return s, nil
	}
}

// floodYields lets go of its P and gets it again, which makes two events each time.
func floodYields() {
	for range 4000 {
		runtime.Gosched()
	}
}

// floodHandOvers gives a number from one goroutine to another, which makes four or five.
func floodHandOvers() {
	var wg sync.WaitGroup
	numbers := make(chan int)
	wg.Go(func() {
		for range numbers {
		}
	})
	for i := range 2000 {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
}

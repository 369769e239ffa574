package sick

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// indexTime is the CPU time of one piece of work: on a machine that is free, less than what the
// runtime lets a goroutine run.
const indexTime = 5 * time.Millisecond

func starvedThread() scenario.Scenario {
	return scenario.Scenario{
		Name:  "starved-thread",
		Doc:   "Work of a few milliseconds is done on a thread of low priority, for which other processes leave next to no CPU time, and it holds a P until it is done.",
		Kind:  "preempt-failure",
		Sites: []string{site("indexDocument")},
		Follows: map[string]string{
			"stop-the-world": stopWaitsForRun,
			"sched-delay":    behindOneP,
		},
		Start: startStarved,
	}
}

func startStarved(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	rounds := calibrateIndex()
	s.fault = func(strength scenario.Strength) error {
		// One process for each core. The kernel gives a thread of priority 18 a fifty-seventh of what
		// it gets, one of 19 a sixty-eighth (sched_prio_to_weight). How long that makes it
		// wait at once depends on how long it ran before: a quarter of a second after a slice of
		// 4 ms, but 20 ms after 0.3 ms, which is what is left of a slice where others wake up
		// all the time.
		if err := s.shell(`while kill -0 "$1" 2>/dev/null; do i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; done`, runtime.NumCPU()); err != nil {
			return err
		}
		s.running.Go(func() { s.indexOften(pick(strength, 18, 19), rounds) })
		return nil
	}
	return s, nil
}

// indexOften works on a thread of its own, of the given priority. It keeps the thread locked, so that
// the runtime ends the thread with the goroutine: without privileges the priority cannot be
// raised again.
func (s *stage) indexOften(priority, rounds int) {
	runtime.LockOSThread()
	if err := syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), priority); err != nil {
		s.fail(fmt.Errorf("sick: lowering a thread's priority: %w", err))
		return
	}
	h := uint64(0)
	scenario.Every(s.ctx, 20*time.Millisecond, func() { h = indexDocument(h, rounds) })
}

// calibrateIndex returns how many rounds take [indexTime]. The fastest of some tries counts: what
// else the machine does makes the others slower.
func calibrateIndex() int {
	const sample = 100
	took := time.Hour
	h := uint64(1)
	for range 20 {
		begin := time.Now()
		h = indexDocument(h, sample)
		took = min(took, time.Since(begin))
	}
	return max(1, int(sample*indexTime/max(took, time.Microsecond)))
}

// indexDocument goes by a count and not by the clock: it is the machine that makes it slow.
//
//go:noinline
func indexDocument(h uint64, rounds int) uint64 {
	for range rounds {
		for i := range uint64(2000) {
			h = (h ^ (i & 0xff)) * 1099511628211
		}
	}
	return h
}

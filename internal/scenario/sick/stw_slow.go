package sick

import (
	"context"
	"crypto/sha1"
	"runtime"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func slowToStop() scenario.Scenario {
	return scenario.Scenario{
		Name:  "checksum-slow-to-stop",
		Doc:   "The memory statistics are read often, for which the world has to stop, and waits each time for a checksum in assembly that cannot be stopped.",
		Kind:  "stop-the-world",
		Sites: []string{site("checksumBlock")},
		Follows: map[string]string{
			"preempt-failure": "the severe checksum takes more than 30 ms; the mild one does where the machine is busy with something else",
			"sched-delay":     "what becomes ready while the world stops waits until it goes on",
		},
		Start: startChecksums,
	}
}

// startChecksums starts who reads the statistics, which a healthy program does not notice.
func startChecksums(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	s.twoProcs()
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	s.fault = func(strength scenario.Strength) error {
		block := make([]byte, blockSize(pick(strength, 20*time.Millisecond, 80*time.Millisecond)))
		checksumBlock(block) // touches every page
		s.running.Go(func() { checksumOften(s.ctx, block) })
		return nil
	}
	s.running.Go(func() { readStatistics(s.ctx) })
	return s, nil
}

// blockSize measures how much this machine hashes in a time. The fastest of some passes counts: what
// else the machine does would make the others too short.
func blockSize(want time.Duration) int {
	const (
		sample = 1 << 20
		most   = 256 << 20
	)
	buf := make([]byte, sample)
	took := time.Hour
	for range 20 {
		begin := time.Now()
		checksumBlock(buf)
		took = min(took, time.Since(begin))
	}
	return min(int(sample*want/max(took, time.Microsecond)), most)
}

// checksumOften hashes with short pauses.
func checksumOften(ctx context.Context, block []byte) {
	for ctx.Err() == nil {
		checksumBlock(block)
		time.Sleep(2 * time.Millisecond)
	}
}

// checksumBlock hashes a block in one call, which is one call into assembly on amd64 and arm64.
//
//go:noinline
func checksumBlock(block []byte) [sha1.Size]byte {
	return sha1.Sum(block)
}

// readStatistics does what many metrics libraries do, more often.
func readStatistics(ctx context.Context) {
	var stats runtime.MemStats
	scenario.Every(ctx, 100*time.Millisecond, func() { runtime.ReadMemStats(&stats) })
}

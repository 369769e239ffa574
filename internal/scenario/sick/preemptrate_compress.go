package sick

import (
	"compress/flate"
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// An archive is some megabytes of text, compressed as well as it can be: that takes a second or so.
const (
	archiveBytes  = 8 << 20
	archivePeriod = 500 * time.Millisecond
)

func compressionPool() scenario.Scenario {
	return scenario.Scenario{
		Name:  "archives-compressed-in-process",
		Doc:   "A job that runs every half second has archives compressed by a pool of many more workers than Ps, and the service stands in the queue with them.",
		Kind:  "preempt-rate",
		Sites: []string{site("compressArchive")},
		Follows: map[string]string{
			"sched-delay": queueForPs,
		},
		Start: startCompression,
	}
}

func startCompression(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	s.twoProcs()
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	text := archiveText()
	s.fault = func(strength scenario.Strength) error {
		workers := runtime.GOMAXPROCS(0) * pick(strength, 3, 8)
		jobs := make(chan []byte, workers)
		for range workers {
			s.running.Go(func() { s.compressAll(jobs) })
		}
		s.running.Go(func() { scheduleArchives(s.ctx, jobs, text) })
		return nil
	}
	return s, nil
}

// archiveText has words in random order, which compress slowly.
func archiveText() []byte {
	words := []string{"order ", "item ", "price ", "2026-11-22 ", "shipped ", "cancelled ", "EUR ", "customer\n"}
	text := make([]byte, 0, archiveBytes+16)
	for len(text) < archiveBytes {
		text = append(text, words[rand.N(len(words))]...)
	}
	return text
}

// scheduleArchives gives the pool as many jobs as it has room for, every so often.
func scheduleArchives(ctx context.Context, jobs chan<- []byte, text []byte) {
	ticker := time.NewTicker(archivePeriod)
	defer ticker.Stop()
	defer close(jobs)
	for {
		for range cap(jobs) - len(jobs) {
			jobs <- text // has room: nobody else sends
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// compressAll is a worker.
func (s *stage) compressAll(jobs <-chan []byte) {
	w, err := flate.NewWriter(io.Discard, flate.BestCompression)
	if err != nil {
		s.fail(err)
		return
	}
	for text := range jobs {
		w.Reset(io.Discard)
		s.fail(compressArchive(s.ctx, w, text))
	}
}

// compressArchive compresses an archive, or as much of it as there is time for.
//
//go:noinline
func compressArchive(ctx context.Context, w *flate.Writer, text []byte) error {
	for len(text) > 0 && ctx.Err() == nil {
		n := min(len(text), 64<<10)
		if _, err := w.Write(text[:n]); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

package sick

import (
	"context"
	"log"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func slowLogger() scenario.Scenario {
	return scenario.Scenario{
		Name:  "logger-with-slow-sink",
		Doc:   "A logger of the standard library holds its lock while a slow sink takes a line, and all requests log.",
		Kind:  "lock-contention",
		Sites: []string{site("logRequest"), "log.(*Logger).output"},
		Start: startLogging,
	}
}

// startLogging starts the requests. The sink is fast at first.
func startLogging(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	sink := new(slowSink)
	logger := log.New(sink, "", log.LstdFlags)
	for i := range 24 {
		s.running.Go(func() { logOften(s.ctx, logger, time.Duration(i)*2*time.Millisecond) })
	}
	s.fault = func(strength scenario.Strength) error {
		sink.delay.Store(int64(pick(strength, 3*time.Millisecond, 5*time.Millisecond)))
		for i := range pick(strength, 0, 40) {
			s.running.Go(func() { logOften(s.ctx, logger, time.Duration(i)*time.Millisecond) })
		}
		return nil
	}
	return s, nil
}

// slowSink is a disk that is full of other work.
type slowSink struct{ delay atomic.Int64 }

// Write implements [io.Writer].
func (s *slowSink) Write(p []byte) (int, error) {
	if d := time.Duration(s.delay.Load()); d > 0 {
		time.Sleep(d)
	}
	return len(p), nil
}

// logOften stands for one request after another. It begins when the others do not.
func logOften(ctx context.Context, logger *log.Logger, begin time.Duration) {
	scenario.Apart(ctx, begin, 50*time.Millisecond, func() { logRequest(logger, 200) })
}

// logRequest writes a line.
//
//go:noinline
func logRequest(logger *log.Logger, status int) {
	logger.Printf("GET / %d", status)
}

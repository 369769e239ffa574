package sick

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

const (
	sessions     = 1 << 20 // of 64 bytes, each with a pointer
	reportBytes  = 100 << 10
	reportPeriod = 3 * time.Millisecond
	limitPeriod  = 250 * time.Millisecond
)

func limitReached() scenario.Scenario {
	return scenario.Scenario{
		Name:  "memory-limit-reached",
		Doc:   "What the service keeps comes close to its memory limit, so that the collector runs again as soon as it has run.",
		Kind:  "gc-assist",
		Sites: []string{site("renderReport"), site("report")},
		Start: startLimit,
	}
}

// session is what is kept of a user.
type session struct {
	last *session
	_    [7]uint64
}

// startLimit builds what is kept, in pieces: a list would be a fault of its own. The fault lowers the
// process's memory limit until Stop, which for the collector is the same as more being kept: only one
// such program may run at a time.
func startLimit(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	kept := make([]*session, sessions)
	for i := range kept {
		kept[i] = &session{last: kept[i/2]}
	}
	s.afterStop(func() error {
		runtime.KeepAlive(kept)
		kept = nil
		return nil
	})
	s.running.Go(func() { reportOften(s) })
	s.fault = func(strength scenario.Strength) error {
		before := debug.SetMemoryLimit(-1)
		s.afterStop(func() error {
			debug.SetMemoryLimit(before)
			debug.FreeOSMemory()
			return nil
		})
		runtime.GC()
		s.running.Go(func() { fillLimit(s.ctx, pick[int64](strength, 1<<20, 0)) })
		return nil
	}
	return s, nil
}

// fillLimit keeps the limit so low that the heap may grow by so many bytes from one collection to the
// next, whatever else the process has and gives back.
func fillLimit(ctx context.Context, room int64) {
	m := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"},
	}
	scenario.Every(ctx, limitPeriod, func() {
		metrics.Read(m)
		of := func(i int) int64 { return int64(m[i].Value.Uint64()) }
		others := of(0) - of(1) - of(2) - of(3) // what counts beside the objects
		debug.SetMemoryLimit(others + of(4) + room)
	})
}

// reportOften answers requests, each in a goroutine of its own.
func reportOften(s *stage) {
	scenario.Every(s.ctx, reportPeriod, func() {
		s.running.Add(1)
		go report(s)
	})
}

// report answers one request.
//
//go:noinline
func report(s *stage) {
	defer s.running.Done()
	renderReport()
}

// renderReport allocates what one request needs.
//
//go:noinline
func renderReport() [][]byte {
	var lines [][]byte
	for range reportBytes >> 10 {
		lines = append(lines, make([]byte, 1<<10))
	}
	return lines
}

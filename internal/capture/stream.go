package capture

import (
	"fmt"
	"runtime/trace"
	"sync"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Stream collects what runtime/trace.Start writes. It sees every generation once
// and forces none, but uses the slot that /debug/pprof/trace and vendors' agents
// want.
type Stream struct {
	// Leave makes the intake a guest in its slot: as soon as another intake of this package needs that, Leave
	// is called, once, on the goroutine of the one that needs it, and has to stop the guest before it returns. A guest
	// that stops by itself does so by [Depart]. It is set before Start, if at all.
	Leave func()

	maxBytes int

	mu      sync.Mutex
	split   *wire.Splitter
	queue   []wire.Raw
	queued  int // bytes in queue
	lost    uint64
	err     error
	running bool
}

// NewStream returns an intake that uses trace.Start's slot. At most maxBytes wait to
// be collected, or [limits.PendingGenerations] if those are larger.
func NewStream(maxBytes int) *Stream { return &Stream{maxBytes: maxBytes} }

// Start implements [Intake].
func (s *Stream) Start() error {
	s.mu.Lock()
	s.split, s.err = &wire.Splitter{Emit: s.enqueue}, nil
	s.mu.Unlock()
	// Not under the lock: the runtime writes the header before Start returns.
	if err := streamSlot.start(func() error { return trace.Start(streamWriter{s}) }, s.Leave); err != nil {
		return fmt.Errorf("%w: %w", ErrTaken, err)
	}
	s.mu.Lock()
	s.running = true
	s.mu.Unlock()
	return nil
}

// streamWriter is what the runtime's only trace reader writes into, so it takes all
// there is, never blocks for long and never fails: an error would not stop the
// runtime, only confuse it.
type streamWriter struct{ s *Stream }

func (w streamWriter) Write(p []byte) (int, error) {
	s := w.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		_, s.err = s.split.Write(p)
	}
	return len(p), nil
}

// enqueue holds a generation until it is collected. Where there is no room the oldest is dropped
// whole: what is new is what somebody waits for, and it says that something was lost. The lock is
// held.
func (s *Stream) enqueue(raw wire.Raw) {
	s.queue = append(s.queue, raw)
	s.queued += len(raw.Data)
	for n := len(s.queue); n > limits.PendingGenerations && s.queued > s.maxBytes || n > maxQueue; n = len(s.queue) {
		s.queued -= len(s.queue[0].Data)
		s.queue[0] = wire.Raw{} // its bytes can go
		s.queue = s.queue[1:]
		s.lost++
	}
}

// maxQueue bounds the generations that wait, however small they are.
const maxQueue = 1024

// Collect implements [Intake].
func (s *Stream) Collect(emit func(wire.Raw)) error {
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if !running {
		return errStopped
	}
	return s.drain(emit)
}

// drain hands over what is queued.
func (s *Stream) drain(emit func(wire.Raw)) error {
	s.mu.Lock()
	queue, err := s.queue, s.err
	s.queue, s.queued = nil, 0
	s.mu.Unlock()
	for _, raw := range queue {
		emit(raw)
	}
	return err
}

// Lost implements [Intake].
func (s *Stream) Lost() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// Stop implements [Intake].
func (s *Stream) Stop(emit func(wire.Raw)) error {
	s.mu.Lock()
	running := s.running
	s.running = false
	s.mu.Unlock()
	if !running {
		return nil
	}
	trace.Stop() // the runtime writes its last generation before this returns
	return s.drain(emit)
}

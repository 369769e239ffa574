package capture

import (
	"fmt"
	"runtime/trace"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Snapshot collects by taking snapshots of runtime/trace's flight recorder. Each
// snapshot makes the runtime end its generation and holds the whole window again;
// generations that were handed over before are passed over without a copy.
type Snapshot struct {
	// Leave is as in [Stream].
	Leave func()

	maxBytes int

	// The recorder's methods race with each other (Enabled and Stop with WriteTo),
	// so that this lock is around every call.
	mu       sync.Mutex
	recorder *trace.FlightRecorder
	last     uint64 // the newest generation handed over
}

// NewSnapshot returns an intake that uses the flight recorder's slot. The recorder
// holds about maxBytes of trace, and always the newest generation whole.
func NewSnapshot(maxBytes int) *Snapshot { return &Snapshot{maxBytes: maxBytes} }

// minAge is how long the recorder keeps what it has recorded, bytes allowing: a
// collection that comes late must still find all that was recorded since the one
// before. What is old costs a collection next to nothing, it is not copied.
const minAge = 10 * time.Second

// Start implements [Intake].
func (s *Snapshot) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := trace.NewFlightRecorder(trace.FlightRecorderConfig{
		MinAge:   minAge,
		MaxBytes: uint64(s.maxBytes),
	})
	if err := recorderSlot.start(r.Start, s.Leave); err != nil {
		return fmt.Errorf("%w: %w", ErrTaken, err)
	}
	s.recorder = r
	return nil
}

// Collect implements [Intake].
func (s *Snapshot) Collect(emit func(wire.Raw)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.collect(emit)
}

// collect is Collect with the lock held.
func (s *Snapshot) collect(emit func(wire.Raw)) error {
	if s.recorder == nil || !s.recorder.Enabled() {
		return errStopped
	}
	split := wire.Splitter{
		Want: func(number uint64) bool { return number > s.last },
		Emit: func(raw wire.Raw) {
			s.last = raw.Number
			emit(raw)
		},
	}
	if _, err := s.recorder.WriteTo(&split); err != nil {
		return err
	}
	return split.Close()
}

// Lost implements [Intake]. A snapshot cannot tell; what is missing shows as a gap
// in the generations' numbers.
func (s *Snapshot) Lost() uint64 { return 0 }

// Stop implements [Intake].
func (s *Snapshot) Stop(emit func(wire.Raw)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recorder == nil {
		return nil
	}
	defer func() { // whatever becomes of emit, the recorder stops
		s.recorder.Stop()
		s.recorder = nil
	}()
	return s.collect(emit)
}

var errStopped = fmt.Errorf("capture: the recorder is not running")

package tracev1

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// headerSize is the length of a trace's header in bytes. What it says is for who decided to
// read the trace with this package.
const headerSize = 16

// A Reader goes through the events of a trace, in their order. It is used by one goroutine
// at a time.
type Reader struct {
	trace  *trace.Reader
	timers map[uint64]bool

	event Event
	more  bool
	err   error

	// Goroutines that were runnable when the trace began come in no particular order,
	// another one each time the same bytes are read. They are put in the order of their
	// numbers here.
	listed []uint64
	after  *trace.Event // the event that came after them

	numbers map[trace.Stack]StackID
	stacks  [][]Frame // by number
}

// NewReader returns a reader that stands on a trace's first event. The trace is whole, and
// is not referred to later on. Its errors are of type [*Error].
func NewReader(data []byte) (*Reader, error) {
	if len(data) > limits.OldTraceBytes {
		return nil, &Error{Offset: limits.OldTraceBytes, Problem: TooLong(), Advice: adviseLess}
	}
	s, err := scan(data, min(headerSize, len(data)))
	if err != nil {
		return nil, err
	}
	r := &Reader{
		timers:  s.timers,
		numbers: map[trace.Stack]StackID{trace.NoStack: 0},
		stacks:  make([][]Frame, 1),
	}
	err = survive(func() (err error) {
		r.trace, err = trace.NewReader(bytes.NewReader(data))
		return err
	})
	if err != nil {
		return nil, &Error{Offset: Unplaced, Problem: "its events contradict each other", Err: err, Advice: adviseAgain}
	}
	r.Next()
	if r.err != nil {
		return nil, r.err
	}
	return r, nil
}

// TooLong says what is wrong with a trace beyond the bound.
func TooLong() string {
	return fmt.Sprintf("a trace of Go 1.21 or older, of more than %d MiB: all of it has to be in memory", limits.OldTraceBytes>>20)
}

// Event returns the event that the reader stands on, or nil after the last one. It is good
// until Next is called.
func (r *Reader) Event() *Event {
	if !r.more {
		return nil
	}
	return &r.event
}

// Err returns what stopped Next, or nil if it was the end.
func (r *Reader) Err() error { return r.err }

// Next goes on to the next event.
func (r *Reader) Next() {
	r.more = false
	if r.err != nil {
		return
	}
	if len(r.listed) > 0 {
		r.list()
		return
	}
	at := r.event.Time
	err := survive(func() error { return r.next() })
	switch {
	case err == nil:
		r.more = true
	case !errors.Is(err, io.EOF):
		r.err = &Error{
			Offset: Unplaced, Problem: fmt.Sprintf("what comes after %d ns of it cannot be read", at),
			Err: err, Advice: adviseAgain,
		}
	}
}

// next reads one event, or all of the first list of runnable goroutines.
func (r *Reader) next() error {
	for {
		ev, err := r.read()
		if err != nil {
			return err
		}
		if ev.Kind() == trace.EventSync {
			continue // the first and the last event, which the trace has not
		}
		if err := r.convert(&ev); err != nil {
			return err
		}
		if !r.isListed() {
			return nil
		}
		return r.gather()
	}
}

func (r *Reader) read() (trace.Event, error) {
	if ev := r.after; ev != nil {
		r.after = nil
		return *ev, nil
	}
	return r.trace.ReadEvent()
}

// isListed reports whether the event says that a goroutine was runnable when the trace began.
func (r *Reader) isListed() bool {
	e := &r.event
	return e.Kind == GoTransition && e.From == GoUndetermined && e.To == GoRunnable
}

// gather reads the goroutines that are listed as runnable after the one just read, and
// stands on the one of the lowest number.
func (r *Reader) gather() error {
	first := r.event
	for r.isListed() {
		r.listed = append(r.listed, r.event.Goroutine)
		ev, err := r.trace.ReadEvent()
		if err != nil {
			return err // nothing has happened yet but that they are there
		}
		r.after = &ev
		if ev.Kind() != trace.EventStateTransition {
			break
		}
		if err := r.convert(&ev); err != nil {
			return err
		}
	}
	slices.Sort(r.listed)
	r.event = first
	r.event.Time--
	r.list()
	return nil
}

// list goes on to the next goroutine that was listed. They are a nanosecond apart.
func (r *Reader) list() {
	r.event.Goroutine = r.listed[0]
	r.event.Time++
	r.listed = r.listed[1:]
	r.more = true
}

// Frames returns the frames of a stack, the innermost first. They must not be changed.
func (r *Reader) Frames(id StackID) []Frame {
	if int(id) >= len(r.stacks) {
		return nil
	}
	return r.stacks[id]
}

// stack returns the number of a stack. One that leads nowhere is none.
func (r *Reader) stack(s trace.Stack) StackID {
	id, ok := r.numbers[s]
	if ok {
		return id
	}
	var frames []Frame
	err := survive(func() error {
		for f := range s.Frames() {
			frames = append(frames, Frame{PC: f.PC, Func: f.Func, File: f.File, Line: int(f.Line)})
		}
		return nil
	})
	if err == nil && len(frames) > 0 {
		id = StackID(len(r.stacks))
		r.stacks = append(r.stacks, frames)
	}
	r.numbers[s] = id
	return id
}

// survive returns the error of f, or what it panicked with as one.
func survive(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("golang.org/x/exp/trace panicked: %v", v)
		}
	}()
	return f()
}

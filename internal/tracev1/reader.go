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
	trace   *trace.Reader
	timers  map[uint64]bool
	cut     error
	run     []Event // those of the same tick
	at      int     // of them, the one that the reader stands on
	stopped error   // what came instead of another event: see read

	// What was read beyond the run.
	event  Event
	ahead  bool         // event is there
	listed []uint64     // goroutines that were runnable when the trace began
	after  *trace.Event // what came after them

	numbers map[trace.Stack]StackID
	stacks  [][]Frame // by number
}

// NewReader returns a reader that stands on a trace's first event. The trace is whole, and
// is not referred to later on. Its errors are of type [*Error].
func NewReader(data []byte) (*Reader, error) {
	if len(data) > limits.OldTraceBytes {
		return nil, TooLong()
	}
	s, err := scan(data, min(headerSize, len(data)))
	if err != nil {
		return nil, err
	}
	r := &Reader{
		timers:  s.timers,
		cut:     s.cut,
		numbers: map[trace.Stack]StackID{trace.NoStack: 0},
		stacks:  make([][]Frame, 1),
	}
	err = survive(func() (err error) {
		r.trace, err = trace.NewReader(bytes.NewReader(s.data))
		return err
	})
	if err != nil {
		return nil, &Error{Offset: Unplaced, Problem: "its events contradict each other", Err: err, Advice: adviseOrder}
	}
	r.gather()
	if err := r.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// TooLong returns the error for a trace beyond the bound.
func TooLong() error {
	return &Error{
		Offset:  limits.OldTraceBytes,
		Problem: fmt.Sprintf("it goes on after %d MiB, and a trace of Go 1.21 or older has to be in memory as a whole", limits.OldTraceBytes>>20),
		Advice:  adviseLess,
	}
}

// Event returns the event that the reader stands on, or nil after the last one. It is good
// until Next is called.
func (r *Reader) Event() *Event {
	if r.at >= len(r.run) {
		return nil
	}
	return &r.run[r.at]
}

// Err returns what stopped Next, or nil if it was the end.
func (r *Reader) Err() error {
	if r.at < len(r.run) || errors.Is(r.stopped, io.EOF) {
		return nil
	}
	return r.stopped
}

// Cut returns what is wrong with a trace whose events are there, but not all of its stacks:
// those are the last in it. It returns nil if they are there.
func (r *Reader) Cut() error { return r.cut }

// Next goes on to the next event.
func (r *Reader) Next() {
	if r.at++; r.at >= len(r.run) {
		r.gather()
	}
}

// read reads one event. The error is [io.EOF] or an [*Error].
func (r *Reader) read() error {
	if len(r.listed) > 0 {
		r.list()
		return nil
	}
	last := r.event.Time
	err := survive(r.readOne)
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &Error{
		Offset: Unplaced, Problem: fmt.Sprintf("what comes %d ns after its first event cannot be read", last),
		Err: err, Advice: adviseAgain,
	}
}

// readOne reads one event, or all the goroutines that were runnable when the trace began.
func (r *Reader) readOne() error {
	for {
		ev, err := r.take()
		if err != nil {
			return err
		}
		if ev.Kind() == trace.EventSync {
			continue // the first and the last event, which the trace has not
		}
		if err := r.convert(&ev); err != nil {
			return err
		}
		if r.isListed() {
			return r.readList()
		}
		return nil
	}
}

func (r *Reader) take() (trace.Event, error) {
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

// readList reads the goroutines that are listed as runnable after the one just read, and
// goes on to the one of the lowest number. They come in no particular order, another one
// each time the same bytes are read.
func (r *Reader) readList() error {
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

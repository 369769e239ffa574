package tracev1

import "fmt"

// An Error says what is wrong with a trace, where, and what to do.
type Error struct {
	Offset  int64  // bytes from the trace's beginning, or Unplaced
	Problem string // what is wrong
	Advice  string // what to do
	Err     error  // the cause, where there is one
}

// Unplaced is the offset of an error of which only the events know where it is.
const Unplaced = -1

func (e *Error) Error() string {
	s := "trace broken"
	if e.Offset != Unplaced {
		s += fmt.Sprintf(" at byte %d", e.Offset)
	}
	s += ": " + e.Problem
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s + ": " + e.Advice
}

func (e *Error) Unwrap() error { return e.Err }

// What to do about a trace that cannot be read.
const (
	adviseWhole  = "a trace of Go 1.21 or older can only be read whole; record it again and let runtime/trace.Stop return"
	adviseAgain  = "record it again"
	adviseOrder  = "record it again, though of a program in which threads of C call Go, Go 1.21 and older write what cannot be put in order"
	adviseLess   = "record for a shorter time"
	adviseUpdate = "if go tool trace of Go 1.21 reads it, please report that"
)

package detectors

import "time"

// Time is a moment in nanoseconds on the trace's clock. The clock runs evenly
// from some moment of the machine's past; only differences mean something.
type Time int64

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Add returns the moment d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// GoID is a goroutine's number, the one that a stack dump shows. A number is
// never given twice in the life of a process.
type GoID int64

// NoGoroutine is in the place of a goroutine where there is none: a timer or
// the network poller woke somebody, a thread was in the scheduler.
const NoGoroutine GoID = 0

// ProcID is the number of a P, from 0 to GOMAXPROCS-1.
type ProcID int64

// NoProc is in the place of a P where there is none: a thread in a system call.
const NoProc ProcID = -1

// ThreadID is the operating system's number of a thread (an M), or the runtime's in a trace
// of Go 1.21 or older.
type ThreadID int64

// NoThread is in the place of a thread where there is none.
const NoThread ThreadID = -1

// TaskID is the number of a user task (runtime/trace.NewTask). 0 is none.
type TaskID uint64

// GoState is what a goroutine is doing, as the runtime's scheduler sees it.
type GoState uint8

// The states of a goroutine.
const (
	Undetermined GoState = iota // the trace has not said yet
	NotExist                    // before its creation, after its end
	Runnable                    // ready, waiting for a P
	Running                     // executing on a P
	Waiting                     // parked; somebody has to wake it
	Syscall                     // in a system call or in C
)

// String returns the state's name.
func (s GoState) String() string {
	switch s {
	case NotExist:
		return "not-exist"
	case Runnable:
		return "runnable"
	case Running:
		return "running"
	case Waiting:
		return "waiting"
	case Syscall:
		return "syscall"
	default:
		return "undetermined"
	}
}

// ProcState is what a P is doing.
type ProcState uint8

// The states of a P. A P whose goroutine is in a system call counts as running
// until another thread takes it.
const (
	ProcUndetermined ProcState = iota
	ProcNotExist
	ProcRunning
	ProcIdle
)

// String returns the state's name.
func (s ProcState) String() string {
	switch s {
	case ProcNotExist:
		return "not-exist"
	case ProcRunning:
		return "running"
	case ProcIdle:
		return "idle"
	default:
		return "undetermined"
	}
}

// Class says whose goroutine one is.
type Class uint8

const (
	// ClassUser is the service's: started by its code or by a package it uses.
	ClassUser Class = iota
	// ClassSystem is the runtime's own: GC workers, sweeper, scavenger, the
	// finalizers' goroutine. It is counted apart and never blamed.
	ClassSystem
	// ClassWatch is part of the watch itself: tracewatch's goroutines and the
	// goroutine with which the runtime hands the trace out.
	ClassWatch
	// NumClasses is how many classes there are.
	NumClasses
)

// String returns the class's name.
func (c Class) String() string {
	switch c {
	case ClassSystem:
		return "system"
	case ClassWatch:
		return "watch"
	default:
		return "user"
	}
}

// MarshalText implements [encoding.TextMarshaler].
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

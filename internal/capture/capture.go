// Package capture takes the generations of this process's execution trace while it
// runs. An intake is told to collect from time to time and hands over what is new,
// oldest first; it starts no goroutine of its own.
package capture

import (
	"errors"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// ErrTaken is wrapped by the errors of Start when the runtime's one slot for this
// kind of intake is in use.
var ErrTaken = errors.New("taken")

// An Intake takes generations from the running runtime. Its methods are safe for
// concurrent use: the runtime's recorder is not, and is kept behind a lock.
type Intake interface {
	// Start begins recording.
	Start() error

	// Collect hands each generation that has ended since the last call to emit,
	// oldest first, and waits for none. The data is emit's to keep.
	Collect(emit func(wire.Raw)) error

	// Lost returns how many whole generations found no room so far.
	Lost() uint64

	// Stop ends recording and hands what had not been collected yet to emit. It may be
	// called more than once.
	Stop(emit func(wire.Raw)) error
}

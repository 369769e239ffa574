package tracewatch

import "errors"

// ErrTaken is what Start's error is (see [errors.Is]) when the runtime's slot for the
// chosen intake is in use. The runtime has one slot for a flight recorder and one for
// runtime/trace.Start. The error's text says who may hold it and what to do.
var ErrTaken = errors.New("tracewatch: the runtime's trace slot is taken")

// ErrOption is what the error of Start or Analyze is when an option makes no sense.
var ErrOption = errors.New("tracewatch: invalid option")

// ErrStopped is what the methods of a stopped Watcher return.
var ErrStopped = errors.New("tracewatch: the watcher has stopped")

// ErrNoTrace is what [Anomaly.WriteTrace] returns when the anomaly's trace is not in
// memory any more. Its dump, if there is one, is on disk. It is also for what [Analyze]
// finds in a trace of Go 1.21 or older that is larger than the history, and for a [Recording] that has nothing of
// what is asked for.
var ErrNoTrace = errors.New("tracewatch: the trace is not in memory")

// ErrStuck is what [Watcher.Stop] returns when a callback has not returned in time.
// Everything else has ended.
var ErrStuck = errors.New("tracewatch: a callback has not returned")

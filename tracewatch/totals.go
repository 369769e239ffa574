package tracewatch

import "time"

// Totals are sums over a whole trace that every correct reader of it must agree with, to
// the nanosecond: they follow from the trace's transitions and ranges alone, whoever the
// goroutines are, the runtime's own and the watch's included. There is nothing of a
// judgement in them, and nothing of an estimate.
//
// The words are those of golang.org/x/exp/trace, with whose events and moments they are
// defined, and on which each of them takes a few lines to check.
//
// # Spans
//
// A span is counted when both its beginning and its end were seen: as a transition from
// one state to another, or as an event that begins or ends a range or a task. It lasts
// from the one event's moment to the other's. What a generation's list says of a goroutine
// or a range (from undetermined to X, from X to X, active) is neither: of a goroutine that
// the list names first, the state it is in has no known beginning; of one that was known,
// what was going on goes on.
//
// What is going on when the trace ends is in no span. What is going on when something of
// the trace is missing is lost: after a gap, and after a generation that cannot be read,
// nothing is known of before.
//
// # The first format
//
// The reader of traces of Go 1.21 and older puts what happened on several Ps in one tick of
// the clock into another order each time, a nanosecond apart: sums agree to within those. In
// Go 1.13 and older a goroutine served the timers; what it did counts as a timer's doing.
//
// # Broken traces
//
// A generation that cannot be read to its end adds nothing, not even what came before the
// break in it. Those before and after it do.
type Totals struct {
	// SchedDelay is the time from runnable to running: after a creation, a wait, a system
	// call that lost its P, a preemption or a yield.
	SchedDelay Spans `json:"sched_delay"`

	// GCAssist is the ranges "GC mark assist" of goroutines, the time that they were parked
	// in them included.
	GCAssist Spans `json:"gc_assist"`

	// Tasks are user tasks, from their beginning to their first end. Of tasks that are open
	// at once the first 262,144 are followed; Stats.Unresolved counts the others.
	Tasks Spans `json:"tasks"`

	// Block is the time that goroutines were waiting, by the reason that was given when
	// they began to: the trace's string, e.g. "chan receive". It is "" where none is
	// recorded, as when coroutines switch, and "other" for one that this release does not
	// know. A stop by the garbage collector, "preempted", is one of them.
	Block map[string]Spans `json:"block"`

	// STW is the stops of the world by their kind: what is in brackets in the range's name,
	// "stop-the-world (KIND)". If there are more than 32 kinds, which no runtime has, the
	// rest is "other".
	STW map[string]Spans `json:"stw"`

	// Preempted is how often a goroutine was made to stop though it could go on: from
	// running to runnable with the reason "preempted". (One that yields, runtime.Gosched,
	// gives another reason.) GCSuspended is how often one was stopped for the garbage
	// collector to scan its stack: from running to waiting with that same reason.
	Preempted   uint64 `json:"preempted"`
	GCSuspended uint64 `json:"gc_suspended"`

	// TimerWakeups is how often a goroutine was woken by a timer: from waiting, for the
	// reason "sleep", "chan receive" or "select", to runnable, in an event without a
	// goroutine and without a stack. TimerCreates is how often a timer created one
	// (time.AfterFunc): from not existing to runnable, in such an event. They are lower
	// bounds of how often timers fired: one that wakes nobody leaves no event.
	TimerWakeups uint64 `json:"timer_wakeups"`
	TimerCreates uint64 `json:"timer_creates"`

	// Created and Ended count goroutines by the function that they began in: the outermost
	// frame of the first stack that a transition of theirs has, or a list that names them.
	// It is "" where none has had one by then, as for what a C thread that calls into Go is
	// when it appears, and for what was there before the trace and ended at once.
	Created map[string]uint64 `json:"created"`
	Ended   map[string]uint64 `json:"ended"`
}

// Spans are how many spans of time there were, how long they lasted together, and the
// longest of them, in nanoseconds. A sum beyond 292 years, which only a broken clock makes,
// stays there.
type Spans struct {
	Count uint64        `json:"count"`  // how many
	Sum   time.Duration `json:"sum_ns"` // all together
	Max   time.Duration `json:"max_ns"` // the longest
}

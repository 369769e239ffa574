package detectors

import "time"

// A Detector describes one thing to look for. It is a small value: the settings
// are its fields, and one value can serve many watchers. The built-in ones are in
// this package; a user's own is any other type with these methods.
type Detector interface {
	// Spec says what it is called and which observations it wants.
	Spec() Spec

	// New returns the state of one run: of one watcher, or of one reading of a
	// file. Code tells what stacks and sites stand for. An error, about a setting
	// that makes no sense, is returned from tracewatch.Start.
	New(code *Code) (State, error)
}

// Spec describes a detector.
type Spec struct {
	// Kind is the stable name of its findings: lower case, words joined by
	// hyphens, e.g. "sched-delay".
	Kind string

	// Doc says in one or two sentences what it finds and how it judges.
	Doc string

	// Observes is the set of observations that State.Observe is called for, each in the order
	// of time. It is empty for a detector to which a window's Totals and Goroutines say
	// enough. One that wants all of a frequent kind (GoCreate, GoList, GoStart, GoPark,
	// GoUnpark, GoSyscall, GoSyscallEnd, GoEnd, ProcChange) makes the reading of a trace
	// take two to three times as long.
	Observes Kinds

	// Long is a set of further ones, of which only those are wanted whose Duration is
	// known and at least AtLeast. Most of what happens is short: a detector of long
	// waits that says so costs next to nothing. They come in no particular order, but all
	// before the window they are in is judged. (An AtLeast below 100 µs costs as much as
	// wanting all.)
	Long    Kinds
	AtLeast time.Duration

	// Reasons, if it is not empty, says which of the Long waits (GoUnpark) are wanted: those
	// for one of these reasons. A service has thousands of goroutines that sleep for long.
	Reasons Reasons
}

// State is a detector at work. All calls come from one goroutine, one after
// another, so that it needs no lock. It must not block. A panic is caught and
// counted; after three the detector is switched off.
type State interface {
	// Observe takes one observation. It is called up to millions of times a second: it
	// should allocate nothing and look at no stack that it has not met before.
	Observe(*Observation)

	// Judge is called at the end of each window. It returns what it found, the
	// most important first, or nil; and the verdict for whoever asks why it found
	// nothing.
	Judge(*Window) ([]Finding, Verdict)
}

// Verdict says how a rule stood at the end of a window.
type Verdict struct {
	// Applicable is false when the trace cannot tell. Note says why then.
	Applicable bool `json:"applicable"`

	// Value, Threshold and Unit are the number that was judged and what it was
	// judged against, e.g. 0.0004, 0.010, "s".
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold"`
	Unit      string  `json:"unit"`

	// Note is what a person should know besides, e.g. "no request boundaries in
	// this trace".
	Note string `json:"note,omitempty"`
}

// Package timeline turns the generations of a trace into observations: it merges
// the threads' streams into one, follows every goroutine, P and thread through it,
// and tells whoever asked what happened, to whom, and how long the state before had
// lasted.
//
// # Order
//
// Clocks of different processors need not agree to the last nanosecond, so time
// alone does not order events of different threads. The runtime adds sequence
// numbers to what must not be confused: each goroutine and each P counts the
// events by which it passes from one thread to another. The earliest event is
// tried first; if what it says cannot be true yet (a goroutine starts that is
// not runnable so far) the threads behind it are tried in turn. The algorithm and
// its arithmetic are the reference reader's (golang.org/x/exp/trace), ties
// included, so that both give the same events with the same nanoseconds.
//
// # State
//
// State carries over from one generation to the next. After a gap nothing is
// known, and whatever was going on counts as undetermined until the trace speaks of
// it again.
package timeline

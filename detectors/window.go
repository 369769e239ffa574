package detectors

import (
	"iter"
	"time"
)

// A Window is the piece of trace that detectors judge at once: one generation of
// it, about half a second to a second. Windows are cut by the trace alone, so that
// the same bytes give the same windows however they came.
type Window struct {
	// Generation is the runtime's number of it. Traces of Go 1.21 and older have no
	// generations: their windows last a second and are numbered from 1.
	Generation uint64

	Start, End Time // its first and last moment

	// Fresh says that nothing is known of what came before: the first window, or
	// one after a gap. Detectors are told, not reset: what they counted earlier
	// stays true.
	Fresh bool

	// Missing is how many generations are missing before this one, in a file that has a hole
	// there. What a running watch lost is in its Readings.
	Missing uint64

	// Procs is GOMAXPROCS, or how many Ps the window named if that was not said.
	Procs int

	// Events is the number of events in it.
	Events uint64

	// Totals are sums over the window, good until Judge returns. They must not be changed.
	Totals *Totals

	// Clocks is what the clocks said in this window.
	Clocks Clocks

	// Readings are what the watch read of the machine and wrote into this window, the oldest
	// first: usually one. There are none in a trace that something else recorded.
	Readings []Reading

	// Code tells what the numbers of stacks and sites stand for.
	Code *Code

	// Goroutines yields every goroutine alive at the window's end. The pointer
	// is good until the next iteration.
	Goroutines iter.Seq[*Goroutine]
}

// Duration returns the window's length.
func (w *Window) Duration() time.Duration { return w.End.Sub(w.Start) }

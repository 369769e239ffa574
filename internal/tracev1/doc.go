// Package tracev1 reads traces of the first format, which Go 1.11 to 1.21 wrote. It does so
// through golang.org/x/exp/trace, which puts their events in order and makes of them what
// the second format would say; no other package of this module imports it outside of
// tests. None of its types shows here.
//
// # What is whole, and what is bounded
//
// A trace of the first format can only be read whole: how fast its clock runs, and what its
// stacks are, is at its end. One that was cut says nothing, unless only stacks are missing:
// see [Reader.Cut].
//
// That reader keeps all events in memory, 64 bytes each, and some tables. Before it gets
// anything, [NewReader] goes through the bytes once and counts: a trace beyond the bounds
// of package limits, or one that breaks off, is an error that says at which byte. What
// panics in that reader is an error too.
//
// # What the first format does not have
//
// (What that reader makes up besides is the order of what happened on different Ps in the same
// tick of the clock: another one each time. It is always the same here.)
//
// What it lacks is absent here, not made up:
//
//   - Generations. There is one list of the goroutines, at the beginning.
//   - The P and the thread of a wake-up by the network poller or by Go 1.13's timers, and of
//     the end of a system call. (That reader gives numbers of Ps that do not exist.)
//   - GOMAXPROCS, unless it changes. (That reader takes the first one for a mark.)
//   - How long a system call took that kept its P: it is a moment. [Event.Instant] is set at
//     its end, which that reader puts a nanosecond after its beginning.
//   - The operating system's number of a thread: M is the runtime's own.
//   - Where a goroutine began that was there before the trace, until it stops somewhere.
//   - The reasons of waits that have no event type of their own, such as the runtime's rests.
//   - Clock snapshots: nothing says what time it was.
package tracev1

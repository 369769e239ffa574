// Package profiles makes pprof profiles of a trace: of what goroutines waited for, and of what they
// did, by the stacks at which that was. go tool pprof reads them.
//
// A [Collector] is attached to a timeline while a trace is read, and keeps sums: how often, and how
// long, for each stack, goroutine, P and request. It asks for every transition, so that it is
// told of them in the order of time, with the reference's moments. So the sums are those of
// go tool trace -pprof, where that has the same profile, and do not depend on which profiles are
// made together.
//
// # What is in a profile
//
// Whatever ended in the trace and was seen to begin. What was going on when the trace began is
// counted in a comment. What was going on when it ended is not in it, but for goroutines, which
// are counted when they are created.
//
// Goroutines of every class are in, as in go tool trace.
//
// Stacks are those of the goroutine itself, never those of who woke it. Where a goroutine was at
// no stack yet, its stack is the function that it begins in, without a line.
//
// # Labels
//
// Samples have labels, by which go tool pprof shows and selects (-tags, -tagfocus, -tagroot):
//
//   - goroutine, its number;
//   - p, the number of the P on which that was, on which the goroutine had run before a wait or
//     a system call, or on which it went on after a wait for a P; it is left out where that
//     is not known, and of goroutines' lives, which are on many;
//   - request, the name of the innermost task that the goroutine had begun, or was in a region of,
//     and that had not ended; of goroutines' lives, who created them had;
//   - class, of goroutines that are not the service's: runtime or watch, if that was known by then.
//     -tagignore=class leaves them out.
//
// There are at most [limits.ProfileSamples] samples in all profiles together. Where there would be
// more, the profile that has most loses goroutine and p, and then the others; samples that
// were told apart by them become one, so that the sums stay what they are.
//
// # Where go tool trace says something else
//
// It only looks at what is between the first run of a goroutine and its end (internal/trace's
// GoroutineSummary.StartTime and EndTime). So its sched profile does not have a goroutine's first
// delay, from its creation, or from when it was first woken, until it runs; nor does its syscall
// profile have a call into Go of a thread of C until it has a P. And of the goroutine of a thread
// of C, whose number stays the same from call to call, it has the last call only. Ours have
// all of it.
//
// For the same reason it has nothing of what was going on when the trace began, though it begins to
// look at it where a goroutine is first listed: but for system calls of goroutines that never run
// in the trace. Ours have none of it, because it is not known when it began.
//
// The stack of its sched profile is the event's, which is the waker's or the creator's.
//
// A test holds that there is no other difference, to the nanosecond. In traces of Go 1.21 and older
// system calls that kept their P have a nanosecond each there; here their length is unknown.
package profiles

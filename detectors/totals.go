package detectors

import (
	"math"
	"time"
)

// Totals are the sums of one window that the engine makes while it reads. A detector
// that needs no more than sums observes nothing, and costs nothing per event.
//
// Whatever is summed up lasted from a beginning that was seen: what was going on when
// the trace began is not in it. The runtime's own goroutines and the watch's are
// only where it is said.
type Totals struct {
	// Delays are the scheduling delays of goroutines that had waited, been in a system
	// call, or just been created. Those that let go of their P but could go on wait by their
	// own doing: Requeued are the delays of those that were preempted, Yielded of those that
	// called runtime.Gosched.
	Delays, Requeued, Yielded Histogram

	// DelaysOn is Delays by the P on which they ended: its index is a [ProcID]. The first
	// 4,096 Ps are told apart.
	DelaysOn []Histogram

	// OtherDelays are the scheduling delays of the runtime's own goroutines and of the
	// watch's, by class.
	OtherDelays [NumClasses]Sum

	// Heat is Delays by P and time, of the first 4,096 Ps and ten seconds.
	Heat HeatMap

	// Ran is how long goroutines ran without a stop.
	Ran Histogram

	// Runs is the same by the stack that a run ended with, or was last seen with: its
	// index is a [StackID]. At 0 is nothing: see Unseen.
	Runs []Sum

	// Unseen is the runs of goroutines that had not been seen at any stack yet: one
	// element for each go statement and function they began in.
	Unseen []UnseenRuns

	// Others is the runs of the runtime's own goroutines and of the watch's, by class.
	Others [NumClasses]Sum

	// Waits are by class and reason.
	Waits [NumClasses][NumReasons]Sum

	// Network are the waits for the network, by stack: its index is a [StackID]. At 0 are
	// those whose stack is not known.
	Network []NetworkWaits

	// Answers is how long goroutines waited for the network on somebody's behalf: see
	// [Goroutine.OnBehalf].
	Answers Histogram

	// Locks are the waits for a mutex or an RWMutex, by stack: its index is a [StackID].
	Locks []Sum

	// Timers are the timers' firings that show.
	Timers TimerTotals

	// Syscalls are the system calls during which the P was lost.
	Syscalls Sum

	// Heap is what is said of the heap, and the garbage collector's assists.
	Heap HeapTotals

	// Births are the goroutines that were created and that ended, by the stack of the go
	// statement: its index is a [StackID]. At 0 are those without one, of a timer or a C
	// thread, and those that ended and were there before the trace.
	Births []Births

	// TimerCreates is how many goroutines were created by a timer. TimerWakeups is how
	// many were woken by one, also if it is not known since when they waited. Preempted is
	// how many were stopped by the runtime.
	TimerCreates, TimerWakeups, Preempted uint64

	// All are sums over all goroutines, the runtime's own and the watch's included.
	All AllTotals
}

// AllTotals are what a window's [Totals] say of goroutines of every class. All waits are in
// Waits there.
type AllTotals struct {
	// Starts are the scheduling delays.
	Starts Sum

	// Begun are the goroutines that were created and that ended, by the function that they
	// began in: its index is a [SiteID]. At 0 are those of which it was not known then.
	Begun []Births

	// Preempted is how many were stopped by the runtime though they could go on, Suspended
	// how many for the collector to scan their stack. TimerWakeups and TimerCreates are as
	// in [Totals].
	Preempted, Suspended, TimerWakeups, TimerCreates uint64
}

// TimerTotals are the firings of timers that show in a window: those that woke or created a
// goroutine of the service. One that wakes nobody leaves no event.
type TimerTotals struct {
	Woken   []uint64 // how many were woken, by where they waited: its index is a [StackID]
	Created []uint64 // how many were created, by the function they began in: its index is a [SiteID]

	// Start is when the first of Columns begins, a multiple of [HeatBucket]; each is as long
	// as that and says how many timers fired in it. There are at most those of ten seconds.
	Start   Time
	Columns []uint32
}

// Sum is how often something happened, how long it lasted together, and at most.
type Sum struct {
	Count      uint64
	Total, Max time.Duration
}

// Add adds one duration, which must not be negative.
func (s *Sum) Add(d time.Duration) { s.Merge(Sum{1, d, d}) }

// Merge adds all that o has.
func (s *Sum) Merge(o Sum) {
	s.Count += o.Count
	s.Total = addDurations(s.Total, o.Total)
	s.Max = max(s.Max, o.Max)
}

// Mean returns the mean, 0 if there are none.
func (s *Sum) Mean() time.Duration {
	if s.Count == 0 {
		return 0
	}
	return s.Total / time.Duration(s.Count)
}

// UnseenRuns are runs of goroutines that one go statement created, or that were there
// before (Creator is 0), and that began in one function.
type UnseenRuns struct {
	Sum
	Creator StackID
	Start   SiteID
}

// NetworkWaits are waits with one stack.
type NetworkWaits struct {
	Waits Sum // for the network itself

	// Answers are those on somebody's behalf, and those of goroutines that wait for the
	// one that reads their connection, as an HTTP client's callers do.
	Answers Sum

	// Asked are those of goroutines that had sent something: see [Goroutine.Asked].
	Asked Sum
}

// Births is how many goroutines were created, and how many of them or their like ended.
type Births struct{ Created, Ended uint64 }

// addDurations adds durations that are not negative. It stops at the longest there is: a
// broken clock's may be centuries.
func addDurations(a, b time.Duration) time.Duration { return min(a, math.MaxInt64-b) + b }

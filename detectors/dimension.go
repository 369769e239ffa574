package detectors

import (
	"encoding/json"
	"time"
)

// Dimension is what a part of a request's time went to. The names are keys of reports, and few.
type Dimension uint8

// The dimensions.
const (
	// DimUnknown: the trace does not tell.
	DimUnknown Dimension = iota

	// DimRunning: code of the program ran.
	DimRunning

	// DimRunnable: it was ready, and waited for a P: after its creation, after it was woken, after
	// a system call or after runtime.Gosched.
	DimRunnable

	// DimPreempted: it waited for a P because the runtime had stopped it to let others run.
	DimPreempted

	// DimAssist: it worked for the GC, which made it pay for what it allocated, or waited for the
	// GC to get ahead.
	DimAssist

	// DimStopTheWorld: all goroutines were stopped.
	DimStopTheWorld

	// DimNetwork: it waited for the network.
	DimNetwork

	// DimNetworkQueue: what it waited for from the network was there, and it waited for a P.
	DimNetworkQueue

	// DimLock: it waited for a mutex that somebody else held.
	DimLock

	// DimChannel: it waited for another goroutine, by a channel, a sync.WaitGroup or a sync.Cond, and
	// what that one did is not known.
	DimChannel

	// DimSyscall: it was in a system call or in C.
	DimSyscall

	// DimSleep: it waited for a timer, or for something that a timer gave up.
	DimSleep

	NumDimensions
)

// String returns the dimension's name.
func (d Dimension) String() string {
	return [...]string{
		"unknown", "running", "runnable", "preempted", "gc_assist", "stop_the_world", "network", "network_queue",
		"lock", "channel", "syscall", "sleep", "unknown",
	}[min(d, NumDimensions)]
}

// WaitsForP reports whether it is a wait for a P, of whatever kind: DimRunnable, DimPreempted or
// DimNetworkQueue.
func (d Dimension) WaitsForP() bool {
	return d == DimRunnable || d == DimPreempted || d == DimNetworkQueue
}

// MarshalText implements [encoding.TextMarshaler].
func (d Dimension) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Parts is a time, or a change of one, divided among the dimensions: its index is a [Dimension].
type Parts [NumDimensions]time.Duration

// Sum returns all of it.
func (p *Parts) Sum() (d time.Duration) {
	for _, x := range p {
		d += x
	}
	return d
}

// Add adds other's.
func (p *Parts) Add(other *Parts) {
	for i, x := range other {
		p[i] += x
	}
}

// Scaled returns parts in the same proportions whose sum is d, to the nanosecond. Of nothing it is
// not known what d would be made of.
func (p *Parts) Scaled(d time.Duration) (q Parts) {
	sum := p.Sum()
	if sum == 0 {
		q[DimUnknown] = d
		return q
	}
	largest := 0
	for i, x := range p {
		q[i] = time.Duration(float64(x) / float64(sum) * float64(d))
		if q[i] > q[largest] {
			largest = i
		}
	}
	q[largest] += d - q.Sum() // what rounding left
	return q
}

// MarshalJSON writes the parts that are not zero as one object, in nanoseconds by the
// dimensions' names.
func (p Parts) MarshalJSON() ([]byte, error) {
	o := make(map[string]time.Duration)
	for d, x := range p {
		if x != 0 {
			o[Dimension(d).String()] = x
		}
	}
	return json.Marshal(o)
}

package detectors

import "time"

// Clocks is a reading of three clocks at nearly the same moment. The runtime writes one
// into each generation since Go 1.25.
type Clocks struct {
	Known bool
	Trace Time          // the trace's clock
	Mono  time.Duration // the system's monotonic clock, from some moment of the past
	Wall  time.Time     // the time of day

	// Tick is the trace's resolution: two events nearer to each other than that may have the
	// same time. It is known in every trace.
	Tick time.Duration
}

package detectors_test

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A threshold is a field; what is zero is the default.
func ExampleDefault() {
	strict := detectors.SchedDelay{P99: 5 * time.Millisecond}
	for _, d := range detectors.Default() {
		if d.Spec().Kind == strict.Spec().Kind {
			d = strict
		}
		fmt.Println(d.Spec().Kind)
	}
	// Output:
	// sched-delay
	// gc-assist
	// netpoll-block
	// preempt-rate
	// preempt-failure
	// goroutine-leak
	// timer-storm
	// lock-contention
	// stop-the-world
	// cpu-throttled
	// clock-drift
	// trace-gap
}

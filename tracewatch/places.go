package tracewatch

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A Place is what goroutines of the service did at one site, in some time. A span is in it that ended in
// that time and of which the beginning was seen.
type Place struct {
	Site detectors.Site `json:"site"`

	// Alive is how many goroutines were last seen there at the end of the last window, and Growth by how many
	// that is more than at the end of the first.
	Alive  int `json:"alive"`
	Growth int `json:"growth"`

	// Created is how many goroutines the go statements there created.
	Created uint64 `json:"created"`

	// Delay is how long goroutines that had stopped there, or begin there, were ready until they ran, and
	// DelayP99 what a hundredth of them was more than, at most 1/16 too long; 0 at the sites for which 4,096 others
	// have left no room.
	Delay    Spans         `json:"sched_delay"`
	DelayP99 time.Duration `json:"sched_delay_p99_ns"`

	// Running is the runs that ended there, and Assist the GC mark assists that began there. They, and Created,
	// are of whole windows.
	Running Spans `json:"running"`
	Assist  Spans `json:"gc_assist"`

	// Blocked is the waits there by their cause, and system calls that lost their P; BlockedSum is all of
	// them together.
	Blocked    map[string]Spans `json:"blocked"`
	BlockedSum time.Duration    `json:"blocked_ns"`

	// Preempted is how often the runtime stopped a goroutine there that could have gone on.
	Preempted uint64 `json:"preempted"`
}

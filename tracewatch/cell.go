package tracewatch

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A Cell is what is behind a cell of the heat map of P by time: who had waited that started there, and why.
type Cell struct {
	Proc detectors.ProcID `json:"proc"`    // the P
	From detectors.Time   `json:"from_ns"` // when the cell begins
	To   detectors.Time   `json:"to_ns"`   // when it ends

	// Delay is how long those had been ready who started there, of the service's goroutines.
	Delay Spans `json:"sched_delay"`

	// Waited are those of them that had waited longest: at most eight, the longest first.
	Waited []Waiter `json:"waited"`

	// Explanation says why the first of them had to wait: who ran instead, and what was behind it. It is
	// never nil: one that is missing says why.
	Explanation *detectors.Explanation `json:"explanation"`
}

// A Waiter is a goroutine that was ready and got a P.
type Waiter struct {
	Goroutine detectors.GoID `json:"goroutine"` // its number
	Ready     detectors.Time `json:"ready_ns"`  // since when
	Delay     time.Duration  `json:"delay_ns"`  // for how long

	// Site is where it had stopped, or where it begins if it was just created; Stack is all of that.
	Site  detectors.Site    `json:"site,omitzero"`
	Stack []detectors.Frame `json:"stack,omitempty"`

	// Was is what it did before it was ready: a reason to wait as the runtime calls it, "syscall" or
	// "created".
	Was string `json:"was"`

	// Waker is the goroutine that made it ready, and WakerSite where that was: NoGoroutine if it was
	// the network poller, a timer or nobody.
	Waker     detectors.GoID `json:"waker"`
	WakerSite detectors.Site `json:"waker_site,omitzero"`
}

package main

import (
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// ruler is a detector that finds nothing: it notes where windows begin and end.
type ruler struct {
	mu      sync.Mutex
	windows []window
}

type window struct{ start, end detectors.Time }

// Spec implements [detectors.Detector].
func (*ruler) Spec() detectors.Spec {
	return detectors.Spec{Kind: "scoreboard-ruler", Doc: "Notes where windows begin and end."}
}

// New implements [detectors.Detector].
func (r *ruler) New(*detectors.Code) (detectors.State, error) { return r, nil }

// Observe implements [detectors.State].
func (*ruler) Observe(*detectors.Observation) {}

// Judge implements [detectors.State].
func (r *ruler) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.windows = append(r.windows, window{w.Start, w.End})
	return nil, detectors.Verdict{Note: "only measures"}
}

// between counts the windows that lie wholly between two moments.
func (r *ruler) between(from, to detectors.Time) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.windows {
		if w.start >= from && w.end <= to {
			n++
		}
	}
	return n
}

// holder is a detector that takes its time, as a slow machine would.
type holder struct{ d time.Duration }

// Spec implements [detectors.Detector].
func (holder) Spec() detectors.Spec {
	return detectors.Spec{Kind: "scoreboard-holder", Doc: "Makes each window's analysis take longer."}
}

// New implements [detectors.Detector].
func (h holder) New(*detectors.Code) (detectors.State, error) { return h, nil }

// Observe implements [detectors.State].
func (holder) Observe(*detectors.Observation) {}

// Judge implements [detectors.State].
func (h holder) Judge(*detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	time.Sleep(h.d)
	return nil, detectors.Verdict{Note: "only slow"}
}

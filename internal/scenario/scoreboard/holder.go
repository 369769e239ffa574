package main

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

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

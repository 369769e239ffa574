package main

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// An order is what a child process is told to run.
type order struct {
	Scenario string            `json:"scenario"`
	Strength scenario.Strength `json:"strength,omitempty"` // empty: healthy
	Run      int               `json:"run"`                // from 1
	Healthy  time.Duration     `json:"healthy_ns"`         // how long a healthy program is watched
	Dumps    string            `json:"dumps"`              // a directory of its own
}

// A report is what a child process tells of its run.
type report struct {
	Error string  `json:"error,omitempty"` // of the program or the watcher: the run counts for nothing
	Found []found `json:"found,omitempty"` // in the order in which it was

	Windows      uint64        `json:"windows"`
	Coverage     float64       `json:"coverage"`
	Lost         uint64        `json:"lost_generations"`
	Suppressed   uint64        `json:"suppressed"`
	Events       uint64        `json:"events"`
	WatchShare   float64       `json:"watch_share"`
	Took         time.Duration `json:"took_ns"`
	HistoryBytes int           `json:"history_bytes"`
}

// found is one anomaly.
type found struct {
	Kind     string `json:"kind"`
	Severity string `json:"severity"`
	Site     string `json:"site"`
	Location string `json:"location"`
	Summary  string `json:"summary"`

	// Early says that all it rests on lies before the fault began.
	Early bool `json:"early,omitempty"`

	// After is when it was told, from when the fault began, or, of a healthy program, from when
	// the program was started.
	After time.Duration `json:"after_ns"`

	// Windows is how many whole windows, of a second, of the trace had passed then since the
	// fault began, beyond the scenario's Settle.
	Windows int `json:"windows"`

	// Dumped says that there is a dump, Differs in what a reading of it does not agree.
	Dumped  bool     `json:"dumped"`
	Differs []string `json:"differs,omitempty"`

	Evidence detectors.Evidence `json:"evidence"`
}

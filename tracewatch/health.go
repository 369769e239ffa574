package tracewatch

import "time"

// Health says how the watch itself is doing. What it has done so far is in [Stats].
type Health struct {
	// Recorder is where the trace comes from: "flight recorder" or "stream"; "stopped" when the watcher is.
	Recorder string `json:"recorder"`

	// Started is when the watcher was, Polled when it last took what was new.
	Started time.Time `json:"started"`
	Polled  time.Time `json:"polled"`

	// Interval is how long it waits until it does so again.
	Interval time.Duration `json:"interval_ns"`

	// EventsPerSecond is the rate of the last window.
	EventsPerSecond float64 `json:"events_per_second"`

	// WatchShare is what share of all Ps the watch used in the last window, 0 to 1.
	WatchShare float64 `json:"watch_share"`

	// Memory is what the watch holds, in bytes: the trace in memory and what heat maps are made of. The
	// runtime's recorder holds up to HistoryLimit besides.
	Memory       int `json:"memory_bytes"`
	HistoryLimit int `json:"history_limit_bytes"`

	Clock ClockHealth `json:"clock"`
}

// ClockHealth says how far the trace's clock can be trusted.
type ClockHealth struct {
	// Source is what the kernel reads the time from, "tsc" for one; "" where that is not reported.
	Source string `json:"source,omitempty"`

	// Known says that the trace tells of the clocks (Go 1.25 and newer). Drift is by how much the trace's clock
	// was seen to go faster than the system's monotonic one, in seconds a second.
	Known bool    `json:"known"`
	Drift float64 `json:"drift"`

	// Tick is the trace's resolution.
	Tick time.Duration `json:"tick_ns"`
}

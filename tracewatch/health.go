package tracewatch

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

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

	// MemoryFrom and MemoryTo are the time of which the trace is in memory, by the trace's clock. Both are 0 if
	// there is none.
	MemoryFrom detectors.Time `json:"memory_from_ns"`
	MemoryTo   detectors.Time `json:"memory_to_ns"`

	// Clock says how far the trace's clock can be trusted.
	Clock ClockHealth `json:"clock"`
}

// ClockHealth says how far the trace's clock can be trusted.
type ClockHealth struct {
	// Source is what the kernel reads the time from, "tsc" for one; "" where that is not reported.
	Source string `json:"source,omitempty"`

	// Known says that the trace tells of the clocks (Go 1.25 and newer). Drift is by how much the trace's clock
	// was seen to run apart from the system's monotonic one, in seconds a second.
	Known bool    `json:"known"`
	Drift float64 `json:"drift"`

	// Tick is the trace's resolution.
	Tick time.Duration `json:"tick_ns"`
}

// Health says how the watch itself is doing. It does not wait for an analysis.
func (w *Watcher) Health() Health {
	s := w.snapshot.Load()
	h := s.health
	h.Started, h.Polled, h.Interval = w.started, s.polled, time.Duration(w.interval.Load())
	select {
	case <-w.done:
		h.Recorder = "stopped"
		h.MemoryFrom, h.MemoryTo = 0, 0 // nobody can ask any more
	default:
		h.Recorder = "flight recorder"
		if w.cfg.stream {
			h.Recorder = "stream"
		}
	}
	return h
}

// health is what of Health the engine knows. The analysis lock is held, or the engine is not shared yet.
func (w *Watcher) health() Health {
	e := w.engine
	h := Health{
		Memory: e.history.bytes + e.heat.size(), HistoryLimit: w.cfg.historyBytes,
		Clock: ClockHealth{Source: e.clockSource, Known: e.hasClock, Drift: e.drift.perOne, Tick: e.drift.tick},
	}
	if past := e.history.past; len(past) > 0 {
		h.MemoryFrom, h.MemoryTo = past[0].Start, past[len(past)-1].End
	}
	if last := e.heat.after(e.windows-1, 1); len(last) == 1 {
		s := &last[0]
		if d := s.End.Sub(s.Start); d > 0 {
			h.EventsPerSecond = float64(s.Events) / d.Seconds()
			h.WatchShare = float64(s.Watched) / (float64(d) * float64(max(s.Procs, 1)))
		}
	}
	return h
}

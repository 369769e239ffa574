package tracewatch

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// Stats says what a watcher, or a reading of a file, has done so far. In JSON durations are
// nanoseconds.
type Stats struct {
	Windows uint64 `json:"windows"` // generations judged
	Events  uint64 `json:"events"`  // events decoded
	Bytes   uint64 `json:"bytes"`   // bytes of trace decoded

	// Coverage is the share of the time since the first window that was analysed, 0 to 1.
	Coverage float64 `json:"coverage"`

	// Span is the time from the beginning of the first window to the end of the last.
	Span time.Duration `json:"span_ns"`

	LostGenerations   uint64 `json:"lost_generations"`   // never came: the recorder had overwritten them, or a queue was full
	BrokenGenerations uint64 `json:"broken_generations"` // came, but could not be read
	QueueDropped      uint64 `json:"queue_dropped"`      // of the lost ones, those that a full queue dropped (WithStream)

	// Unresolved is how many references to stacks and strings led nowhere, and how many
	// stacks, sites, tasks and regions found no room and are not followed. It is 0 for
	// what the runtime writes, in a program of any usual size.
	Unresolved uint64 `json:"unresolved"`

	Anomalies        map[string]uint64 `json:"anomalies"`         // reported, by kind
	Suppressed       uint64            `json:"suppressed"`        // findings kept quiet by the cooldown and the limits
	DroppedAnomalies uint64            `json:"dropped_anomalies"` // not dumped and not called back, because the queue was full
	DetectorPanics   uint64            `json:"detector_panics"`   // how often a detector panicked
	CallbackPanics   uint64            `json:"callback_panics"`   // how often a callback did
	FailedDumps      uint64            `json:"failed_dumps"`      // dumps that could not be written

	// WatchCPU is the running time of the watch's own goroutines, the runtime's
	// reader of the trace included, as the trace shows it. WatchShare is that as a
	// share of all Ps. What recording costs the service's own goroutines (about
	// 100 ns an event) is not in it.
	WatchCPU   time.Duration `json:"watch_cpu_ns"`
	WatchShare float64       `json:"watch_share"`

	HistoryBytes int `json:"history_bytes"` // trace held in memory

	Delays Delays `json:"delays"`
}

// Delays are what goroutines of the service waited for, and how long they ran.
type Delays struct {
	Sched   Delay `json:"sched"`     // from ready to running: every start
	Network Delay `json:"network"`   // for an answer from the network, on somebody's behalf; idle connections are not in it
	Assist  Delay `json:"gc_assist"` // GC mark assists, parked time included
	Stop    Delay `json:"stw"`       // stops of the world, all kinds
	Run     Delay `json:"run"`       // running without a stop
}

// Delay sums up durations. P50 and P99 are of the last half minute to minute, at most
// 1/16 too long; the others of all the time.
type Delay struct {
	Count uint64        `json:"count"`  // how many
	Sum   time.Duration `json:"sum_ns"` // all together
	P50   time.Duration `json:"p50_ns"`
	P99   time.Duration `json:"p99_ns"`
	Max   time.Duration `json:"max_ns"` // the longest
}

// Verdict says why a rule has fired or has not.
type Verdict struct {
	Kind string `json:"kind"` // the detector's
	Doc  string `json:"doc"`  // what it looks for, in a line
	detectors.Verdict

	// Windows is how many windows it has judged. Off is true if it panicked too often.
	Windows uint64 `json:"windows"`
	Off     bool   `json:"off,omitempty"`

	// Fired is how many anomalies it has reported, and Suppressed how many of its findings the cooldown and
	// the limits have kept quiet. Quiet is for how long the place that was reported last stays so.
	Fired      uint64        `json:"fired"`
	Suppressed uint64        `json:"suppressed"`
	Quiet      time.Duration `json:"quiet_ns,omitempty"`
}

func (e *engine) stats() Stats {
	s := Stats{
		Windows: e.windows, Events: e.events, Bytes: e.bytes,
		Coverage: e.coverage(), Span: e.end.Sub(e.first),
		LostGenerations: e.lost, BrokenGenerations: e.broken,
		Anomalies: make(map[string]uint64, len(e.found)), Suppressed: e.suppressed,
		DetectorPanics: e.panics,
		WatchCPU:       e.agg.watchRun,
		HistoryBytes:   e.history.bytes,
		Delays:         e.agg.delays(),
	}
	references, ignored := e.tl.Unknown()
	s.Unresolved = references + ignored + uint64(e.code.Lost())
	if capacity := s.Span.Seconds() * float64(e.procs) * s.Coverage; capacity > 0 {
		s.WatchShare = e.agg.watchRun.Seconds() / capacity
	}
	for k, n := range e.found {
		s.Anomalies[k] = n
	}
	return s
}

func (a *aggregate) delays() Delays {
	return Delays{
		Sched:   a.sched.recent.delay(&a.sched),
		Network: a.answer.recent.delay(&a.answer),
		Assist:  a.assist.recent.delay(&a.assist),
		Stop:    a.stop.recent.delay(&a.stop),
		Run:     a.run.recent.delay(&a.run),
	}
}

func (e *engine) verdicts() []Verdict {
	vs := make([]Verdict, len(e.slots))
	for i, s := range e.slots {
		vs[i] = Verdict{
			Kind: s.spec.Kind, Doc: s.spec.Doc, Verdict: s.verdict, Windows: s.windows, Off: s.off,
			Fired: s.fired, Suppressed: s.suppressed,
		}
		if s.fired > 0 {
			vs[i].Quiet = max(0, e.cfg.cooldown-e.end.Sub(s.spoke))
		}
	}
	return vs
}

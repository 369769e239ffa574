package tracewatch

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/allocs"
	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/leakproof"
)

// An Anomaly is a finding that passed the limits, with the trace that proves it. Its
// fields do not change once it is reported. It is safe for concurrent use.
type Anomaly struct {
	// Number counts the anomalies of a watcher, or of a reading of a file, from 1.
	Number uint64

	// Kind is the finding's stable name, e.g. "sched-delay".
	Kind     string
	Severity detectors.Severity

	// Start and End bound what it rests on, by the wall clock. They are zero where
	// the trace does not tell the time (Go before 1.25).
	Start, End time.Time

	// TraceStart and TraceEnd are the same on the trace's clock.
	TraceStart, TraceEnd detectors.Time

	// Site is the code at fault, or the closest to it that the trace shows.
	Site detectors.Site

	// Summary is one line with the numbers, Why what it does to the service, Advice
	// what to do.
	Summary, Why, Advice string

	Evidence detectors.Evidence
	Quality  Quality

	suspect leakproof.Suspect // of a leak
	trace   evidence
}

// Quality says how far an anomaly can be trusted.
type Quality struct {
	// Coverage is the share of the time so far that was analysed, 0 to 1.
	Coverage float64 `json:"coverage"`

	// LostGenerations is how many generations were lost so far.
	LostGenerations uint64 `json:"lost_generations"`

	// ClockError is by how much a duration as long as this anomaly's interval may be off:
	// what the trace's clock was seen to drift from the system's meanwhile, and its
	// resolution. Where the trace does not tell of drift (Go before 1.25) it is the latter.
	ClockError time.Duration `json:"clock_error_ns"`

	// Complete is false if some of the trace that the finding rests on was no longer in
	// memory, so that the dump may not show all of it (see [WithHistory]).
	Complete bool `json:"complete"`
}

// evidence is the trace of an anomaly, until it is released.
type evidence struct {
	mu   sync.Mutex
	gens []explain.Generation
	dump string
	why  *detectors.Explanation

	allocsBefore, allocsAfter *allocs.Snapshot
	profile                   string // the path of their difference
	proven                    int
}

// WriteTrace writes the anomaly's trace: the very bytes that were analysed, readable
// by go tool trace and by [Analyze]. It returns [ErrNoTrace] once they are no longer
// in memory, which is when the callbacks have returned.
func (a *Anomaly) WriteTrace(w io.Writer) (int64, error) {
	a.trace.mu.Lock()
	gens := a.trace.gens
	a.trace.mu.Unlock()
	if len(gens) == 0 {
		return 0, ErrNoTrace
	}
	return writeTrace(w, gens)
}

// Dump returns the path of the anomaly's trace on disk, or "" if none was written.
func (a *Anomaly) Dump() string {
	a.trace.mu.Lock()
	defer a.trace.mu.Unlock()
	return a.trace.dump
}

// AllocProfile returns the path of a profile beside the dump that shows what was allocated
// in the ten to twenty seconds before, for go tool pprof, or "" if none was written. There is
// one for a gc-assist of a running watcher. What was allocated since the last collection or two
// is not in it: the runtime does not tell that.
func (a *Anomaly) AllocProfile() string {
	a.trace.mu.Lock()
	defer a.trace.mu.Unlock()
	return a.trace.profile
}

// Proven returns how many of a leak's goroutines the runtime has proven to be stuck for ever:
// nothing that the program can still reach could wake them. That is asked of the running
// process before callbacks are called, and only where it has the goroutineleak profile (Go
// 1.27). 0 means that nothing is proven, not that nothing leaks: a forgotten goroutine may
// wait for a channel that some table still has.
func (a *Anomaly) Proven() int {
	a.trace.mu.Lock()
	defer a.trace.mu.Unlock()
	return a.trace.proven
}

func (a *Anomaly) setDump(path string) {
	a.trace.mu.Lock()
	a.trace.dump = path
	a.trace.mu.Unlock()
}

// release lets go of the trace.
func (a *Anomaly) release() {
	a.trace.mu.Lock()
	a.trace.gens, a.trace.allocsBefore, a.trace.allocsAfter = nil, nil, nil
	a.trace.mu.Unlock()
}

// Brief returns a copy of the anomaly without the heat map in its evidence, which is most of it, and without its trace.
func (a *Anomaly) Brief() *Anomaly {
	a.trace.mu.Lock()
	defer a.trace.mu.Unlock()
	b := &Anomaly{
		Number: a.Number, Kind: a.Kind, Severity: a.Severity, Start: a.Start, End: a.End, TraceStart: a.TraceStart, TraceEnd: a.TraceEnd,
		Site: a.Site, Summary: a.Summary, Why: a.Why, Advice: a.Advice, Evidence: a.Evidence, Quality: a.Quality,
	}
	b.Evidence.HeatMap = nil
	b.trace.dump, b.trace.why, b.trace.profile, b.trace.proven = a.trace.dump, a.trace.why, a.trace.profile, a.trace.proven
	return b
}

// MarshalJSON writes the anomaly as one object. Moments are RFC 3339, and left out
// where they are not known; durations are nanoseconds.
func (a *Anomaly) MarshalJSON() ([]byte, error) {
	type object struct {
		Number   uint64             `json:"number"`
		Kind     string             `json:"kind"`
		Severity detectors.Severity `json:"severity"`
		Start    *time.Time         `json:"start,omitempty"`
		End      *time.Time         `json:"end,omitempty"`
		Summary  string             `json:"summary"`
		Site     string             `json:"site"`
		Location string             `json:"location"`
		Why      string             `json:"why"`
		Advice   string             `json:"advice"`
		Dump     string             `json:"dump,omitempty"`
		Profile  string             `json:"alloc_profile,omitempty"`
		Proven   int                `json:"proven,omitempty"`
		Quality  Quality            `json:"quality"`
		TraceNS  [2]detectors.Time  `json:"trace_ns"`
		Evidence detectors.Evidence `json:"evidence"`

		Explanation *detectors.Explanation `json:"explanation"`
	}
	o := object{
		Number: a.Number, Kind: a.Kind, Severity: a.Severity, Summary: a.Summary,
		Site: a.Site.String(), Location: a.Site.Location(),
		Why: a.Why, Advice: a.Advice, Dump: a.Dump(), Profile: a.AllocProfile(), Proven: a.Proven(), Quality: a.Quality,
		TraceNS: [2]detectors.Time{a.TraceStart, a.TraceEnd}, Evidence: a.Evidence, Explanation: a.Explanation(),
	}
	if !a.Start.IsZero() {
		o.Start, o.End = &a.Start, &a.End
	}
	return json.Marshal(o)
}

// writeTrace writes generations as one trace.
func writeTrace(w io.Writer, gens []explain.Generation) (n int64, err error) {
	header := gens[0].Raw.Version.Header()
	k, err := w.Write(header[:])
	n = int64(k)
	for i := 0; i < len(gens) && err == nil; i++ {
		k, err = w.Write(gens[i].Raw.Data)
		n += int64(k)
	}
	return n, err
}

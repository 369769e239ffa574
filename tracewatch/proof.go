package tracewatch

import (
	"log/slog"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/allocs"
	"github.com/gotracewatch/tracewatch/internal/leakproof"
)

// What the running process knows beyond its trace is asked when there is an anomaly: Analyze
// cannot, and an anomaly is the same without.

// allocHistory keeps what was allocated some time ago, so that an anomaly about allocation can
// show what was since. The analysis lock is held.
type allocHistory struct {
	on            bool // somebody may ask
	before, newer *allocs.Snapshot
	since         time.Time // of newer
}

// allocsEvery is how often a snapshot is taken: a difference is then of so much time to twice as
// much, as gc-assist looks back. One takes 4 ms where ten thousand places allocate.
const allocsEvery = 10 * time.Second

func newAllocHistory(ds []detectors.Detector) *allocHistory {
	a := new(allocHistory)
	for _, d := range ds {
		a.on = a.on || d.Spec().Kind == kindAssist
	}
	return a
}

// The kinds that the process is asked about.
const (
	kindAssist = "gc-assist"
	kindLeak   = "goroutine-leak"
)

// keep takes a snapshot if the last one is old.
func (a *allocHistory) keep(now time.Time, log *slog.Logger) {
	if !a.on || a.newer != nil && now.Sub(a.since) < allocsEvery {
		return
	}
	s, err := allocs.Take()
	if err != nil {
		log.Warn("tracewatch: what was allocated cannot be read", slog.Any("error", err))
		a.on = false
		return
	}
	if a.before = a.newer; a.before == nil {
		a.before = s
	}
	a.newer, a.since = s, now
}

// attach lets an anomaly about allocation know what was allocated.
func (a *allocHistory) attach(to *Anomaly, log *slog.Logger) {
	if !a.on || to.Kind != kindAssist || a.before == nil {
		return
	}
	after, err := allocs.Take()
	if err != nil {
		log.Warn("tracewatch: what was allocated cannot be read", slog.Any("error", err))
		return
	}
	to.trace.mu.Lock()
	to.trace.allocsBefore, to.trace.allocsAfter = a.before, after
	to.trace.mu.Unlock()
}

// suspectOf returns what is to be looked for in the runtime's goroutineleak profile.
func suspectOf(f *detectors.Finding, code *detectors.Code) leakproof.Suspect {
	if f.Kind != kindLeak || len(f.Evidence.Goroutines) == 0 {
		return leakproof.Suspect{}
	}
	s := code.Stack(f.Evidence.Goroutines[0].Stack)
	return leakproof.Suspect{Parked: code.Site(s.Site), Start: code.Site(s.Bottom)}
}

// prove asks the runtime whether the goroutines of a leak can ever be woken. It makes the
// runtime collect garbage, and is done for anomalies alone, which are few.
func prove(a *Anomaly, log *slog.Logger) {
	if a.Kind != kindLeak || a.suspect == (leakproof.Suspect{}) || !leakproof.Available() {
		return
	}
	leaks, err := leakproof.Ask()
	if err != nil {
		log.Warn("tracewatch: the goroutineleak profile cannot be read", slog.Any("error", err))
		return
	}
	a.trace.mu.Lock()
	a.trace.proven = leakproof.Count(leaks, a.suspect)
	a.trace.mu.Unlock()
}

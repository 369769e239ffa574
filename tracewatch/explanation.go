package tracewatch

import (
	"log/slog"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
)

// Explanation says why the goroutine that the anomaly has as its first example was late: who ended
// its wait and what that one did meanwhile, down to the root; who ran instead; whom it kept waiting.
// It is made before callbacks are called and the dump is written, from the same bytes. It is never
// nil: one that is missing says why.
func (a *Anomaly) Explanation() *detectors.Explanation {
	a.trace.mu.Lock()
	defer a.trace.mu.Unlock()
	if a.trace.why == nil {
		return &detectors.Explanation{Missing: "not yet: other anomalies are explained, dumped and called back first"}
	}
	return a.trace.why
}

func (a *Anomaly) setExplanation(x *detectors.Explanation) {
	a.trace.mu.Lock()
	a.trace.why = x
	a.trace.mu.Unlock()
}

// explain goes through the anomaly's trace a second time and finds out why. That takes about as
// long as the first time did for the same bytes, some tens of milliseconds.
func (a *Anomaly) explain(log *slog.Logger) {
	x := &detectors.Explanation{Missing: "a bug in tracewatch, please report it: the log has more"}
	survive(log, "explaining an anomaly", func() { x = a.why() })
	a.setExplanation(x)
}

func (a *Anomaly) why() *detectors.Explanation {
	gens := a.trace.gens
	switch {
	case len(gens) == 0:
		return &detectors.Explanation{Missing: "its trace is not in memory (see WithHistory)"}
	case gens[0].Raw.Version.Old():
		return &detectors.Explanation{Missing: "a trace of Go 1.21 or older is read once, as a whole"}
	case len(a.Evidence.Goroutines) == 0:
		return &detectors.Explanation{Missing: "no goroutine stands for it: the evidence has what was measured"}
	}
	g := &a.Evidence.Goroutines[0]
	return explain.Question{G: g.ID, From: g.At, To: g.At.Add(g.Duration)}.Answer(gens)
}

package detectors

import (
	"fmt"
	"strings"
)

// TraceGap finds that some of the trace was lost, and says by whose fault. What happened then
// is not known: nothing else can be found there, and no sum includes it.
//
// A running watch writes its losses into the trace, with its other readings; in a file with a hole
// in it the generations' numbers tell.
type TraceGap struct {
	Lost int // generations (about a second each) lost within a minute, or in one hole of a file; default 1
}

// Spec implements [Detector].
func (TraceGap) Spec() Spec {
	return Spec{
		Kind: "trace-gap",
		Doc:  "Some of the trace was lost: what happened then is not known.",
	}
}

// New implements [Detector].
func (d TraceGap) New(*Code) (State, error) {
	s := settings{kind: "trace-gap"}
	s.count("Lost", &d.Lost, 1)
	return &traceGap{TraceGap: d}, s.err
}

type traceGap struct {
	TraceGap
	seen uint64 // losses that were reported
}

// Observe is not called: the windows' readings have it all.
func (s *traceGap) Observe(*Observation) {}

func (s *traceGap) Judge(w *Window) ([]Finding, Verdict) {
	verdict := Verdict{Applicable: true, Threshold: float64(s.Lost), Unit: "{generation}"}
	var findings []Finding
	if w.Missing > 0 {
		verdict.Value = float64(w.Missing)
		if w.Missing >= uint64(s.Lost) {
			findings = append(findings, s.finding(w, w.Start, w.Missing, "they are missing in the file, or could not be read",
				"Record without a hole: the file was cut, joined or damaged after it was written."))
		}
	}
	for _, r := range w.Readings {
		var all uint64
		for _, n := range r.Lost {
			all += n
		}
		if all < r.LostBefore {
			continue
		}
		minute := all - r.LostBefore
		verdict.Value = max(verdict.Value, float64(minute))
		if minute < uint64(s.Lost) || all <= s.seen {
			continue
		}
		s.seen = all
		whose, advice := faultOf(&r)
		findings = append(findings, s.finding(w, r.At, minute, whose, advice))
	}
	return ranked(findings), verdict
}

func (s *traceGap) finding(w *Window, start Time, n uint64, whose, advice string) Finding {
	lost := "1 generation of the trace, about a second, was"
	if n != 1 {
		lost = fmt.Sprintf("%d generations of the trace, about a second each, were", n)
	}
	return Finding{
		Severity: Info,
		Start:    start,
		End:      w.End,
		Score:    float64(n) / float64(s.Lost),
		Summary:  fmt.Sprintf("%s lost before this: %s", lost, whose),
		Why:      "What happened meanwhile was not seen: no finding can come from it, and sums do not include it.",
		Advice:   advice,
		Evidence: Evidence{Measures: []Measure{{Name: "generations lost within a minute", Value: float64(n), Unit: "{generation}", Threshold: float64(s.Lost)}}},
	}
}

// faultOf says by whose fault generations were lost, and what to do.
func faultOf(r *Reading) (whose, advice string) {
	var parts []string
	most := uint64(0)
	for f, n := range r.Lost {
		if n == 0 {
			continue
		}
		does, do := losses(Fault(f))
		parts = append(parts, fmt.Sprintf("%d in all because %s", n, does))
		if n > most {
			most, advice = n, do
		}
	}
	return strings.Join(parts, ", "), advice
}

// losses says what a fault is and what to do about it.
func losses(f Fault) (does, do string) {
	switch f {
	case LossRecorder:
		return "the recorder had overwritten it before it was collected",
			"Give the recorder more room (tracewatch.WithHistory) or collect more often (WithInterval): the service makes more trace in one interval than fits."
	case LossQueue:
		return "the analysis was too slow and its queue was full",
			"Choose fewer detectors, or cheaper ones, or leave WithStream out: then only what is collected costs anything."
	default:
		return "it could not be read",
			"Please report this with the trace: either tracewatch or the runtime is wrong."
	}
}

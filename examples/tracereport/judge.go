package main

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// findings are what there is to tell of one trace, or of two.
type findings struct {
	readings   []*reading
	comparison *tracewatch.Comparison // of two
	problems   []string               // what was asked for and is not there
}

// judge finds out what there is to tell.
func judge(o *options, readings []*reading) *findings {
	f := &findings{readings: readings}
	if len(readings) == 2 {
		f.comparison = tracewatch.Compare(readings[0].report, readings[1].report)
	} else if r := readings[0]; o.goroutine > 0 && r.report.Goroutine == nil {
		f.problems = append(f.problems, fmt.Sprintf("%s: goroutine %d is not in it", r.name(), o.goroutine))
	}
	return f
}

// last is the trace that it is about: the second of two.
func (f *findings) last() *reading { return f.readings[len(f.readings)-1] }

// slower reports whether the comparison names something that became slower.
func slower(c *tracewatch.Comparison) bool {
	return c != nil && c.Verdict.Change > 0 && c.Verdict.Share > 0
}

// status is the exit status.
func (f *findings) status() int {
	for _, r := range f.readings {
		if r.err != nil {
			return statusBroken
		}
	}
	switch {
	case len(f.problems) > 0:
		return statusBroken
	case len(f.last().report.Anomalies) > 0, slower(f.comparison):
		return statusFound
	}
	return statusFine
}

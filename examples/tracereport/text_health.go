package main

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// health says how far the trace can be trusted.
func (p *page) health(r *reading) {
	p.heading("the trace")
	s := &r.report.Stats
	p.text("  analysed: %.1f%% of %s, in %s", 100*s.Coverage, wording.Duration(s.Span), wording.Many(s.Windows, "window"))
	if s.LostGenerations > 0 {
		p.line(piece{fmt.Sprintf("  missing: %s, which the recorder had overwritten or nobody kept", wording.Many(s.LostGenerations, "generation")), yellow})
	}
	if s.BrokenGenerations > 0 {
		p.line(piece{fmt.Sprintf("  broken: %s", wording.Many(s.BrokenGenerations, "generation")), yellow})
	}
	if s.Unresolved > 0 {
		p.line(piece{fmt.Sprintf("  not resolved: %s to stacks and names, or they found no room", wording.Many(s.Unresolved, "reference")), yellow})
	}
	if at := r.report.At; at != nil {
		begun := at.Add(-r.from)
		p.text("  clock: it began at %s", begun.Local().Format("2006-01-02 15:04:05.000 MST"))
	} else {
		p.text("  clock: it does not tell the time of day (Go 1.25 and newer do)")
	}
	var worst time.Duration
	for _, a := range r.report.Anomalies {
		worst = max(worst, a.Quality.ClockError)
	}
	if worst > time.Microsecond {
		p.text("  durations of the findings may be off by %s", wording.Duration(worst))
	}
	if s.Suppressed > 0 {
		p.text("  kept quiet: %s of a kind and a place that had been told", wording.Many(s.Suppressed, "finding"))
	}
	if s.WatchShare > 0 {
		p.text("  tracewatch itself used %.2f%% of the Ps while it was recorded", 100*s.WatchShare)
	}
}

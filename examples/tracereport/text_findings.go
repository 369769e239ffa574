package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// mostLines is how many lines of an explanation are printed; JSON has all.
const mostLines = 12

func severityStyle(s detectors.Severity) style {
	switch s {
	case detectors.Critical:
		return red
	case detectors.Warning:
		return yellow
	default:
		return cyan
	}
}

// findings writes each anomaly with its cause.
func (p *page) findings(r *reading) {
	for i, a := range r.report.Anomalies {
		p.WriteByte('\n')
		p.finding(i+1, r, a)
	}
}

func (p *page) finding(n int, r *reading, a *tracewatch.Anomaly) {
	head := []piece{{fmt.Sprintf("%d. ", n), bold}, {a.Severity.String(), severityStyle(a.Severity)}, {" " + a.Kind, bold}}
	if a.Site.Func != "" { // a throttled cgroup is in no function
		head = append(head, piece{" at " + place(a.Site), plain})
	}
	p.line(head...)
	when := fmt.Sprintf("%s to %s", r.since(a.TraceStart), r.since(a.TraceEnd))
	if !a.Start.IsZero() {
		when += ", " + a.Start.Local().Format("15:04:05.000")
	}
	p.prose(piece{"   ", plain}, a.Summary, plain)
	p.prose(piece{"   when  ", dim}, when, plain)
	if x := a.Explanation(); x.Missing != "" {
		p.prose(piece{"   why   ", dim}, "not explained: "+x.Missing, dim)
	} else if sentence := x.Sentence(); sentence != "" {
		p.prose(piece{"   why   ", dim}, sentence, bold)
		p.tree(piece{"         ", plain}, x)
	}
	p.prose(piece{"   do    ", dim}, a.Advice, plain)
}

// tree writes an explanation, if it says more than its sentence.
func (p *page) tree(indent piece, x *detectors.Explanation) {
	lines := strings.Split(strings.TrimSuffix(x.Tree(), "\n"), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimLeft(l, " "), "0% ") }) // of the Ps' time
	if len(lines) < 2 {
		return
	}
	for _, line := range lines[:min(len(lines), mostLines)] {
		p.line(indent, piece{line, plain})
	}
	if more := len(lines) - mostLines; more > 0 {
		p.line(indent, piece{fmt.Sprintf("(and %s more: -json has them all)", wording.Many(more, "line")), dim})
	}
}

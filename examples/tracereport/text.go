package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// all writes what there is to tell.
func (p *page) all(o *options, f *findings) {
	for _, r := range f.readings {
		p.head(r)
	}
	r := f.last()
	switch {
	case f.comparison != nil:
		p.compared(f)
	case r.report.Stats.Windows == 0:
		return
	case o.goroutine != detectors.NoGoroutine:
		p.verdict(r)
		if r.report.Goroutine != nil {
			p.goroutine(r)
		}
	default:
		p.verdict(r)
		p.findings(r)
		p.requests(r.report)
		p.places(r.report)
		p.uses(r.report.Uses)
		p.totals(&r.report.Totals)
		p.health(r)
	}
}

// head says what was read.
func (p *page) head(r *reading) {
	s := &r.report.Stats
	about := []string{}
	if r.format != "" {
		about = append(about, "format of Go "+r.format)
	}
	about = append(about, wording.Duration(s.Span), wording.Many(s.Events, "event"), megabytes(float64(s.Bytes)))
	if s.Windows > 0 && r.part {
		about = append(about, fmt.Sprintf("of that from %s to %s", r.since(r.report.From), r.since(r.report.To)))
	}
	p.prose(piece{r.name() + ": ", bold}, strings.Join(about, ", "), plain)
	if r.err != nil {
		p.prose(piece{"NOT ALL OF IT: ", red}, r.err.Error(), plain)
	}
}

// since writes a moment as a time since the trace's beginning.
func (r *reading) since(t detectors.Time) string { return wording.Duration(max(0, t.Sub(r.begun()))) }

// verdict says in a sentence what was found.
func (p *page) verdict(r *reading) {
	all := r.report.Anomalies
	hidden := ""
	if r.hidden > 0 {
		hidden = fmt.Sprintf(" (and %d less severe)", r.hidden)
	}
	if len(all) == 0 {
		p.prose(piece{"nothing found", green}, hidden+p.judged(r), plain)
		return
	}
	var kinds []string
	counts := make(map[string]int)
	for _, a := range all {
		name := fmt.Sprintf("%s (%s)", a.Kind, a.Severity)
		if counts[name]++; counts[name] == 1 {
			kinds = append(kinds, name)
		}
	}
	for i, name := range kinds {
		if n := counts[name]; n > 1 {
			kinds[i] = fmt.Sprintf("%d × %s", n, name)
		}
	}
	p.prose(piece{wording.Many(len(all), "finding") + ": ", red}, strings.Join(kinds, ", ")+hidden, bold)
}

// judged says how much nothing found is worth.
func (p *page) judged(r *reading) string {
	n := len(r.report.Verdicts)
	if span := r.report.Stats.Span; span < 5*time.Second {
		return fmt.Sprintf(" by %s, some of which need more than the %s that there are", wording.Many(n, "detector"), wording.Duration(span))
	}
	return " by " + wording.Many(n, "detector")
}

// place names a place in the code.
func place(s detectors.Site) string {
	if s.Func == "" {
		return "not known where"
	}
	if s.File == "" {
		return s.Short()
	}
	return s.Short() + ", " + filepath.Base(s.Location())
}

// use names what used a P.
func use(class detectors.Class, site detectors.Site) string {
	switch class {
	case detectors.ClassWatch:
		return "tracewatch itself"
	case detectors.ClassSystem:
		return "the runtime: GC workers, mostly"
	}
	return place(site)
}

// mostUses is how many uses of the Ps are listed for people.
const mostUses = 5

// uses says what the Ps were used for.
func (p *page) uses(uses []tracewatch.ProcUse) {
	if len(uses) == 0 {
		return
	}
	p.heading("what the Ps were used for")
	var rows []row
	idle := 1.0
	for i := range uses {
		idle -= uses[i].Share
		if i < mostUses {
			rows = append(rows, row{cells: []string{fmt.Sprintf("%.1f%%", 100*uses[i].Share), wording.Duration(uses[i].Time)}, of: use(uses[i].Class, uses[i].Site)})
		}
	}
	p.table(row{cells: []string{"share", "time"}, of: "of"}, rows)
	more := ""
	if n := len(uses) - mostUses; n > 0 {
		more = fmt.Sprintf("%s more; ", wording.Many(n, "place"))
	}
	p.line(piece{fmt.Sprintf("  (%s%.1f%% of the time they were idle, or it is not known)", more, 100*max(idle, 0)), dim})
}

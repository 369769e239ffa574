package detectortest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A mismatch is where a detector said something else than a text expects.
type mismatch struct {
	line int
	text string
}

// An examiner compares what a detector said of a window with what is expected.
type examiner struct {
	scene *scene
	kind  string // the detector's
	names map[uint64]*goroutine
	all   []judgement
	wrong []mismatch
}

// examine compares all windows. Findings are expected in the detector's order, the most
// important first, and no others are.
func (x *examiner) examine() {
	for i := range x.all {
		j := &x.all[i]
		before := len(x.wrong)
		var findings []*expectation
		first := 0
		for _, e := range x.scene.expects {
			if !e.windows[j.number] {
				continue
			}
			if first == 0 || e.finding != nil || e.silent {
				first = e.line
			}
			switch {
			case e.finding != nil:
				findings = append(findings, e)
			case e.verdict != nil:
				x.verdict(j, e.line, e.verdict)
			}
		}
		x.findings(j, findings, first)
		if len(x.wrong) > before {
			x.wrong[len(x.wrong)-1].text += "\nwhat the detector said, as it would be expected:\n\n" + x.show(j)
		}
	}
}

func (x *examiner) report(j *judgement, line int, format string, args ...any) {
	x.wrong = append(x.wrong, mismatch{line, fmt.Sprintf("window %d: ", j.number) + fmt.Sprintf(format, args...)})
}

func (x *examiner) findings(j *judgement, want []*expectation, line int) {
	for i, e := range want {
		if i >= len(j.findings) {
			x.report(j, e.line, "nothing is found at %s, where a finding is expected", e.finding.where())
			continue
		}
		if wrong := x.differences(j, e.finding, &j.findings[i]); len(wrong) > 0 {
			x.report(j, e.line, "%s", strings.Join(wrong, "\n\t"))
		}
	}
	if line == 0 {
		line = 1
	}
	for i := len(want); i < len(j.findings); i++ {
		f := &j.findings[i]
		x.report(j, line, "a finding at %v that is not expected: %s", j.code.Site(f.Site), f.Summary)
	}
}

func (f *findingWanted) where() string {
	if f.anywhere {
		return "anywhere"
	}
	return f.site.String()
}

// A list collects what differs.
type list []string

func (l *list) add(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

func (l *list) number(what string, w *want, got float64, show func(float64) string) {
	if !w.holds(got) {
		l.add("%s is %s, expected %s", what, show(got), w.shown(show))
	}
}

func (l *list) text(what string, all []*matcher, got string) {
	for _, m := range all {
		if !m.match(got) {
			how := map[bool]string{false: "expected", true: "not expected"}[m.not]
			l.add("%s is %q, %s: %s", what, got, how, m.source)
		}
	}
}

func (w *want) shown(show func(float64) string) string {
	if w.from == w.to {
		return show(w.from)
	}
	return show(w.from) + " to " + show(w.to)
}

// differences says how a finding differs from what is expected.
func (x *examiner) differences(j *judgement, w *findingWanted, f *detectors.Finding) list {
	var l list
	if site := j.code.Site(f.Site); !w.anywhere && !w.site.is(site) {
		l.add("a finding at %v %s, expected at %v", site, site.Location(), &w.site)
	}
	if kind := kindOf(f, x.kind); w.kind != "" && kind != w.kind {
		l.add("kind is %s, expected %s", kind, w.kind)
	}
	if w.severity != nil && f.Severity != *w.severity {
		l.add("severity is %v, expected %v", f.Severity, *w.severity)
	}
	l.number("score", w.score, f.Score, number)
	x.moment(&l, "start", w.from, f.Start, func(j judgement) detectors.Time { return j.start })
	x.moment(&l, "end", w.to, f.End, func(j judgement) detectors.Time { return j.end })
	l.text("summary", w.summary, f.Summary)
	l.text("why", w.why, f.Why)
	l.text("advice", w.advice, f.Advice)
	for i := range w.measures {
		l.measure(&w.measures[i], f.Evidence.Measures)
	}
	l.number("the number of sites", w.nsites, float64(len(f.Evidence.Sites)), number)
	if n := len(f.Evidence.Sites); len(w.sites) > 0 && w.nsites == nil && n != len(w.sites) {
		l.add("%d sites of evidence, expected %d", n, len(w.sites))
	}
	for i := range w.sites[:min(len(w.sites), len(f.Evidence.Sites))] {
		l.site(j, &w.sites[i], &f.Evidence.Sites[i])
	}
	if n := len(f.Evidence.Goroutines); len(w.goroutines) > 0 && n != len(w.goroutines) {
		l.add("%d goroutines of evidence, expected %d", n, len(w.goroutines))
	}
	for i := range w.goroutines[:min(len(w.goroutines), len(f.Evidence.Goroutines))] {
		x.goroutine(&l, &w.goroutines[i], &f.Evidence.Goroutines[i])
	}
	return l
}

// kindOf returns a finding's kind, which is the detector's where it says none.
func kindOf(f *detectors.Finding, detector string) string {
	if f.Kind == "" {
		return detector
	}
	return f.Kind
}

func (w *siteWanted) is(s detectors.Site) bool {
	return s.String() == w.fn && (w.line == 0 || s.File == w.file && s.Line == int(w.line))
}

func (l *list) measure(w *measureWanted, all []detectors.Measure) {
	i := slices.IndexFunc(all, func(m detectors.Measure) bool { return m.Name == w.name })
	switch {
	case i < 0 && w.absent:
		return
	case i < 0:
		var names []string
		for _, m := range all {
			names = append(names, m.Name)
		}
		l.add("there is no measure %q, only %q", w.name, names)
		return
	case w.absent:
		l.add("there is a measure %q, which is expected not to be there", w.name)
		return
	}
	m := &all[i]
	l.number(fmt.Sprintf("measure %q", m.Name), w.value, m.Value, number)
	l.number(fmt.Sprintf("threshold of %q", m.Name), w.threshold, m.Threshold, number)
	l.number(fmt.Sprintf("baseline of %q", m.Name), w.baseline, m.Baseline, number)
	if w.unit != nil && *w.unit != m.Unit {
		l.add("unit of %q is %q, expected %q", m.Name, m.Unit, *w.unit)
	}
}

func (l *list) site(j *judgement, w *siteWanted, e *detectors.SiteEvidence) {
	site := j.code.Site(e.Site)
	if !w.is(site) {
		l.add("a site of evidence is %v %s, expected %v", site, site.Location(), w)
	}
	l.number(fmt.Sprintf("count of site %v", site), w.count, float64(e.Count), number)
	l.number(fmt.Sprintf("total of site %v", site), w.total, float64(e.Total), duration)
	l.number(fmt.Sprintf("max of site %v", site), w.max, float64(e.Max), duration)
	if w.what != nil {
		l.text(fmt.Sprintf("what of site %v", site), []*matcher{w.what}, e.What)
	}
}

// name returns what the text calls a goroutine.
func (x *examiner) name(id detectors.GoID) string {
	if g := x.names[uint64(id)]; g != nil {
		return g.String()
	}
	return "any"
}

func (x *examiner) goroutine(l *list, w *goroutineWanted, e *detectors.GoroutineEvidence) {
	name := x.name(e.ID)
	if w.name != "" && name != w.name {
		l.add("the goroutine of evidence is %s, expected %s", name, w.name)
	}
	if w.on >= 0 && e.Proc != detectors.ProcID(w.on) {
		l.add("goroutine %s is on P%d, expected P%d", name, e.Proc, w.on)
	}
	l.number("the time of goroutine "+name, w.at, float64(e.At.Sub(detectors.Time(base))), duration)
	l.number("the duration of goroutine "+name, w.for_, float64(e.Duration), duration)
	if w.what != nil {
		l.text("what of goroutine "+name, []*matcher{w.what}, e.What)
	}
}

// moment compares when a finding begins or ends.
func (x *examiner) moment(l *list, what string, w *moment, got detectors.Time, of func(judgement) detectors.Time) {
	if w == nil {
		return
	}
	if w.window == 0 {
		l.number(what, w.at, float64(got.Sub(detectors.Time(base))), duration)
		return
	}
	for _, j := range x.all {
		if j.number == w.window {
			if t := of(j); got != t {
				l.add("%s is %v, expected that of window %d, which is %v", what, x.when(got), w.window, time.Duration(t)-time.Duration(base))
			}
			return
		}
	}
	l.add("%s: window %d was not judged", what, w.window)
}

// when shows a moment from the trace's beginning on.
func (x *examiner) when(t detectors.Time) time.Duration { return t.Sub(detectors.Time(base)) }

func (x *examiner) verdict(j *judgement, line int, w *verdictWanted) {
	var l list
	v := &j.verdict
	if w.applicable != nil && v.Applicable != *w.applicable {
		l.add("applicable is %v, expected %v", v.Applicable, *w.applicable)
	}
	l.number("value", w.value, v.Value, number)
	l.number("threshold", w.threshold, v.Threshold, number)
	if w.unit != nil && *w.unit != v.Unit {
		l.add("unit is %q, expected %q", v.Unit, *w.unit)
	}
	l.text("note", w.note, v.Note)
	if len(l) > 0 {
		x.report(j, line, "the verdict's %s", strings.Join(l, "\n\tthe verdict's "))
	}
}

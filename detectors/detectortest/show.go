package detectortest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
)

// show writes what a detector said of a window as a text expects it. Text that nobody would
// write out is left out: why and advice.
func (x *examiner) show(j *judgement) string {
	var b strings.Builder
	for i := range j.findings {
		x.showFinding(&b, j, &j.findings[i])
	}
	if len(j.findings) == 0 {
		fmt.Fprintf(&b, "expect %d silent\n", j.number)
	}
	v := &j.verdict
	if !v.Applicable {
		fmt.Fprintf(&b, "expect %d verdict not applicable", j.number)
	} else {
		fmt.Fprintf(&b, "expect %d verdict applicable value %s threshold %s unit %q", j.number, number(v.Value), number(v.Threshold), v.Unit)
	}
	fmt.Fprintf(&b, " note is %s\n", quote(v.Note))
	return b.String()
}

func (x *examiner) showFinding(b *strings.Builder, j *judgement, f *detectors.Finding) {
	fmt.Fprintf(b, "expect %d finding %s %v", j.number, site(j, f.Site), f.Severity)
	if f.Kind != "" && f.Kind != x.kind {
		fmt.Fprintf(b, " kind %s", f.Kind)
	}
	fmt.Fprintf(b, " score %s\n", number(f.Score))
	fmt.Fprintf(b, "\tfrom %s to %s\n",
		x.showMoment(f.Start, func(j judgement) detectors.Time { return j.start }),
		x.showMoment(f.End, func(j judgement) detectors.Time { return j.end }))
	fmt.Fprintf(b, "\tsummary %s\n", quote(f.Summary))
	for _, m := range f.Evidence.Measures {
		fmt.Fprintf(b, "\tmeasure %s %s unit %q", quote(m.Name), number(m.Value), m.Unit)
		if m.Threshold != 0 {
			fmt.Fprintf(b, " threshold %s", number(m.Threshold))
		}
		if m.Baseline != 0 {
			fmt.Fprintf(b, " baseline %s", number(m.Baseline))
		}
		b.WriteByte('\n')
	}
	for _, s := range f.Evidence.Sites {
		fmt.Fprintf(b, "\tsite %s count %d total %s max %s what %s\n", site(j, s.Site), s.Count, duration(float64(s.Total)), duration(float64(s.Max)), quote(s.What))
	}
	for _, g := range f.Evidence.Goroutines {
		fmt.Fprintf(b, "\tgoroutine %s at %s for %s what %s\n", x.name(g.ID), duration(float64(x.when(g.At))), duration(float64(g.Duration)), quote(g.What))
	}
}

// showMoment shows a moment as the window that begins or ends with it, or else as a time.
func (x *examiner) showMoment(t detectors.Time, of func(judgement) detectors.Time) string {
	for _, j := range x.all {
		if of(j) == t {
			return strconv.Itoa(j.number)
		}
	}
	return duration(float64(x.when(t)))
}

func site(j *judgement, id detectors.SiteID) string {
	s := j.code.Site(id)
	if s.Line == 0 || s.File == "" {
		return s.String()
	}
	return s.String() + " " + s.Location()
}

// quote writes a text as the texts here do: in the kind of quotes that needs no escapes.
func quote(text string) string {
	if strings.Contains(text, `"`) && strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}

// number writes a number to ten digits: closer than what counts as the same.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }

// duration writes nanoseconds in the unit that people would take, exactly.
func duration(ns float64) string {
	f := func(per float64, unit string) string { return strconv.FormatFloat(ns/per, 'f', -1, 64) + unit }
	switch {
	case ns == 0:
		return "0s"
	case ns < 1e3 && ns > -1e3:
		return f(1, "ns")
	case ns < 1e6 && ns > -1e6:
		return f(1e3, "us")
	case ns < 1e9 && ns > -1e9:
		return f(1e6, "ms")
	default:
		return f(1e9, "s")
	}
}

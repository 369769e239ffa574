package main

import (
	"fmt"
	"slices"
	"strings"
)

// A verdict is a report, judged by what the scenario says is right.
type verdict struct {
	task   task
	report report

	right   []found // of the right kind
	follows []found // of kinds that truly follow from the fault
	wrong   []found // of others, or in a healthy program
	early   []found // before the fault began
}

// judge sorts what was found.
func judge(t task, r report) verdict {
	v := verdict{task: t, report: r}
	for _, f := range r.Found {
		_, follows := t.scenario.Follows[f.Kind]
		switch {
		case t.scenario.Kind == "":
			v.wrong = append(v.wrong, f)
		case f.Early:
			v.early = append(v.early, f)
		case f.Kind == t.scenario.Kind:
			v.right = append(v.right, f)
		case follows:
			v.follows = append(v.follows, f)
		default:
			v.wrong = append(v.wrong, f)
		}
	}
	return v
}

// sick reports whether there was something to be found.
func (v *verdict) sick() bool { return v.task.scenario.Kind != "" }

// failed reports whether the run itself went wrong, so that nothing can be said.
func (v *verdict) failed() bool { return v.report.Error != "" }

// missed reports whether what was to be found was not.
func (v *verdict) missed() bool { return v.sick() && !v.failed() && len(v.right) == 0 }

// sites counts the findings of the right kind that name a place, where there is a right one, and
// how many name it.
func (v *verdict) sites() (right, all int) {
	if len(v.task.scenario.Sites) == 0 {
		return 0, 0
	}
	for _, f := range v.right {
		if v.siteRight(f) {
			right++
		}
	}
	return right, len(v.right)
}

func (v *verdict) siteRight(f found) bool {
	return len(v.task.scenario.Sites) == 0 || slices.Contains(v.task.scenario.Sites, f.Site)
}

// dumps counts the findings and those whose dumps agree.
func (v *verdict) dumps() (agree, all int) {
	for _, f := range v.report.Found {
		if f.Dumped && len(f.Differs) == 0 {
			agree++
		}
	}
	return agree, len(v.report.Found)
}

// word says in a word how the run went.
func (v *verdict) word() string {
	switch {
	case v.failed():
		return "failed"
	case v.missed():
		return "missed"
	case len(v.wrong) > 0 || len(v.early) > 0:
		return "false alarm"
	case v.sick():
		return "found"
	default:
		return "silent"
	}
}

// lines says how the run went, for whoever looks on.
func (v *verdict) lines(verbose bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "    %s", v.word())
	if len(v.right) > 0 {
		f := v.right[0]
		fmt.Fprintf(&b, ": %s after %.1f s, %s", f.Kind, f.After.Seconds(), plural(f.Windows, "window"))
		if !v.siteRight(f) {
			fmt.Fprintf(&b, ", at a WRONG site")
		}
	}
	for _, f := range slices.Concat(v.early, v.wrong) {
		fmt.Fprintf(&b, "; WRONG: %s", f.Kind)
	}
	if v.failed() {
		fmt.Fprintf(&b, ": %s", v.report.Error)
	}
	fmt.Fprintf(&b, " (%.1f s)\n", v.report.Took.Seconds())
	if verbose {
		r := &v.report
		fmt.Fprintf(&b, "    %s, %.1f%% covered, %d lost, %d findings kept quiet, %.1f million events, the watch used %.1f%% of the Ps\n",
			plural(int(r.Windows), "window"), 100*r.Coverage, r.Lost, r.Suppressed, float64(r.Events)/1e6, 100*r.WatchShare)
		for _, f := range r.Found {
			fmt.Fprintf(&b, "    %s\n", f.line())
			if len(f.Differs) > 0 {
				fmt.Fprintf(&b, "      its dump differs in: %s\n", strings.Join(f.Differs, ", "))
			}
		}
	}
	return b.String()
}

// line describes a finding in one line.
func (f *found) line() string {
	return fmt.Sprintf("%+.1f s %s (%s) at %s: %s", f.After.Seconds(), f.Kind, f.Severity, f.Site, f.Summary)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

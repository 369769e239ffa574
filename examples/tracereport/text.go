package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// functions is how many functions are listed for people.
const functions = 10

func printText(w io.Writer, file string, r *tracewatch.Report, err error) error {
	var b bytes.Buffer
	s := &r.Stats
	fmt.Fprintf(&b, "%s: %d events, %.1f MB, %s in %d generations\n", file, s.Events, float64(s.Bytes)/1e6, wording.Duration(s.Span), s.Windows)
	if err != nil {
		fmt.Fprintf(&b, "NOT ALL OF IT: %v\n", err)
	}
	if s.Windows > 0 {
		printAnomalies(&b, r.Anomalies)
		printRequests(&b, r)
		printTotals(&b, &r.Totals)
	}
	_, werr := w.Write(b.Bytes())
	return werr
}

func printAnomalies(w io.Writer, all []*tracewatch.Anomaly) {
	fmt.Fprintf(w, "\n── anomalies ──\n")
	if len(all) == 0 {
		fmt.Fprintln(w, "none")
	}
	for _, a := range all {
		at := ""
		if a.Site.Func != "" { // a throttled cgroup is in no function
			at = fmt.Sprintf(" at %s, %s", a.Site.Short(), filepath.Base(a.Site.Location()))
		}
		fmt.Fprintf(w, "%s (%s)%s\n    %s\n", a.Kind, a.Severity, at, a.Summary)
		if x := a.Explanation(); x.Missing == "" {
			fmt.Fprintf(w, "    why: %s\n", x.Sentence())
		}
	}
}

func printTotals(w io.Writer, t *tracewatch.Totals) {
	fmt.Fprintf(w, "\n── totals, over all goroutines ──\n%-48s %10s %10s %10s\n", "", "count", "sum", "longest")
	row := func(name string, s tracewatch.Spans) {
		fmt.Fprintf(w, "%-48s %10d %10s %10s\n", name, s.Count, wording.Duration(s.Sum), wording.Duration(s.Max))
	}
	row("scheduling delay", t.SchedDelay)
	row("GC mark assist", t.GCAssist)
	row("user task", t.Tasks)
	rows := func(what string, by map[string]tracewatch.Spans) {
		for _, name := range slices.SortedFunc(maps.Keys(by), func(a, b string) int {
			return cmp.Or(cmp.Compare(by[b].Sum, by[a].Sum), cmp.Compare(a, b))
		}) {
			row(what+cmp.Or(name, "(not recorded)"), by[name])
		}
	}
	rows("waiting: ", t.Block)
	rows("stop-the-world: ", t.STW)
	for _, n := range []struct {
		name  string
		count uint64
	}{
		{"preempted", t.Preempted},
		{"stopped for the GC to scan the stack", t.GCSuspended},
		{"woken by timers, at least", t.TimerWakeups},
		{"created by timers, at least", t.TimerCreates},
	} {
		fmt.Fprintf(w, "%-48s %10d\n", n.name, n.count)
	}
	printFunctions(w, t.Created, t.Ended)
}

func printFunctions(w io.Writer, created, ended map[string]uint64) {
	all := maps.Clone(created)
	for name, n := range ended {
		all[name] += n
	}
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(all[b], all[a]), cmp.Compare(a, b))
	})
	fmt.Fprintf(w, "\n%-48s %10s %10s\n", "goroutines, by the function they began in", "created", "ended")
	for _, name := range names[:min(len(names), functions)] {
		fmt.Fprintf(w, "%-48s %10d %10d\n", cmp.Or(name, "(not known)"), created[name], ended[name])
	}
	if more := len(names) - functions; more > 0 {
		fmt.Fprintf(w, "(and %d more: -json has them all)\n", more)
	}
}

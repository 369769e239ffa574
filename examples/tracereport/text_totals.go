package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// functions is how many functions are listed for people.
const functions = 8

// totals writes the exact sums.
func (p *page) totals(t *tracewatch.Totals) {
	p.heading("totals, over all goroutines")
	var rows []row
	add := func(name string, s tracewatch.Spans) {
		rows = append(rows, row{cells: []string{fmt.Sprint(s.Count), wording.Duration(s.Sum), wording.Duration(s.Max)}, of: name})
	}
	add("scheduling delay", t.SchedDelay)
	add("GC mark assist", t.GCAssist)
	add("user task", t.Tasks)
	each := func(what string, by map[string]tracewatch.Spans) {
		for _, name := range slices.SortedFunc(maps.Keys(by), func(a, b string) int {
			return cmp.Or(cmp.Compare(by[b].Sum, by[a].Sum), cmp.Compare(a, b))
		}) {
			add(what+cmp.Or(name, "(not recorded)"), by[name])
		}
	}
	each("waiting: ", t.Block)
	each("stop-the-world: ", t.STW)
	for _, n := range []struct {
		name  string
		count uint64
	}{
		{"preempted", t.Preempted},
		{"stopped for the GC to scan the stack", t.GCSuspended},
		{"woken by timers, at least", t.TimerWakeups},
		{"created by timers, at least", t.TimerCreates},
	} {
		rows = append(rows, row{cells: []string{fmt.Sprint(n.count), "", ""}, of: n.name})
	}
	p.table(row{cells: []string{"count", "sum", "longest"}}, rows)
	p.functions(t.Created, t.Ended)
}

// functions writes what goroutines began in.
func (p *page) functions(created, ended map[string]uint64) {
	all := maps.Clone(created)
	for name, n := range ended {
		all[name] += n
	}
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(cmp.Compare(all[b], all[a]), cmp.Compare(a, b))
	})
	p.WriteByte('\n')
	var rows []row
	for _, name := range names[:min(len(names), functions)] {
		rows = append(rows, row{cells: []string{fmt.Sprint(created[name]), fmt.Sprint(ended[name])}, of: cmp.Or(name, "(not known)")})
	}
	p.table(row{cells: []string{"created", "ended"}, of: "goroutines, by the function they began in"}, rows)
	if more := len(names) - functions; more > 0 {
		p.line(piece{fmt.Sprintf("  (and %s more: -json has them all)", wording.Many(more, "function")), dim})
	}
}

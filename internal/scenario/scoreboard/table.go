package main

import (
	"fmt"
	"slices"
	"strings"
)

// board is all verdicts, those of one scenario and strength one after another.
type board struct{ verdicts []verdict }

// column is a kind of finding.
type column struct{ kind, short string }

// columns returns the kinds in the order in which they stand: those known, then others that came.
func (b *board) columns() []column {
	all := []column{
		{"sched-delay", "SD"}, {"gc-assist", "GA"}, {"netpoll-block", "NB"}, {"preempt-rate", "PR"},
		{"preempt-failure", "PF"}, {"goroutine-leak", "GL"}, {"timer-storm", "TS"}, {"lock-contention", "LC"},
		{"stop-the-world", "SW"}, {"cpu-throttled", "CT"}, {"clock-drift", "CD"}, {"trace-gap", "TG"},
	}
	var others []string
	for _, v := range b.verdicts {
		kinds := []string{v.task.scenario.Kind}
		for _, f := range v.report.Found {
			kinds = append(kinds, f.Kind)
		}
		for _, k := range kinds {
			if k != "" && !slices.ContainsFunc(all, func(c column) bool { return c.kind == k }) && !slices.Contains(others, k) {
				others = append(others, k)
			}
		}
	}
	slices.Sort(others)
	for i, k := range others {
		all = append(all, column{k, fmt.Sprintf("X%d", i+1)})
	}
	return all
}

// rows puts the verdicts of one scenario and strength together, the sick ones first.
func (b *board) rows() [][]verdict {
	var sick, healthy [][]verdict
	for i := range b.verdicts {
		v := &b.verdicts[i]
		to := &healthy
		if v.sick() {
			to = &sick
		}
		if k := len(*to); k > 0 && (*to)[k-1][0].task.name() == v.task.name() {
			(*to)[k-1] = append((*to)[k-1], *v)
		} else {
			*to = append(*to, []verdict{*v})
		}
	}
	return append(sick, healthy...)
}

// table is the confusion matrix, with a line for each scenario and strength.
func (b *board) table() string {
	columns := b.columns()
	rows := b.rows()
	head := []string{"scenario", "found"}
	for _, c := range columns {
		head = append(head, c.short)
	}
	lines := [][]string{append(head, "site", "seconds", "windows", "dumps")}
	for _, row := range rows {
		lines = append(lines, rowCells(row, columns))
	}
	var text strings.Builder
	widths := make([]int, len(lines[0]))
	for _, l := range lines {
		for i, cell := range l {
			widths[i] = max(widths[i], len(cell))
		}
	}
	for _, l := range lines {
		var line strings.Builder
		for i, cell := range l {
			if i == 0 {
				fmt.Fprintf(&line, "%-*s", widths[i], cell)
			} else {
				fmt.Fprintf(&line, "  %*s", widths[i], cell)
			}
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	text.WriteString(legend(columns))
	return text.String()
}

// legend says what the columns and marks mean.
func legend(columns []column) string {
	var b strings.Builder
	b.WriteString("\n")
	for i, c := range columns {
		fmt.Fprintf(&b, "%s %s", c.short, c.kind)
		switch {
		case i == len(columns)-1:
			b.WriteString("\n")
		case i%6 == 5:
			b.WriteString(",\n")
		default:
			b.WriteString(", ")
		}
	}
	b.WriteString("Runs in which it was found: 1+ right, 1~ follows from the fault as declared, 1! WRONG, . none\n")
	return b.String()
}

// rowCells writes one scenario's line.
func rowCells(row []verdict, columns []column) []string {
	first := &row[0]
	cells := []string{first.task.name(), foundCell(row)}
	for _, c := range columns {
		cells = append(cells, kindCell(row, c.kind))
	}
	var sites, dumps share
	var seconds float64
	windows, times := 0, 0
	for i := range row {
		right, all := row[i].sites()
		sites.N, sites.Of = sites.N+right, sites.Of+all
		right, all = row[i].dumps()
		dumps.N, dumps.Of = dumps.N+right, dumps.Of+all
		if len(row[i].right) > 0 {
			seconds = max(seconds, row[i].right[0].After.Seconds())
			windows = max(windows, row[i].right[0].Windows)
			times++
		}
	}
	when, after := "", ""
	if times > 0 {
		when, after = fmt.Sprintf("%.1f", seconds), fmt.Sprint(windows)
	}
	return append(cells, sites.cell(), when, after, dumps.cell())
}

// cell writes a share for the table: nothing where there is nothing to share.
func (s share) cell() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.N, s.Of)
}

// foundCell says in how many runs that were good for something the fault was found.
func foundCell(row []verdict) string {
	if !row[0].sick() {
		return ""
	}
	var s share
	for i := range row {
		if !row[i].failed() {
			s.add(!row[i].missed())
		}
	}
	if s.Of == 0 {
		return "failed"
	}
	return s.cell()
}

// kindCell says in how many runs a kind was found, and whether that was right.
func kindCell(row []verdict, kind string) string {
	cell := ""
	for _, m := range []struct {
		mark string
		of   func(v *verdict) []found
	}{
		{"+", func(v *verdict) []found { return v.right }},
		{"~", func(v *verdict) []found { return v.follows }},
		{"!", func(v *verdict) []found { return slices.Concat(v.wrong, v.early) }},
	} {
		runs := 0
		for i := range row {
			if slices.ContainsFunc(m.of(&row[i]), func(f found) bool { return f.Kind == kind }) {
				runs++
			}
		}
		if runs > 0 {
			cell += fmt.Sprint(runs) + m.mark
		}
	}
	if cell == "" {
		return "."
	}
	return cell
}

// complaints lists everything that is not as it should be.
func (b *board) complaints() string {
	var misses, wrong, sites, dumps, failures []string
	for i := range b.verdicts {
		v := &b.verdicts[i]
		name := fmt.Sprintf("%s, run %d", v.task.name(), v.task.order.Run)
		if v.failed() {
			failures = append(failures, fmt.Sprintf("%s: %s", name, v.report.Error))
			continue
		}
		if v.missed() {
			misses = append(misses, fmt.Sprintf("%s: no %s. %s", name, v.task.scenario.Kind, v.task.scenario.Doc))
		}
		for _, f := range slices.Concat(v.early, v.wrong) {
			when := ""
			if f.Early {
				when = ", before the fault"
			}
			wrong = append(wrong, fmt.Sprintf("%s%s: %s", name, when, f.line()))
		}
		for _, f := range v.right {
			if !v.siteRight(f) {
				sites = append(sites, fmt.Sprintf("%s: %s; right were: %s", name, f.line(), strings.Join(v.task.scenario.Sites, ", ")))
			}
		}
		for _, f := range v.report.Found {
			switch {
			case !f.Dumped:
				dumps = append(dumps, fmt.Sprintf("%s: %s has no dump", name, f.Kind))
			case len(f.Differs) > 0:
				dumps = append(dumps, fmt.Sprintf("%s: %s differs in %s", name, f.Kind, strings.Join(f.Differs, ", ")))
			}
		}
	}
	var text strings.Builder
	for _, list := range []struct {
		title string
		lines []string
	}{
		{"Not found", misses}, {"Found, and WRONG", wrong}, {"At a WRONG site", sites},
		{"Dumps that do not agree", dumps}, {"Runs that failed", failures},
	} {
		if len(list.lines) > 0 {
			fmt.Fprintf(&text, "\n%s:\n  %s\n", list.title, strings.Join(list.lines, "\n  "))
		}
	}
	return text.String()
}

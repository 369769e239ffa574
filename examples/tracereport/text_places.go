package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// mostPlaces is how many places are listed for people, of each sort.
const mostPlaces = 5

// places says where goroutines waited for a P, ran and were blocked longest, and where there are more of
// them than before.
func (p *page) places(r *tracewatch.Report) {
	number := func(n uint64) string { return fmt.Sprint(n) }
	p.top(r.Places, "where goroutines waited for a P", row{cells: []string{"sum", "count", "P99", "longest"}, of: "after they had stopped in, or to begin"},
		func(x *tracewatch.Place) int64 { return int64(x.Delay.Sum) },
		func(x *tracewatch.Place) []string {
			return []string{wording.Duration(x.Delay.Sum), number(x.Delay.Count), wording.Duration(x.DelayP99), wording.Duration(x.Delay.Max)}
		})
	p.top(r.Places, "where they ran", row{cells: []string{"sum", "runs", "longest"}, of: "in"},
		func(x *tracewatch.Place) int64 { return int64(x.Running.Sum) },
		func(x *tracewatch.Place) []string {
			return []string{wording.Duration(x.Running.Sum), number(x.Running.Count), wording.Duration(x.Running.Max)}
		})
	p.top(r.Places, "where they were blocked", row{cells: []string{"sum", "waits", "mostly by"}, of: "in"},
		func(x *tracewatch.Place) int64 { return int64(x.BlockedSum) },
		func(x *tracewatch.Place) []string {
			var count uint64
			cause := ""
			for name, s := range x.Blocked {
				count += s.Count
				if most := x.Blocked[cause]; s.Sum > most.Sum || s.Sum == most.Sum && name < cause {
					cause = name
				}
			}
			return []string{wording.Duration(x.BlockedSum), number(count), cause}
		})
	p.top(r.Places, "where they became more", row{cells: []string{"more", "alive", "created"}, of: "they are in, or were created in"},
		func(x *tracewatch.Place) int64 { return int64(x.Growth) },
		func(x *tracewatch.Place) []string {
			return []string{fmt.Sprintf("%+d", x.Growth), fmt.Sprint(x.Alive), number(x.Created)}
		})
}

// top writes the places that have most of something.
func (p *page) top(all []tracewatch.Place, title string, head row, by func(*tracewatch.Place) int64, cells func(*tracewatch.Place) []string) {
	sorted := make([]*tracewatch.Place, 0, len(all))
	for i := range all {
		if by(&all[i]) > 0 {
			sorted = append(sorted, &all[i])
		}
	}
	if len(sorted) == 0 {
		return
	}
	slices.SortStableFunc(sorted, func(a, b *tracewatch.Place) int { return cmp.Compare(by(b), by(a)) })
	p.heading(title)
	var rows []row
	for _, x := range sorted[:min(len(sorted), mostPlaces)] {
		rows = append(rows, row{cells: cells(x), of: place(x.Site)})
	}
	p.table(head, rows)
	if more := len(sorted) - mostPlaces; more > 0 {
		p.line(piece{fmt.Sprintf("  (and %s more: -json has them all)", wording.Many(more, "place")), dim})
	}
}

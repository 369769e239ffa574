package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

const (
	mostChanges     = 5    // names
	mostChangeSites = 4    // of a name
	leastUse        = 0.01 // of the Ps' time
	barColumns      = 20
)

// compared writes what two traces have different.
func (p *page) compared(f *findings) {
	c := f.comparison
	s := green
	if slower(c) {
		s = red
	}
	p.WriteByte('\n')
	p.prose(piece{}, c.Verdict.Sentence, s)
	p.verdict(f.last())
	changes := slices.Clone(c.Requests)
	slices.SortStableFunc(changes, func(a, b tracewatch.Change) int { return cmp.Compare(few(&a), few(&b)) })
	for i := range changes[:min(len(changes), mostChanges)] {
		p.change(&changes[i])
	}
	if more := len(c.Requests) - mostChanges; more > 0 {
		p.line(piece{fmt.Sprintf("(and %s more, which changed less: -json has them all)", wording.Many(more, "name")), dim})
	}
	p.only("only before: ", c.OnlyBefore)
	p.only("only after: ", c.OnlyAfter)
	p.useChanges(c.Uses)
	p.slowest(c.Verdict.Chain)
	if len(f.last().report.Anomalies) > 0 {
		p.heading("found in " + f.last().name())
		p.findings(f.last())
	}
}

// few is 1 if there are so few requests of a name that its P99 says little.
func few(c *tracewatch.Change) int {
	if min(c.CountBefore, c.CountAfter) < enough {
		return 1
	}
	return 0
}

func (p *page) only(label string, names []string) {
	if len(names) == 0 {
		return
	}
	const most = 10
	text := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	p.prose(piece{label, dim}, text, plain)
}

// change writes what became of the requests of one name.
func (p *page) change(c *tracewatch.Change) {
	name := c.Name
	if c.Region {
		name += " (region)"
	}
	p.heading(name)
	rows := []row{{cells: []string{fmt.Sprint(c.CountBefore), fmt.Sprint(c.CountAfter), ""}, of: "requests"}}
	jump := func(of string, j *tracewatch.Jump) {
		rows = append(rows, row{cells: []string{wording.Duration(j.Before), wording.Duration(j.After), signed(j.Change)}, of: of})
	}
	jump("P50", &c.P50)
	jump("P99", &c.P99)
	if c.Queued.Before != 0 || c.Queued.After != 0 {
		jump("P99 of the wait before it began", &c.Queued)
	}
	p.table(row{cells: []string{"before", "after", "change"}}, rows)
	if c.P99.Change == 0 {
		return
	}
	rows = nil
	for d, part := range c.P99.Parts {
		if relevant(part, c.P99.Change) {
			share := c.P99.Share(detectors.Dimension(d))
			n := min(int(math.Round(barColumns*math.Abs(share))), barColumns)
			rows = append(rows, row{cells: []string{fmt.Sprintf("%.0f%%", 100*share), signed(part)}, of: fmt.Sprintf("%-14s %s", detectors.Dimension(d), strings.Repeat("█", n))})
		}
	}
	p.table(row{cells: []string{"share", "change"}, of: "of the P99's change"}, rows)
	for _, s := range c.P99.Sites[:min(len(c.P99.Sites), mostChangeSites)] {
		if relevant(s.Part, c.P99.Change) {
			p.text("    %s %s in %s", signed(s.Part), s.Dimension, place(s.Site))
		}
	}
}

// relevant reports whether a part is two percent of the whole, or more.
func relevant(part, whole time.Duration) bool { return 50*part.Abs() >= whole.Abs() && part != 0 }

// useChanges writes what the Ps were used for more than before, or less.
func (p *page) useChanges(uses []tracewatch.UseChange) {
	var rows []row
	for _, u := range uses[:min(len(uses), mostUses)] {
		if math.Abs(u.After-u.Before) >= leastUse {
			rows = append(rows, row{cells: []string{fmt.Sprintf("%.1f%%", 100*u.Before), fmt.Sprintf("%.1f%%", 100*u.After)}, of: use(u.Class, u.Site)})
		}
	}
	if len(rows) > 0 {
		p.heading("what the Ps were used for")
		p.table(row{cells: []string{"before", "after"}, of: "of"}, rows)
	}
}

// slowest writes what one of the slowest requests did.
func (p *page) slowest(chain []*detectors.Link) {
	if len(chain) == 0 || len(chain[0].Goroutines) == 0 {
		return
	}
	var took time.Duration
	for _, l := range chain {
		took += l.Total
	}
	p.heading("one of the slowest requests after, " + wording.Duration(took))
	p.tree(piece{"  ", plain}, &detectors.Explanation{Goroutine: chain[0].Goroutines[0], Chain: chain})
}

func signed(d time.Duration) string {
	if d < 0 {
		return wording.Duration(d)
	}
	return "+" + wording.Duration(d)
}

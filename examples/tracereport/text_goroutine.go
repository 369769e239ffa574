package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// mostRows is how many rows of a goroutine's line are printed; JSON has all of it.
const mostRows = 60

// goroutine writes what one goroutine did.
func (p *page) goroutine(r *reading) {
	g := r.report.Goroutine
	p.heading(fmt.Sprintf("goroutine %d, %s", g.Goroutine, cmp.Or(g.Start, "the function it began in is not known")))
	switch {
	case g.Born && len(g.Line) > 0 && !(r.part && g.Line[0].Begin <= r.report.From): // else it was before that time
		p.text("  created %s after the trace's beginning%s", r.since(g.Line[0].Begin), creator(g))
	case g.Parent != detectors.NoGoroutine && g.Parent != 0 || g.CreatedAt.Func != "":
		p.text("  created%s", creator(g))
	case r.part:
		p.text("  it was there when that time began")
	default:
		p.text("  it was there when the trace began")
	}
	if len(g.Line) == 0 {
		p.text("  it did nothing in that time")
		return
	}
	last := g.Line[len(g.Line)-1].End
	if g.Ended && g.Left == 0 && !(r.part && last >= r.report.To) {
		p.text("  ended %s after the trace's beginning", r.since(last))
	}
	label := fmt.Sprintf("  %8s  ", wording.Duration(g.Parts.Sum()))
	p.line(append([]piece{{label, plain}}, bar(&g.Parts, p.across()-columns(label))...)...)
	p.prose(piece{"      ", plain}, legend(&g.Parts), plain)
	p.WriteByte('\n')
	var rows []row
	for _, x := range merge(g.Line, mostRows) {
		rows = append(rows, r.stretch(&x))
	}
	p.table(row{cells: []string{"begin", "length"}, of: "what, where ← who ended it"}, rows)
	if g.Left > 0 {
		p.line(piece{fmt.Sprintf("  (and %s more, which are in the sums above)", wording.Many(g.Left, "piece")), dim})
	}
}

func creator(g *tracewatch.GoroutineLine) string {
	by := ""
	if g.Parent > 0 {
		by = fmt.Sprintf(" by goroutine %d", g.Parent)
	}
	if g.CreatedAt.Func != "" {
		by += " in " + place(g.CreatedAt)
	}
	return by
}

// stretch is a piece of a goroutine's line, or several short ones after each other.
type stretch struct {
	tracewatch.GoroutinePiece // the first of them, until the end of the last
	pieces                    int
	longest                   time.Duration
	parts                     detectors.Parts
}

// merge puts pieces after each other together that are short, until there are no more than so many
// stretches or so; short is what it has to be for that.
func merge(line []tracewatch.GoroutinePiece, most int) []stretch {
	longest := time.Duration(0)
	for i := range line {
		longest = max(longest, line[i].End.Sub(line[i].Begin))
	}
	enough := 2 * line[len(line)-1].End.Sub(line[0].Begin) / time.Duration(most)
	for short := time.Duration(0); ; short = max(2*short, longest/4096, 1) {
		all := mergeShorter(line, short, enough)
		if len(all) <= most || short > longest {
			return all
		}
	}
}

// mergeShorter puts pieces after each other together that are each shorter than short, as long as they are
// shorter than enough together.
func mergeShorter(line []tracewatch.GoroutinePiece, short, enough time.Duration) (all []stretch) {
	for _, x := range line {
		length := x.End.Sub(x.Begin)
		if n := len(all); n > 0 {
			if s := &all[n-1]; max(s.longest, length) < short && s.End == x.Begin && x.Begin.Sub(s.Begin) < enough {
				s.End = x.End
				s.pieces++
				s.longest = max(s.longest, length)
				s.parts[x.Dimension] += length
				continue
			}
		}
		s := stretch{GoroutinePiece: x, pieces: 1, longest: length}
		s.parts[x.Dimension] = length
		all = append(all, s)
	}
	return all
}

// stretch writes a stretch of a goroutine's line.
func (r *reading) stretch(s *stretch) row {
	x := row{cells: []string{fmt.Sprintf("%.6f s", s.Begin.Sub(r.begun()).Seconds()), wording.Duration(s.End.Sub(s.Begin))}}
	if s.pieces > 1 {
		x.of, x.style = fmt.Sprintf("%d pieces: %s", s.pieces, legend(&s.parts)), dim
		return x
	}
	l, _ := letter(s.Dimension)
	x.of = l + " " + s.Dimension.String()
	if s.What != "" && s.What != s.Dimension.String() {
		x.of += " (" + s.What + ")"
	}
	if s.Site.Func != "" {
		x.of += " in " + place(s.Site)
	}
	if s.By > 0 {
		x.of += fmt.Sprintf(" ← goroutine %d", s.By)
		if s.BySite.Func != "" {
			x.of += " in " + place(s.BySite)
		}
	}
	if s.Open {
		x.of += " (longer than was seen)"
	}
	return x
}

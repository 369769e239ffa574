package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

// table has what each checker, a column, says of each shape, a row.
type table struct {
	columns []competitor
	rows    []row
	verbose bool
}

type row struct {
	shape leakshapes.Shape
	cells []cell // by column
}

// A verdict says how well a checker did.
type verdict int

const (
	impossible verdict = iota
	broken
	found
	missed
	quiet
	accused
)

// needsGoTest is why a shape skips that cannot do with less than a *testing.T.
const needsGoTest = "needs go test"

// verdict takes a shape that skips for another reason for what it is: it may have leaked before.
func (c cell) verdict(s leakshapes.Shape) verdict {
	leaks, says := s.Stays > 0, c.Accused != ""
	if !leaks && c.Wronged != "" {
		says = true
	}
	switch {
	case c.broken != "" || c.Failed != "":
		return broken
	case c.Skipped == needsGoTest || len(c.Took) == 0:
		return impossible
	case leaks && says:
		return found
	case leaks:
		return missed
	case says:
		return accused
	case c.Skipped != "":
		return impossible
	default:
		return quiet
	}
}

func (c cell) text(s leakshapes.Shape) string {
	switch c.verdict(s) {
	case broken:
		return "BROKEN"
	case impossible:
		return "- " + c.Skipped
	case found:
		return "found" + c.neighbours()
	case missed:
		return "MISSED" + c.neighbours()
	case accused:
		if c.Accused == "" {
			return "neighbour ACCUSED"
		}
		return fmt.Sprintf("ACCUSED in run %d", len(c.Took))
	default:
		return "quiet " + milliseconds(median(c.Took))
	}
}

func (c cell) neighbours() string {
	if c.Wronged == "" {
		return ""
	}
	return ", neighbour ACCUSED"
}

// why is the whole of what was said, for -v.
func (c cell) why() string {
	return strings.TrimSpace(strings.Join([]string{c.broken, c.Failed, c.Accused, c.Wronged}, "\n"))
}

func (t *table) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "SHAPE\tSTAYS")
	for _, c := range t.columns {
		fmt.Fprintf(w, "\t%s", strings.ToUpper(c.name))
	}
	fmt.Fprintln(w)
	for _, r := range t.rows {
		fmt.Fprintf(w, "%s\t%d", r.shape.Name, r.shape.Stays)
		for _, c := range r.cells {
			fmt.Fprintf(w, "\t%s", c.text(r.shape))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	t.printReasons(out)
	fmt.Fprintln(out)
	for i, c := range t.columns {
		fmt.Fprintf(out, "%s: %s\n", c.name, t.summary(i))
	}
}

// printReasons prints what checkers said, if asked to, and what went wrong in any case.
func (t *table) printReasons(out io.Writer) {
	for _, r := range t.rows {
		for i, c := range r.cells {
			if text := c.why(); text != "" && (t.verbose || c.verdict(r.shape) == broken) {
				fmt.Fprintf(out, "\n%s, %s:\n\t%s\n", r.shape.Name, t.columns[i].name, strings.ReplaceAll(text, "\n", "\n\t"))
			}
		}
	}
}

// summary is a checker's line. A test's time is the median of the healthy shapes' medians where it
// had nothing to say.
func (t *table) summary(column int) string {
	var counts [accused + 1]int
	var took []time.Duration
	for _, r := range t.rows {
		c := r.cells[column]
		v := c.verdict(r.shape)
		counts[v]++
		if v == quiet {
			took = append(took, median(c.Took))
		}
	}
	text := fmt.Sprintf("found %d of %d, falsely accused %d of %d",
		counts[found], counts[found]+counts[missed], counts[accused], counts[accused]+counts[quiet])
	if n := counts[impossible]; n > 0 {
		text += fmt.Sprintf(", not possible %d", n)
	}
	if n := counts[broken]; n > 0 {
		text += fmt.Sprintf(", broken %d", n)
	}
	if len(took) > 0 {
		text += fmt.Sprintf(", %s per test", milliseconds(median(took)))
	}
	return text
}

// median is the upper one of two in the middle.
func median(d []time.Duration) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Sorted(slices.Values(d))
	return d[len(d)/2]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

const (
	width   = 88 // of the text
	barFor1 = 40 // the length of the bar that is the whole change

	// These keep it to one screen; JSON has all.
	mostSites = 4
	mostUses  = 3
	mostLines = 10
	leastUse  = 0.01
)

// text prints the answer for people.
func (r *result) text(w io.Writer) error {
	var b bytes.Buffer
	c := r.comparison
	fmt.Fprintln(&b, wrap(c.Verdict.Sentence))
	for i := range c.Requests {
		printChange(&b, &c.Requests[i])
	}
	printUses(&b, c.Uses)
	printSlowest(&b, c.Verdict.Chain)
	fmt.Fprintf(&b, "\n%s\n", wrap(fmt.Sprintf("What had been done: %s So it should be %s, in %s.", r.cause.doc, shares(r.cause.expected()), r.cause.site)))
	_, err := w.Write(b.Bytes())
	return err
}

// printChange prints what became of the requests of one name.
func printChange(w io.Writer, c *tracewatch.Change) {
	fmt.Fprintf(w, "\n%-24s %12s %12s %12s\n", c.Name, "version 1", "version 2", "change")
	fmt.Fprintf(w, "  %-22s %12d %12d\n", "requests", c.CountBefore, c.CountAfter)
	for _, q := range []struct {
		name string
		*tracewatch.Jump
	}{{"P50", &c.P50}, {"P99", &c.P99}} {
		fmt.Fprintf(w, "  %-22s %12s %12s %12s\n", q.name, wording.Duration(q.Before), wording.Duration(q.After), signed(q.Change))
	}
	fmt.Fprintf(w, "of the P99's change\n")
	for _, d := range largest(&c.P99.Parts) {
		share := c.P99.Share(d)
		fmt.Fprintf(w, "  %-22s %11.0f%% %12s  %s\n", d, 100*share, signed(c.P99.Parts[d]), bar(share))
	}
	fmt.Fprintf(w, "in\n")
	for _, s := range c.P99.Sites[:min(len(c.P99.Sites), mostSites)] {
		if relevant(s.Part, c.P99.Change) {
			fmt.Fprintf(w, "  %-22s %12s %12s  %s\n", s.Dimension, "", signed(s.Part), place(s.Site))
		}
	}
}

// largest returns the dimensions that matter of a change, the largest first, and unknown always.
func largest(p *detectors.Parts) (all []detectors.Dimension) {
	sum := p.Sum()
	for d := range p {
		if d := detectors.Dimension(d); relevant(p[d], sum) || d == detectors.DimUnknown {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b detectors.Dimension) int { return cmp.Compare(p[b].Abs(), p[a].Abs()) })
	return all
}

// relevant reports whether a part is one percent of the whole, or more.
func relevant(part, whole time.Duration) bool { return 100*part.Abs() >= whole.Abs() && part != 0 }

func bar(share float64) string {
	n := int(math.Round(barFor1 * math.Abs(share)))
	return strings.Repeat("█", min(n, barFor1+barFor1/2))
}

// printUses prints what the Ps were used for in one version more than in the other.
func printUses(w io.Writer, uses []tracewatch.UseChange) {
	for i, u := range uses[:min(len(uses), mostUses)] {
		if math.Abs(u.After-u.Before) < leastUse {
			break
		}
		if i == 0 {
			fmt.Fprintf(w, "\n%-24s %12s %12s\n", "the Ps were used for", "version 1", "version 2")
		}
		name := place(u.Site)
		switch u.Class {
		case detectors.ClassWatch:
			name = "tracewatch itself"
		case detectors.ClassSystem:
			name = "the runtime: GC workers, mostly"
		}
		fmt.Fprintf(w, "  %-22s %11.1f%% %11.1f%%  %s\n", "", 100*u.Before, 100*u.After, name)
	}
}

// printSlowest prints what one of the slowest requests of version 2 did.
func printSlowest(w io.Writer, chain []*detectors.Link) {
	if len(chain) == 0 {
		return
	}
	var took time.Duration
	for _, l := range chain {
		took += l.Total
	}
	x := detectors.Explanation{Goroutine: chain[0].Goroutines[0], Chain: chain}
	lines := strings.Split(strings.TrimSuffix(x.Tree(), "\n"), "\n")
	fmt.Fprintf(w, "\none of the slowest requests of version 2, %s\n", wording.Duration(took))
	for _, line := range lines[:min(len(lines), mostLines)] {
		fmt.Fprintf(w, "  %s\n", line)
	}
	if more := len(lines) - mostLines; more > 0 {
		fmt.Fprintf(w, "  (and %d lines more)\n", more)
	}
}

func place(s detectors.Site) string {
	if s.Func == "" {
		return "not known where"
	}
	return s.Short() + ", " + filepath.Base(s.Location())
}

// shares writes what is expected: "60% lock, 40% network".
func shares(of map[detectors.Dimension]float64) string {
	var all []string
	for d := range detectors.NumDimensions {
		if s := of[d]; s > 0 {
			all = append(all, fmt.Sprintf("%.0f%% %s", 100*s, d))
		}
	}
	return strings.Join(all, ", ")
}

// wrap breaks a text into lines.
func wrap(text string) string {
	var b strings.Builder
	at := 0
	for i, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case i == 0:
			at = n
		case at+1+n > width:
			b.WriteByte('\n')
			at = n
		default:
			b.WriteByte(' ')
			at += 1 + n
		}
		b.WriteString(word)
	}
	return b.String()
}

func signed(d time.Duration) string {
	if d < 0 {
		return wording.Duration(d)
	}
	return "+" + wording.Duration(d)
}

package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// enough is how many requests have to have met a mark phase, and have not, to compare them.
const enough = 20

// requests is how many names are listed for people.
const requests = 10

// printRequests says what the time of requests went to.
func printRequests(w io.Writer, r *tracewatch.Report) {
	if len(r.Requests) == 0 {
		return
	}
	fmt.Fprintf(w, "\n── requests: tasks and regions, what took most time first ──\n%-48s %10s %10s %10s\n", "", "count", "P50", "P99")
	for i := range r.Requests[:min(len(r.Requests), requests)] {
		q := &r.Requests[i]
		name := q.Name
		if q.Region {
			name += " (region)"
		}
		fmt.Fprintf(w, "%-48s %10d %10s %10s\n    P99: %s\n", name, q.Count, wording.Duration(q.P50.Value), wording.Duration(q.P99.Value), parts(&q.P99.Parts))
		if d := q.Queued.P99.Value; 10*d > q.P99.Value {
			fmt.Fprintf(w, "    before it began it had to wait: P50 %s, P99 %s\n", wording.Duration(q.Queued.P50.Value), wording.Duration(d))
		}
		if e := &q.GC.P99; min(q.GC.Met, q.GC.Spared) >= enough {
			fmt.Fprintf(w, "    GC: %d met a mark phase, P99 %s against %s of the others (%.2g times); of that the GC's own %s, waiting for Ps and locks %s more\n",
				q.GC.Met, wording.Duration(e.Met.Value), wording.Duration(e.Spared.Value), e.Factor(), wording.Duration(e.Own()), wording.Duration(e.Queueing()))
		}
	}
	if more := len(r.Requests) - requests; more > 0 {
		fmt.Fprintf(w, "(and %d more names: -json has them all)\n", more)
	}
	if r.Undivided > 0 {
		fmt.Fprintf(w, "(and %d requests that are not among these: too many names, or too many within each other)\n", r.Undivided)
	}
}

// parts lists what a duration was made of, the largest first, without what is less than a percent.
func parts(p *detectors.Parts) string {
	var dims []detectors.Dimension
	for d, part := range p {
		if part > 0 && 100*part >= p.Sum() {
			dims = append(dims, detectors.Dimension(d))
		}
	}
	slices.SortFunc(dims, func(a, b detectors.Dimension) int { return cmp.Compare(p[b], p[a]) })
	var all []string
	for _, d := range dims {
		all = append(all, fmt.Sprintf("%s %s (%.0f%%)", d, wording.Duration(p[d]), 100*float64(p[d])/float64(max(p.Sum(), time.Nanosecond))))
	}
	return strings.Join(all, ", ")
}

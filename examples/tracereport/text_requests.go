package main

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

const (
	enough       = 20  // requests that there have to be on each side to compare them
	noticeably   = 1.1 // times as long that it takes to be worth a line
	mostRequests = 8   // names that are listed for people
	mostSites    = 2   // places of a P99
)

// requests says what the time of requests went to.
func (p *page) requests(r *tracewatch.Report) {
	if len(r.Requests) == 0 {
		return
	}
	p.heading("requests: tasks and regions, what took most time first")
	for i := range r.Requests[:min(len(r.Requests), mostRequests)] {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.request(&r.Requests[i])
	}
	if more := len(r.Requests) - mostRequests; more > 0 {
		p.line(piece{fmt.Sprintf("(and %s more: -json has them all)", wording.Many(more, "name")), dim})
	}
	if r.Undivided > 0 {
		p.line(piece{fmt.Sprintf("(and %d requests that are not among these: too many names, or too many within each other)", r.Undivided), dim})
	}
}

func (p *page) request(q *detectors.Request) {
	what := "task"
	if q.Region {
		what = "region"
	}
	p.line(piece{q.Name, bold}, piece{"  " + wording.Many(q.Count, what), plain})
	for _, x := range []struct {
		name string
		*detectors.Quantile
	}{{"P50", &q.P50}, {"P99", &q.P99}} {
		if q.Count == 1 && x.name == "P50" {
			continue // it is the same
		}
		label := fmt.Sprintf("  %s %8s  ", x.name, wording.Duration(x.Value))
		p.line(append([]piece{{label, plain}}, bar(&x.Parts, p.across()-columns(label))...)...)
	}
	indent := piece{"      ", plain}
	p.prose(indent, "P99: "+legend(&q.P99.Parts), plain)
	for i, s := range q.P99.Sites {
		if i < mostSites && 10*s.Part >= q.P99.Value {
			p.line(indent, piece{fmt.Sprintf("%s %s in %s", s.Dimension, wording.Duration(s.Part), place(s.Site)), plain})
		}
	}
	if d := q.Queued.P99.Value; 10*d > q.P99.Value {
		p.prose(indent, fmt.Sprintf("before it began it had to wait: P50 %s, P99 %s", wording.Duration(q.Queued.P50.Value), wording.Duration(d)), plain)
	}
	if e := &q.GC.P99; min(q.GC.Met, q.GC.Spared) >= enough && e.Factor() >= noticeably {
		p.prose(indent, fmt.Sprintf("GC: %d met a mark phase, P99 %s against %s of the others (%.2g times); of that the GC's own %s, waiting for Ps and locks %s more",
			q.GC.Met, wording.Duration(e.Met.Value), wording.Duration(e.Spared.Value), e.Factor(), wording.Duration(e.Own()), wording.Duration(e.Queueing())), plain)
	}
}

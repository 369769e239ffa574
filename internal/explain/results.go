package explain

import (
	"cmp"
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// All returns what was divided, by name: what took most time comes first.
func (r *Requests) All() []detectors.Request {
	var all []detectors.Request
	for _, q := range r.names {
		all = append(all, q.result(r.div.code))
	}
	slices.SortFunc(all, func(a, b detectors.Request) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (q *request) result(code *detectors.Code) detectors.Request {
	var all distribution
	all.merge(&q.spared)
	all.merge(&q.met)
	r := detectors.Request{
		Name: q.name, Region: q.region, Count: all.count, Total: all.total, Longest: all.max, Parts: all.parts,
		P50: all.at(0.5, code), P99: all.at(0.99, code), Slowest: q.slowest,
		Queued: detectors.Queued{Count: q.queued.count, P50: q.queued.at(0.5, code), P99: q.queued.at(0.99, code)},
		GC: detectors.GCAmplification{
			Met: q.met.count, Spared: q.spared.count,
			P50: detectors.GCEffect{Met: q.met.at(0.5, code), Spared: q.spared.at(0.5, code)},
			P99: detectors.GCEffect{Met: q.met.at(0.99, code), Spared: q.spared.at(0.99, code)},
		},
	}
	for n, l := range q.loads {
		from, to := loadRange(n)
		r.GC.Loads = append(r.GC.Loads, detectors.GCLoad{
			From: from, To: to, Count: l.long.Count(), P50: l.long.Quantile(0.5), P99: l.long.Quantile(0.99), Parts: l.parts,
		})
	}
	slices.SortFunc(r.GC.Loads, func(a, b detectors.GCLoad) int { return cmp.Compare(a.From, b.From) })
	return r
}

// loadRange returns which numbers of requests in flight a group of [loadOf] has.
func loadRange(n int) (from, to int) {
	if n == 0 {
		return 0, 0
	}
	return 1 << (n - 1), 1<<n - 1
}

// slow returns what is told of one of the slowest requests.
func slow(n namer, s *timeline.Span, parts []Part, through *Division) detectors.SlowRequest {
	r := detectors.SlowRequest{Goroutine: n.id(s.BeganOn), Begin: s.Begin, End: s.End, Chain: n.tree(through)}
	for i := range slices.Backward(parts) {
		p := &parts[i]
		r.Parts[p.Dimension] += p.To.Sub(p.From)
		if len(parts) <= limits.Pieces || len(r.Line) < limits.Pieces-1 {
			r.Line = append(r.Line, detectors.Piece{Begin: p.From, End: p.To, Dimension: p.Dimension, Goroutine: n.id(p.G), Site: n.site(p.Stack)})
		}
	}
	if len(parts) > limits.Pieces {
		r.Line = append(r.Line, detectors.Piece{Begin: r.Line[len(r.Line)-1].End, End: s.End, Goroutine: detectors.NoGoroutine})
	}
	return r
}

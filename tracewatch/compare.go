package tracewatch

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A Comparison says what two reports of the same service have different: by how much its requests
// became slower, and what of that each dimension and each place explains.
type Comparison struct {
	// Verdict is the answer in one sentence.
	Verdict Answer `json:"verdict"`

	// Requests are the names that both reports have, the largest change of a P99 first.
	Requests []Change `json:"requests"`

	// Only are the names that one report alone has, so that there is nothing to compare.
	OnlyBefore []string `json:"only_before,omitempty"`
	OnlyAfter  []string `json:"only_after,omitempty"`

	// Uses is what the Ps were used for more, or less, the largest difference first; empty if one of
	// the reports does not know.
	Uses []UseChange `json:"uses"`
}

// A Change is what became of the requests of one name.
type Change struct {
	Name   string `json:"name"`
	Region bool   `json:"region,omitempty"`
	P50    Jump   `json:"p50"`
	P99    Jump   `json:"p99"`

	// CountBefore and CountAfter are how many requests there were.
	CountBefore uint64 `json:"count_before"`
	CountAfter  uint64 `json:"count_after"`

	// Queued is the P99 of how long requests had been there before their task began. It is all zero unless
	// that is known of twenty in each report.
	Queued Jump `json:"queued_p99"`
}

// largest is the larger of the two changes of a P99.
func (c *Change) largest() time.Duration {
	return max(c.P99.Change.Abs(), c.Queued.Change.Abs())
}

// A Jump is a quantile in both reports.
type Jump struct {
	Before time.Duration   `json:"before_ns"`
	After  time.Duration   `json:"after_ns"`
	Change time.Duration   `json:"change_ns"`
	Parts  detectors.Parts `json:"parts_ns"` // of the change, which is their sum

	// Sites are the places that changed, by dimension and function: a line's number may be another
	// one after an upgrade. The largest part of the change comes first, what went the other way last.
	Sites []detectors.SitePart `json:"sites"`

	// Unexplained is the part of which the trace does not tell what it is: Parts[DimUnknown].
	Unexplained time.Duration `json:"unexplained_ns"`
}

// Share returns what share of the change a dimension explains. It may be negative, and over 1 where others
// are negative.
func (j *Jump) Share(d detectors.Dimension) float64 {
	if j.Change == 0 {
		return 0
	}
	return float64(j.Parts[d]) / float64(j.Change)
}

// Largest returns the dimension that explains most of the change.
func (j *Jump) Largest() detectors.Dimension {
	largest := detectors.DimUnknown
	for d := range j.Parts {
		if j.Share(detectors.Dimension(d)) > j.Share(largest) {
			largest = detectors.Dimension(d)
		}
	}
	return largest
}

// A UseChange is what share of the Ps' time something used in both reports.
type UseChange struct {
	Class  detectors.Class `json:"class"`
	Site   detectors.Site  `json:"site,omitzero"`
	Before float64         `json:"before"` // of the time of all Ps, 0 to 1
	After  float64         `json:"after"`
}

// Compare finds out what made the requests of a service slower, or faster, from one report to the other: of
// two traces of it, under the same load, or of two times of one trace (see [Between]). It is
// quick, and changes nothing. A report that is nil, of a trace that could not be read, has no requests.
func Compare(before, after *Report) *Comparison {
	c := &Comparison{Requests: []Change{}}
	before, after = cmp.Or(before, new(Report)), cmp.Or(after, new(Report))
	type name struct {
		name   string
		region bool
	}
	old := make(map[name]*detectors.Request)
	for i := range before.Requests {
		r := &before.Requests[i]
		old[name{r.Name, r.Region}] = r
	}
	for i := range after.Requests {
		r := &after.Requests[i]
		b := old[name{r.Name, r.Region}]
		if b == nil {
			c.OnlyAfter = append(c.OnlyAfter, r.Name)
			continue
		}
		delete(old, name{r.Name, r.Region})
		change := Change{
			Name: r.Name, Region: r.Region, CountBefore: b.Count, CountAfter: r.Count,
			P50: jump(&b.P50, &r.P50), P99: jump(&b.P99, &r.P99),
		}
		if min(b.Queued.Count, r.Queued.Count) >= enough {
			change.Queued = jump(&b.Queued.P99, &r.Queued.P99)
		}
		c.Requests = append(c.Requests, change)
	}
	for n := range old {
		c.OnlyBefore = append(c.OnlyBefore, n.name)
	}
	slices.Sort(c.OnlyBefore)
	slices.Sort(c.OnlyAfter)
	slices.SortFunc(c.Requests, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.largest(), a.largest()), cmp.Compare(a.Name, b.Name))
	})
	c.Uses = useChanges(before.Uses, after.Uses)
	c.Verdict = c.verdict(after)
	return c
}

// jump sets a quantile against an earlier one.
func jump(before, after *detectors.Quantile) Jump {
	j := Jump{Before: before.Value, After: after.Value, Change: after.Value - before.Value}
	for d := range j.Parts {
		j.Parts[d] = after.Parts[d] - before.Parts[d]
	}
	j.Unexplained = j.Parts[detectors.DimUnknown]
	type place struct {
		dimension detectors.Dimension
		function  string
	}
	at := make(map[place]*detectors.SitePart)
	add := func(sites []detectors.SitePart, sign time.Duration) {
		for _, s := range sites {
			p := at[place{s.Dimension, s.Site.Func}]
			if p == nil {
				p = &detectors.SitePart{Dimension: s.Dimension, Site: s.Site}
				at[place{s.Dimension, s.Site.Func}] = p
			}
			p.Part += sign * s.Part
		}
	}
	add(after.Sites, 1) // first: its lines are the code's that runs now
	add(before.Sites, -1)
	for _, p := range at {
		if p.Part != 0 {
			j.Sites = append(j.Sites, *p)
		}
	}
	up := time.Duration(1)
	if j.Change < 0 {
		up = -1
	}
	slices.SortFunc(j.Sites, func(a, b detectors.SitePart) int {
		return cmp.Or(cmp.Compare(up*b.Part, up*a.Part), cmp.Compare(a.Dimension, b.Dimension), cmp.Compare(a.Site.Func, b.Site.Func))
	})
	return j
}

// useChanges sets what the Ps were used for against what they were used for before.
func useChanges(before, after []ProcUse) []UseChange {
	all := []UseChange{}
	if len(before) == 0 || len(after) == 0 {
		return all
	}
	type place struct {
		class    detectors.Class
		function string
	}
	at := make(map[place]*UseChange)
	of := func(u *ProcUse) *UseChange {
		p := place{u.Class, u.Site.Func}
		if at[p] == nil {
			at[p] = &UseChange{Class: u.Class, Site: u.Site}
		}
		return at[p]
	}
	for i := range after {
		of(&after[i]).After += after[i].Share
	}
	for i := range before {
		of(&before[i]).Before += before[i].Share
	}
	for _, u := range at {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b UseChange) int {
		return cmp.Or(cmp.Compare(math.Abs(b.After-b.Before), math.Abs(a.After-a.Before)), cmp.Compare(a.Site.Func, b.Site.Func), cmp.Compare(a.Class, b.Class))
	})
	return all
}

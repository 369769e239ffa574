package explain

import (
	"cmp"
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// cycles are the GC's mark phases that requests may have met.
type cycles struct {
	all []cycle // in the order of time; only the last may be going on
}

type cycle struct {
	from, to detectors.Time // to is 0 while it goes on
	load     int            // how many requests were in flight when it began
}

// add takes over the mark phases that were met.
func (c *cycles) add(p *timeline.Past) {
	for i := range p.Marks {
		m := &p.Marks[i]
		if n := len(c.all); n > 0 && c.all[n-1].from == m.From {
			c.all[n-1].to = m.To // it was going on
		} else {
			c.all = append(c.all, cycle{m.From, m.To, m.Load})
		}
	}
	if n := len(p.Marks); n > 0 && p.Marks[n-1].To == 0 {
		p.Marks[0] = p.Marks[n-1]
		p.Marks = p.Marks[:1]
	} else {
		p.Marks = p.Marks[:0]
	}
}

// first returns the first phase that was going on at some time between two moments, nil if none was.
func (c *cycles) first(from, to detectors.Time) *cycle {
	i, _ := slices.BinarySearchFunc(c.all, from, func(x cycle, t detectors.Time) int {
		if x.to == 0 {
			return 1
		}
		return cmp.Compare(x.to, t+1)
	})
	if i < len(c.all) && c.all[i].from < to {
		return &c.all[i]
	}
	return nil
}

// forget drops the phases that ended before a moment.
func (c *cycles) forget(before detectors.Time) {
	c.all = slices.DeleteFunc(c.all, func(x cycle) bool { return x.to != 0 && x.to < before })
}

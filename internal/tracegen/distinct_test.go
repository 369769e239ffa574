package tracegen

import (
	"testing"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestDistinct(t *testing.T) {
	for _, v := range versions {
		for _, s := range []Shape{
			{Threads: 2, Procs: 1, Goroutines: 4, Events: 1, Generations: 1},
			{Threads: 16, Procs: 8, Goroutines: 3000, Events: 5000, Generations: 6},
			{Threads: 16, Procs: 8, Events: 5000, Generations: 6, ClockUnit: 1},
			{Threads: 16, Procs: 8, Events: 5000, ClockUnit: 1000}, // more events than units
		} {
			s.Version, s.Distinct = v, true
			data := Random(1, s)
			taken := make(map[wire.Time]bool)
			take := func(at wire.Time, what wire.EventType) {
				if taken[at] {
					t.Errorf("%s: a second event, %s, at %d", s, what, at)
				}
				taken[at] = true
			}
			eachGeneration(t, data, func(g *wire.Generation) {
				for _, sample := range g.Samples {
					take(sample.Time, wire.EvCPUSample)
				}
				for i := range g.Threads {
					for c := g.Cursor(i); c.Next(); {
						take(c.Time, c.Type)
					}
				}
			})
			checkReference(t, data)
		}
	}
}

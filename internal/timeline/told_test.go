package timeline

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// told is an observation in a form that can be compared between readings: stacks and
// sites by their names, because their numbers depend on what was met before.
type told struct {
	event
	at       string // the goroutine's stack, or where it had stopped
	by       string // the other's
	known    bool
	duration time.Duration
	timer    bool
	g        toldGoroutine
}

type toldGoroutine struct {
	id, parent       detectors.GoID
	state            detectors.GoState
	class            detectors.Class
	since, createdAt detectors.Time
	sinceKnown, born bool
	onBehalf, asked  bool
	assisted         bool
	reason           detectors.Reason
	stack, creator   string
	start            detectors.Site
	lastP            detectors.ProcID
}

// teller returns an Observer function that hands on what it is told.
func teller(code *detectors.Code, each func(told)) func(*detectors.Observation) {
	stacks := make(stackTexts[detectors.StackID])
	text := func(id detectors.StackID) string {
		return stacks.of(id, func(yield func(string, string, int, uint64)) {
			for _, f := range code.Frames(id) {
				yield(f.Func, f.File, f.Line, f.PC)
			}
		})
	}
	return func(o *detectors.Observation) {
		x := told{
			event: fromOurs(o, code, stacks), at: text(o.Stack), by: text(o.ByStack),
			known: o.Known, duration: o.Duration, timer: o.FromTimer(),
		}
		if g := o.G; g != nil {
			x.g = toldGoroutine{
				id: g.ID, parent: g.Parent, state: g.State, class: g.Class,
				since: g.Since, createdAt: g.CreatedAt, sinceKnown: g.SinceKnown, born: g.Born,
				onBehalf: g.OnBehalf, asked: g.Asked, assisted: g.NoPreempt, reason: g.Reason, stack: text(g.Stack), creator: text(g.Creator),
				start: code.Site(g.Start), lastP: g.LastP,
			}
		}
		each(x)
	}
}

// tell reads generations and returns all that is told of them.
func tell(data []byte, without ...uint64) (all []told, err error) {
	r := &hearing{code: detectors.NewCode()}
	r.tl = New(r.code, []Observer{{Observes: allKinds, Observe: teller(r.code, func(x told) { all = append(all, x) })}})
	r.read(data, without...)
	return all, r.err
}

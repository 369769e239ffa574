package tracewatch

import (
	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// exact makes a trace's [Totals]. It follows the trace with a timeline of its own, in the
// reference's order and with the reference's moments, on which exactness rests: the
// engine's timeline is free to be quicker than that. It is used by one goroutine at a time.
type exact struct {
	code *detectors.Code
	tl   *timeline.Timeline
	now  sums // of the generation that is read
	all  sums // of those that were read whole
}

func newExact() *exact {
	x := &exact{code: detectors.NewCode()}
	x.tl = timeline.New(x.code, []timeline.Observer{{Observes: sumsKinds, Observe: x.now.observe}})
	x.tl.OnPanic = func(_ int, v any, _ []byte) { panic(v) } // it is no user's, but a fault of ours
	return x
}

// feed goes through one generation. After an error it counts for nothing, and the next one
// starts from nothing.
func (x *exact) feed(raw wire.Raw) error {
	g, err := wire.Parse(raw)
	if err != nil {
		x.tl.Forget()
		return err
	}
	x.now.reset()
	if _, err = x.tl.Feed(g); err != nil {
		return err // the timeline has forgotten everything itself
	}
	x.all.merge(&x.now)
	return nil
}

func (x *exact) totals() Totals { return x.all.totals(x.code) }

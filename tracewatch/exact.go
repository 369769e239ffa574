package tracewatch

import (
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// exact makes a trace's [Totals]. It follows the trace with a timeline of its own, in the
// reference's order and with the reference's moments, on which exactness rests: the
// engine's timeline is free to be quicker than that.
//
// It does so on a goroutine of its own, while the engine judges the same generation and
// the next one is read: where there is a second P, the totals take hardly any time. Its
// methods are for one goroutine at a time.
type exact struct {
	code *detectors.Code
	tl   *timeline.Timeline
	now  sums // of the generation that is read
	all  sums // of those that were read whole

	going sync.WaitGroup
	err   error // the first one
	panic any   // with its stack
}

func newExact() *exact {
	x := &exact{code: detectors.NewCode()}
	x.tl = timeline.New(x.code, []timeline.Observer{{Observes: sumsKinds, Observe: x.now.observe}})
	x.tl.Exact()
	x.tl.OnPanic = func(_ int, v any, _ []byte) { panic(v) } // sums are ours, so it is a fault of ours
	return x
}

// start begins with a generation, once the one before is through.
func (x *exact) start(raw wire.Raw) {
	x.wait()
	x.going.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				x.panic = fmt.Sprintf("%v\n\n%s", v, debug.Stack())
			}
		}()
		if err := x.feed(raw); x.err == nil {
			x.err = err
		}
	})
}

// wait returns when nothing is going on any more. A panic there goes on here, where the
// caller of Analyze can recover from it.
func (x *exact) wait() {
	x.going.Wait()
	if x.panic != nil {
		panic(x.panic)
	}
}

// feed goes through one generation. After an error it counts for nothing, and the next one
// starts from nothing. The generation is parsed here once more because its tables are
// looked up as they are needed, by one goroutine at a time; that costs next to nothing.
func (x *exact) feed(raw wire.Raw) error {
	g, err := wire.Parse(raw)
	if err != nil {
		x.tl.Forget()
		return err
	}
	w, err := x.tl.Feed(g)
	x.took(&w, err)
	return err // after one the timeline has forgotten all of it
}

// beside returns what sums up while another timeline reads, one in the reference's order and
// with its moments: there is no more exact reading of a trace of the first format. The code is
// that timeline's.
func (x *exact) beside(code *detectors.Code) timeline.Observer {
	x.code = code
	return timeline.Observer{Observes: sumsKinds, Observe: x.now.observe}
}

// took adds a window that was read. One that is broken counts for nothing.
func (x *exact) took(w *detectors.Window, err error) {
	if err == nil {
		x.now.add(w.Totals)
		x.all.merge(&x.now)
	}
	x.now.reset()
}

// totals is called after wait.
func (x *exact) totals() Totals { return x.all.totals(x.code) }

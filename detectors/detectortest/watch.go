package detectortest

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A judgement is what a detector said of a window.
type judgement struct {
	number     int // the window's, from 1
	start, end detectors.Time
	code       *detectors.Code
	findings   []detectors.Finding
	verdict    detectors.Verdict
}

// observer hands on what a detector wants. Every field of a Spec that says so is here.
func observer(spec detectors.Spec, state detectors.State) timeline.Observer {
	return timeline.Observer{
		Observes: spec.Observes,
		Observe:  state.Observe,
		Long:     spec.Long,
		AtLeast:  spec.AtLeast,
		Reasons:  spec.Reasons,
	}
}

// watch lets a detector watch a trace, of which it does not see the windows that are lost.
func watch(d detectors.Detector, trace []byte, lost map[int]bool) (all []judgement, err error) {
	code := detectors.NewCode()
	state, err := d.New(code)
	if err != nil {
		return nil, fmt.Errorf("the detector's New: %w", err)
	}
	tl := timeline.New(code, []timeline.Observer{observer(d.Spec(), state)})
	tl.OnPanic = func(_ int, v any, stack []byte) {
		if err == nil {
			err = fmt.Errorf("the detector's Observe panics: %v\n%s", v, stack)
		}
	}
	split := wire.Splitter{Want: func(number uint64) bool { return !lost[int(number)] }, Emit: func(raw wire.Raw) {
		if err != nil {
			return
		}
		g, wrong := wire.Parse(raw)
		if wrong != nil {
			err = wrong
			return
		}
		w, wrong := tl.Feed(g)
		if wrong != nil {
			err = wrong
			return
		}
		if err != nil { // Observe has panicked
			return
		}
		j := judgement{number: int(g.Number), start: w.Start, end: w.End, code: code}
		j.findings, j.verdict = state.Judge(&w)
		all = append(all, j)
	}}
	if _, wrong := split.Write(trace); wrong != nil && err == nil {
		err = wrong
	}
	if wrong := split.Close(); wrong != nil && err == nil {
		err = wrong
	}
	return all, err
}

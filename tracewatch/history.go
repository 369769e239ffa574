package tracewatch

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// history keeps the newest generations that were analysed.
type history struct {
	maxBytes int
	maxAge   time.Duration
	bytes    int
	past     []pastGeneration
	dropped  func(data []byte) // is given the memory of what is forgotten, if nobody else has it; nil: nobody wants it
}

type pastGeneration struct {
	explain.Generation
	given bool // somebody else has it too
}

// add keeps one generation and forgets what is beyond the limits, or before a gap: a
// trace with a hole in it would not be one.
func (h *history) add(raw wire.Raw, w *detectors.Window) {
	if n := len(h.past); n > 0 && raw.Number != h.past[n-1].Raw.Number+1 {
		h.clear()
	}
	h.past = append(h.past, pastGeneration{Generation: explain.Generation{Raw: raw, Start: w.Start, End: w.End}})
	h.bytes += len(raw.Data)
	drop := 0
	for drop < len(h.past)-1 && (h.bytes > h.maxBytes || w.End.Sub(h.past[drop].End) > h.maxAge) {
		p := &h.past[drop]
		h.bytes -= len(p.Raw.Data)
		if !p.given && h.dropped != nil {
			h.dropped(p.Raw.Data)
		}
		drop++
	}
	n := copy(h.past, h.past[drop:])
	clear(h.past[n:])
	h.past = h.past[:n]
}

// keep keeps a trace that cannot be cut, and is all that there will be, if it is within the
// limits.
func (h *history) keep(raw wire.Raw) {
	h.clear()
	if len(raw.Data) <= h.maxBytes {
		h.past = append(h.past, pastGeneration{Generation: explain.Generation{Raw: raw, Start: math.MinInt64, End: math.MaxInt64}})
		h.bytes = len(raw.Data)
	}
}

func (h *history) clear() {
	clear(h.past)
	h.past, h.bytes = h.past[:0], 0
}

// since returns the generations from that moment on, and the one before: what was
// going on at the moment began there. Complete is false if that moment is not in
// memory any more.
func (h *history) since(t detectors.Time) (gens []explain.Generation, complete bool) {
	first := len(h.past)
	for first > 0 && h.past[first-1].End > t {
		first--
	}
	complete = first < len(h.past) && h.past[first].Start <= t
	first = max(first-1, 0)
	for i := range h.past[first:] {
		p := &h.past[first+i]
		p.given = true
		gens = append(gens, p.Generation)
	}
	return gens, complete
}

// all returns every generation in memory.
func (h *history) all() []explain.Generation {
	gens := make([]explain.Generation, len(h.past))
	for i := range h.past {
		h.past[i].given = true
		gens[i] = h.past[i].Generation
	}
	return gens
}

package tracewatch

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
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
	raw        wire.Raw
	start, end detectors.Time
	given      bool // somebody else has it too
}

// add keeps one generation and forgets what is beyond the limits, or before a gap: a
// trace with a hole in it would not be one.
func (h *history) add(raw wire.Raw, w *detectors.Window) {
	if n := len(h.past); n > 0 && raw.Number != h.past[n-1].raw.Number+1 {
		h.clear()
	}
	h.past = append(h.past, pastGeneration{raw: raw, start: w.Start, end: w.End})
	h.bytes += len(raw.Data)
	drop := 0
	for drop < len(h.past)-1 && (h.bytes > h.maxBytes || w.End.Sub(h.past[drop].end) > h.maxAge) {
		p := &h.past[drop]
		h.bytes -= len(p.raw.Data)
		if !p.given && h.dropped != nil {
			h.dropped(p.raw.Data)
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
		h.past = append(h.past, pastGeneration{raw: raw, start: math.MinInt64, end: math.MaxInt64})
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
func (h *history) since(t detectors.Time) (raws []wire.Raw, complete bool) {
	first := len(h.past)
	for first > 0 && h.past[first-1].end > t {
		first--
	}
	complete = first < len(h.past) && h.past[first].start <= t
	first = max(first-1, 0)
	for i := range h.past[first:] {
		p := &h.past[first+i]
		p.given = true
		raws = append(raws, p.raw)
	}
	return raws, complete
}

// all returns every generation in memory.
func (h *history) all() []wire.Raw {
	raws := make([]wire.Raw, len(h.past))
	for i := range h.past {
		h.past[i].given = true
		raws[i] = h.past[i].raw
	}
	return raws
}

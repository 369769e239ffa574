package tracewatch

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// A view is a part of a report that is made only if it is asked for.
type view interface {
	// observer says what it has to be told of, each time that an engine begins to read.
	observer() timeline.Observer

	// window is called at the end of each window.
	window(w *detectors.Window)
}

// interval is the time that a report is of.
type interval struct {
	from, to time.Duration // since the trace's first moment; a to of 0 is its end
	origin   detectors.Time
	begun    bool
}

// begins says when the trace began, if that was not said before: it is the first moment that anybody
// was told.
func (i *interval) begins(at detectors.Time) {
	if !i.begun {
		i.begun, i.origin = true, at
	}
}

// has reports whether what ends at a moment is asked for.
func (i *interval) has(end detectors.Time) bool {
	i.begins(end)
	since := end.Sub(i.origin)
	return since >= i.from && (i.to == 0 || since < i.to)
}

// overlaps reports whether some of a time is asked for.
func (i *interval) overlaps(start, end detectors.Time) bool {
	i.begins(start)
	return end.Sub(i.origin) > i.from && (i.to == 0 || start.Sub(i.origin) < i.to)
}

// touches is overlaps for what may be a moment only.
func (i *interval) touches(start, end detectors.Time) bool {
	i.begins(start)
	return end.Sub(i.origin) >= i.from && (i.to == 0 || start.Sub(i.origin) < i.to)
}

// cut returns what of a time is asked for.
func (i *interval) cut(start, end detectors.Time) (from, to detectors.Time) {
	i.begins(start)
	from, to = min(max(start, later(i.origin, i.from)), end), end
	if i.to != 0 {
		to = min(end, later(i.origin, i.to))
	}
	return from, max(from, to)
}

// later is the moment d after t, or the last there is.
func later(t detectors.Time, d time.Duration) detectors.Time {
	if t > 0 && d > time.Duration(math.MaxInt64-t) {
		return math.MaxInt64
	}
	return t.Add(d)
}

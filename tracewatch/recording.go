package tracewatch

import (
	"context"
	"io"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
)

// A Recording is a piece of trace in memory. It does not change, and is safe for concurrent use; its bytes
// are in memory for as long as it is held.
type Recording struct {
	gens []explain.Generation
	wall func(detectors.Time) time.Time
}

// Recording returns the trace in memory, up to at most a second ago: what is newer than that is taken from the
// runtime and analysed first. It returns [ErrNoTrace] if there is none yet, and [ErrStopped].
func (w *Watcher) Recording() (*Recording, error) { return nil, ErrNoTrace }

// Span returns the time that it covers, by the trace's clock.
func (r *Recording) Span() (from, to detectors.Time) { return 0, 0 }

// Last returns the last part of it: at least that long, if it has so much.
func (r *Recording) Last(d time.Duration) *Recording { return r }

// Between returns the part of it that has a time, in whole windows, with the one before: what was going on
// at from began there. It is nil if there is nothing.
func (r *Recording) Between(from, to detectors.Time) *Recording { return nil }

// WriteTo writes it as a trace that go tool trace and [Analyze] read.
func (r *Recording) WriteTo(w io.Writer) (int64, error) { return writeTrace(w, r.gens) }

// Report says what is in it: everything that [Analyze] does but for the totals, and without detectors: see
// [Watcher.Anomalies] for what those found. Of the options those that are for Analyze alone matter.
func (r *Recording) Report(ctx context.Context, opts ...Option) (*Report, error) {
	return nil, ErrNoTrace
}

// Cell says who had waited for a P that started on it between two moments, and why.
func (r *Recording) Cell(ctx context.Context, p detectors.ProcID, from, to detectors.Time) (*Cell, error) {
	return nil, ErrNoTrace
}

// Heat returns the strips of the heat maps that come after a number, the oldest first, at most so many. Of the
// last ten minutes there are always some, at least.
func (w *Watcher) Heat(after uint64, most int) []HeatStrip { return nil }

// Health says how the watch itself is doing.
func (w *Watcher) Health() Health { return Health{} }

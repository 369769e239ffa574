package tracewatch

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
)

// A Recording is a piece of trace in memory. It does not change, and is safe for concurrent use. Its bytes stay
// in memory for as long as it is held.
type Recording struct {
	gens []explain.Generation
	from detectors.Time // nothing before that is asked for
	to   detectors.Time
}

// Recording returns the trace in memory, of which the end is no older than that: if it is, what is new is taken from
// the runtime and analysed first, for which the runtime lists all goroutines anew. It waits for an analysis that
// is going on. The error is [ErrNoTrace] if there is none, and [ErrStopped].
func (w *Watcher) Recording(noOlder time.Duration) (*Recording, error) {
	select {
	case <-w.done:
		return nil, ErrStopped
	default:
	}
	asked := time.Now()
	old := func() bool {
		s := w.snapshot.Load()
		return s.stats.Windows == 0 || asked.Sub(s.polled) > noOlder
	}
	if old() {
		w.analysis.Lock()
		if old() { // else somebody else has just done it
			w.takeLocked(w.intake.Collect)
		}
		w.analysis.Unlock()
	}
	w.analysis.Lock()
	gens := w.engine.history.all()
	w.analysis.Unlock()
	if len(gens) == 0 {
		return nil, ErrNoTrace
	}
	return &Recording{gens, gens[0].Start, gens[len(gens)-1].End}, nil
}

// Span returns the time that it is of, by the trace's clock.
func (r *Recording) Span() (from, to detectors.Time) { return r.from, r.to }

// Last returns the last part of it.
func (r *Recording) Last(d time.Duration) *Recording {
	if r.from >= r.to {
		return r
	}
	last, _ := r.Between(r.to.Add(-max(d, 1)), r.to) // of which there is always some
	return last
}

// Between returns the part of it that has a time. The error is [ErrNoTrace] if it has none of it.
func (r *Recording) Between(from, to detectors.Time) (*Recording, error) {
	from, to = max(from, r.from), min(to, r.to)
	if from >= to {
		return nil, r.nothing()
	}
	first := 0
	for first < len(r.gens)-1 && r.gens[first].End <= from {
		first++
	}
	last := len(r.gens)
	for last > first+1 && r.gens[last-1].Start >= to {
		last--
	}
	// With the one before: what was going on began there.
	return &Recording{r.gens[max(0, first-1):last], from, to}, nil
}

// WriteTo writes it, in whole generations, as a trace that go tool trace and [Analyze] read.
func (r *Recording) WriteTo(w io.Writer) (int64, error) {
	if len(r.gens) == 0 {
		return 0, ErrNoTrace
	}
	return writeTrace(w, r.gens)
}

// nothing is the error of who asks for what is not there.
func (r *Recording) nothing() error {
	return fmt.Errorf("%w: what there is begins at %d and ends at %d ns, by the trace's clock", ErrNoTrace, r.from, r.to)
}

// Report says what is in it, as [Analyze] would, but without the totals and without detectors: what those found
// [Watcher.Anomalies] has. Of the options those matter that are for Analyze alone, but for [Between]. It works for
// about a tenth of a second for ten megabytes of trace, on a goroutine of the watch's, and rests for as long, so that
// the service has half a P of it. It ends early with ctx.
func (r *Recording) Report(ctx context.Context, opts ...Option) (*Report, error) {
	if len(r.gens) == 0 {
		return nil, ErrNoTrace
	}
	cfg, err := newConfig(append(slices.Clone(opts), WithDetectors()))
	if err != nil {
		return nil, err
	}
	begin := r.gens[0].Start
	if cfg.from, cfg.to = r.from.Sub(begin), 0; r.to < r.gens[len(r.gens)-1].End {
		cfg.to = r.to.Sub(begin)
	}
	cfg.historyBytes, cfg.historyAge = math.MaxInt, math.MaxInt64
	last := r.gens[len(r.gens)-1].Raw.Number
	var report *Report
	err = onOwnGoroutine(func() error {
		a, err := newAnalysis(ctx, cfg)
		if err != nil {
			return err
		}
		a.interval.begins(begin)
		a.listen()
		for _, g := range r.gens {
			if err := ctx.Err(); err != nil {
				return err
			}
			begun := time.Now()
			if _, err := a.feed(g.Raw); err != nil {
				return fmt.Errorf("tracewatch: %w", err)
			}
			if g.Raw.Number != last { // the service comes first: as much time is left to it
				pause(ctx, time.Since(begun))
			}
		}
		report = a.report(Totals{})
		return nil
	})
	return report, err
}

// pause waits for a time, or for the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Cell says who had waited for a P that started on it between two moments, and why. The error is [ErrNoTrace] if
// the recording has nothing of that time. It takes some tens of milliseconds, on a goroutine of the watch's, and
// ends early with ctx.
func (r *Recording) Cell(ctx context.Context, p detectors.ProcID, from, to detectors.Time) (c *Cell, err error) {
	if from >= r.to || to <= r.from || from >= to {
		return nil, r.nothing()
	}
	err = onOwnGoroutine(func() error {
		c, err = cell(ctx, r.gens, p, from, to)
		return err
	})
	return c, err
}

// onOwnGoroutine lets f run on a goroutine that the watch knows as its own: what it costs is the watch's, and no
// detector takes it for the service's. A panic in f is an error: a bug of ours costs an answer.
func onOwnGoroutine(f func() error) (err error) {
	done := make(chan struct{})
	go answer(f, &err, done)
	<-done
	return err
}

func answer(f func() error, err *error, done chan<- struct{}) {
	defer close(done)
	defer func() {
		if v := recover(); v != nil {
			*err = fmt.Errorf("tracewatch: a bug in tracewatch, please report it: %v\n%s", v, panicStack())
		}
	}()
	*err = f()
}

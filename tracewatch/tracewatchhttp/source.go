package tracewatchhttp

import (
	"context"
	"io"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// source is what the handler asks of a watcher.
type source interface {
	Stats() tracewatch.Stats
	Verdicts() []tracewatch.Verdict
	Anomalies() []*tracewatch.Anomaly
	Heat(after uint64, most int) []tracewatch.HeatStrip
	Health() tracewatch.Health

	// files returns the files of the anomaly with a number, "" for one that was not written. Known is false if
	// there is no such anomaly any more.
	files(number uint64) (dump, allocs string, known bool)

	// recording is the trace in memory, as it was at most so long ago.
	recording(noOlder time.Duration) (recording, error)
	kinds() []tracewatch.ProfileKind
	draw(w io.Writer, heat []tracewatch.HeatStrip, p tracewatch.Picture, svg bool) error
}

// recording is what the handler asks of a [tracewatch.Recording].
type recording interface {
	io.WriterTo
	Span() (from, to detectors.Time)
	last(d time.Duration) recording
	between(from, to detectors.Time) (recording, error)
	Report(ctx context.Context, opts ...tracewatch.Option) (*tracewatch.Report, error)
	Cell(ctx context.Context, p detectors.ProcID, from, to detectors.Time) (*tracewatch.Cell, error)
	profile(ctx context.Context, w io.Writer, kind tracewatch.ProfileKind) error
}

// watched is the source that a watcher is.
type watched struct{ *tracewatch.Watcher }

func (w watched) files(number uint64) (dump, allocs string, known bool) {
	for _, a := range w.Anomalies() {
		if a.Number == number {
			return a.Dump(), a.AllocProfile(), true
		}
	}
	return "", "", false
}

func (w watched) recording(noOlder time.Duration) (recording, error) {
	rec, err := w.Recording(noOlder)
	if err != nil {
		return nil, err
	}
	return recorded{rec}, nil
}

func (watched) kinds() []tracewatch.ProfileKind { return tracewatch.ProfileKinds() }

func (watched) draw(w io.Writer, heat []tracewatch.HeatStrip, p tracewatch.Picture, svg bool) error {
	report := &tracewatch.Report{Heat: heat}
	if svg {
		return report.WriteSVG(w, p)
	}
	return report.WritePNG(w, p)
}

// recorded is the recording that a tracewatch.Recording is.
type recorded struct{ *tracewatch.Recording }

func (r recorded) last(d time.Duration) recording { return recorded{r.Last(d)} }

func (r recorded) between(from, to detectors.Time) (recording, error) {
	part, err := r.Between(from, to)
	if err != nil {
		return nil, err
	}
	return recorded{part}, nil
}

func (r recorded) profile(ctx context.Context, w io.Writer, kind tracewatch.ProfileKind) error {
	report, err := r.Report(ctx, tracewatch.WithProfiles(kind))
	if err != nil {
		return err
	}
	return report.WriteProfile(w, kind)
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// A reading is what was read of one file.
type reading struct {
	file   string
	report *tracewatch.Report // nil if there is nothing to report on
	err    error              // why it is not all of it
	format string             // the Go release that names the format, "" if it is none
	part   bool               // it is of a part only
	from   time.Duration      // since when, as an offset from the beginning
	hidden int                // anomalies that are less than -min-severity
}

// begun is the trace's first moment, by its clock.
func (r *reading) begun() detectors.Time { return r.report.From.Add(-r.from) }

// name is what the file is called.
func (r *reading) name() string {
	if r.file == "-" {
		return "standard input"
	}
	return r.file
}

// read analyses a file.
func (p *program) read(ctx context.Context, o *options, file string) *reading {
	r := &reading{file: file}
	in, size := p.stdin, int64(0)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			r.err = err
			return r
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
		in = f
	} else {
		pipe := interruptible(ctx, in)
		defer pipe.Close() // also if not all of it was read
		in = pipe
	}
	progress := p.progress(size)
	counting := &countingReader{r: in, progress: progress}
	r.report, r.err = r.analyze(ctx, o, counting)
	progress.done()
	r.format = counting.format()
	if r.report != nil {
		all := r.report.Anomalies
		r.report.Anomalies = slices.DeleteFunc(slices.Clone(all), func(a *tracewatch.Anomaly) bool { return a.Severity < o.minSeverity })
		r.hidden = len(all) - len(r.report.Anomalies)
	}
	return r
}

// analyze reads a trace, or the part of it that is asked for.
func (r *reading) analyze(ctx context.Context, o *options, in io.Reader) (*tracewatch.Report, error) {
	var begun time.Time
	if o.since.isClock() || o.until.isClock() {
		var head bytes.Buffer
		begun = beginning(ctx, io.TeeReader(in, &head))
		in = io.MultiReader(&head, in)
	}
	from, to, err := o.between(begun)
	if err != nil {
		return nil, asked{err}
	}
	r.from, r.part = from, o.since.given() || o.until.given()
	report, err := tracewatch.Analyze(ctx, in, append(o.analysis(), tracewatch.Between(from, to))...)
	if err == nil && report.Stats.Windows > 0 && report.From >= report.To {
		return nil, asked{fmt.Errorf("-since %s is after its end", o.since.text)}
	}
	return report, err
}

// asked is an error of what was asked for, not of the trace.
type asked struct{ error }

// hotCells is how many cells of the heat map are explained on the page.
const hotCells = 32

// analysis is what the report is to have.
func (o *options) analysis() (opts []tracewatch.Option) {
	var kinds []tracewatch.ProfileKind
	shown, cells := o.stdout == nil && !o.prom && len(o.files) == 1, false
	for i := range o.outputs {
		switch x := &o.outputs[i]; {
		case x.kind != "":
			if !slices.Contains(kinds, x.kind) {
				kinds = append(kinds, x.kind)
			}
		case x.flag == "-html":
			shown, cells = true, true
		}
	}
	if shown && o.places {
		opts = append(opts, tracewatch.WithPlaces())
	}
	if cells {
		opts = append(opts, tracewatch.WithHotCells(hotCells))
	}
	if len(kinds) > 0 {
		opts = append(opts, tracewatch.WithProfiles(kinds...))
	}
	if o.goroutine != detectors.NoGoroutine {
		opts = append(opts, tracewatch.WithGoroutine(o.goroutine))
	}
	return opts
}

// beginning returns the time of day at which a trace begins, zero if it does not tell. It reads no more than
// the first window.
func beginning(ctx context.Context, in io.Reader) time.Time {
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	report, _ := tracewatch.Analyze(ctx, in, tracewatch.WithDetectors(firstWindow{enough}))
	if report == nil || report.At == nil {
		return time.Time{}
	}
	return *report.At
}

// firstWindow is a detector that finds nothing, and ends the reading.
type firstWindow struct{ enough func() }

func (firstWindow) Spec() detectors.Spec {
	return detectors.Spec{Kind: "first-window", Doc: "ends the reading"}
}

func (f firstWindow) New(*detectors.Code) (detectors.State, error) { return f, nil }

func (firstWindow) Observe(*detectors.Observation) {}

func (f firstWindow) Judge(*detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	f.enough()
	return nil, detectors.Verdict{}
}

// interruptible lets a reading end with ctx though nothing comes from a terminal or a pipe.
func interruptible(ctx context.Context, r io.Reader) *io.PipeReader {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(pw, r)
		pw.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { pw.CloseWithError(ctx.Err()) })
	return pr
}

// complain says what is wrong, where, and what to do about it.
func (p *program) complain(r *reading) {
	what := strings.TrimPrefix(r.err.Error(), "tracewatch: ")
	if !strings.Contains(what, r.name()) { // the operating system's errors name it
		what = r.name() + ": " + what
	}
	var advice string
	switch {
	case errors.As(r.err, new(asked)):
		advice = "-h explains how it is used."
	case r.report == nil:
		advice = "Give it an execution trace of Go; -h says where they come from."
	case r.report.Stats.Windows == 0:
		advice = "No generation of it is whole, so there is nothing to report. Record again, or copy the file again."
	default:
		advice = fmt.Sprintf("What is printed is of what is whole, %d of its generations. Record again, or copy the file again, for the rest.", r.report.Stats.Windows)
	}
	p.say("%s\n%s", what, advice)
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

const (
	// room is how much of the trace is kept, and late how much longer than asked for starting a service
	// and ending its trace may take on a busy machine.
	room = 256 << 20
	late = time.Minute
)

// record runs one version of a service under its load, and returns the trace of so much of it. The
// watch begins first: of what a goroutine has been waiting for since before, a trace does not tell.
func record(ctx context.Context, c *cause, v version, d time.Duration) (data []byte, err error) {
	w, err := tracewatch.Start(context.WithoutCancel(ctx), tracewatch.WithHistory(room, d+late))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.Stop()) }()
	s, err := start(c, v)
	if err != nil {
		return nil, fmt.Errorf("starting version %d: %w", v, err)
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	l := startLoad(c.load, s.front.url)
	defer func() { err = errors.Join(err, l.stop()) }()
	if err := sleep(ctx, d); err != nil {
		return nil, err
	}
	var trace bytes.Buffer
	if _, err := w.WriteTrace(&trace); err != nil {
		return nil, fmt.Errorf("writing the trace of version %d: %w", v, err)
	}
	return trace.Bytes(), nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// find records both versions, has each trace read, and compares them.
func find(ctx context.Context, c *cause, d time.Duration, note func(string, ...any)) (*result, error) {
	r := &result{cause: c}
	for _, v := range []version{v1, v2} {
		note("version %d: running for %v under load", v, d)
		trace, err := record(ctx, c, v, d)
		if err != nil {
			return nil, err
		}
		report, err := tracewatch.Analyze(ctx, bytes.NewReader(trace))
		if err != nil {
			return nil, fmt.Errorf("reading the trace of version %d: %w", v, err)
		}
		note("version %d: a trace of %.1f MB, %d events", v, float64(len(trace))/1e6, report.Stats.Events)
		r.traces[v-v1], r.reports[v-v1] = trace, report
	}
	r.comparison = tracewatch.Compare(r.reports[0], r.reports[1])
	return r, nil
}

// A result is what was found of both versions, the first one first.
type result struct {
	cause      *cause
	traces     [2][]byte
	reports    [2]*tracewatch.Report
	comparison *tracewatch.Comparison
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// childArg is the first argument of a child process. The second is its order.
const childArg = "-run-one-and-report"

const (
	// warmUp is how long a program with a fault runs healthy, so that the watcher knows what is
	// usual.
	warmUp = 3 * time.Second

	// window is how long the runtime's generations last; each poll of the watcher cuts one in two.
	window = time.Second

	// patience is how long a fault may go unfound, beyond the scenario's Settle.
	patience = 12 * time.Second

	// aftermath is how long it goes on after it was found.
	aftermath = time.Second
)

// childMain runs one scenario and writes the report. It ends early when its standard input does:
// then the parent has ended, or wants it to.
func childMain(arg string, stdin io.Reader, stdout, stderr io.Writer) int {
	signal.Ignore(os.Interrupt) // Ctrl-C is the parent's
	var o order
	if err := json.Unmarshal([]byte(arg), &o); err != nil {
		fmt.Fprintln(stderr, "scoreboard: the order of a child:", err)
		return 2
	}
	all := programs()
	i := slices.IndexFunc(all, func(s scenario.Scenario) bool { return s.Name == o.Scenario })
	if i < 0 {
		fmt.Fprintf(stderr, "scoreboard: there is no scenario %q\n", o.Scenario)
		return 2
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		io.Copy(io.Discard, stdin)
		cancel()
	}()
	begun := time.Now()
	rep, err := runOne(ctx, all[i], o)
	if err != nil {
		rep.Error = err.Error()
	}
	rep.Took = time.Since(begun)
	if err := json.NewEncoder(stdout).Encode(rep); err != nil {
		fmt.Fprintln(stderr, "scoreboard: writing the report:", err)
		return 1
	}
	return 0
}

// told is an anomaly and when it came.
type told struct {
	*tracewatch.Anomaly
	at time.Time
}

// runOne watches one program from its start on.
func runOne(ctx context.Context, s scenario.Scenario, o order) (report, error) {
	news := make(chan told, 1024)
	// The watcher ends when it is told, not with ctx, and before the program: how a program
	// comes down is no scenario.
	w, err := tracewatch.Start(context.WithoutCancel(ctx), watcherOptions(s.Watch, o.Dumps, news)...)
	if err != nil {
		return report{}, err
	}
	begun := time.Now()
	p, err := s.Start(ctx)
	if err != nil {
		return report{}, errors.Join(err, w.Stop())
	}
	onset, all, err := watch(ctx, s, o, p, begun, news)
	err = errors.Join(err, w.Stop())
	err = errors.Join(err, p.Stop())
	close(news)
	for t := range news {
		all = append(all, t)
	}
	stats := w.Stats()
	rep := report{
		Windows: stats.Windows, Coverage: stats.Coverage, Lost: stats.LostGenerations, Suppressed: stats.Suppressed,
		Events: stats.Events, WatchShare: stats.WatchShare, HistoryBytes: stats.HistoryBytes,
	}
	for _, t := range all {
		rep.Found = append(rep.Found, finding(ctx, t, onset, s.Settle))
	}
	return rep, errors.Join(err, ctx.Err())
}

// watcherOptions returns what the watcher of a scenario is told. The cooldown is the default, as a
// service would have it.
func watcherOptions(w scenario.Watch, dumps string, news chan<- told) []tracewatch.Option {
	ds := detectors.Default()
	if w.Hold > 0 {
		ds = append(ds, holder{w.Hold})
	}
	opts := []tracewatch.Option{
		tracewatch.WithDetectors(ds...),
		tracewatch.WithDumpDir(dumps),
		tracewatch.OnAnomaly(func(_ context.Context, a *tracewatch.Anomaly) { news <- told{a, time.Now()} }),
	}
	if w.HistoryBytes > 0 {
		opts = append(opts, tracewatch.WithHistory(w.HistoryBytes, 30*time.Second))
	}
	if w.HostRoot != "" {
		opts = append(opts, tracewatch.WithHostRoot(w.HostRoot))
	}
	if w.Stream {
		opts = append(opts, tracewatch.WithStream())
	}
	return opts
}

// watch lets a program run, break, and be found out. It returns when the fault began, or, of a
// healthy program, when the program was started.
func watch(ctx context.Context, s scenario.Scenario, o order, p scenario.Program, begun time.Time, news <-chan told) (onset time.Time, all []told, err error) {
	if s.Kind == "" {
		all, _ = gather(ctx, o.Healthy-time.Since(begun), news, "", begun)
		return begun, all, nil
	}
	all, _ = gather(ctx, warmUp, news, "", begun)
	if ctx.Err() != nil {
		return begun, all, nil
	}
	onset = time.Now()
	if err := p.Break(o.Strength); err != nil {
		return onset, all, fmt.Errorf("the fault could not begin: %w", err)
	}
	more, found := gather(ctx, patience+s.Settle, news, s.Kind, onset)
	all = append(all, more...)
	if found {
		more, _ = gather(ctx, aftermath, news, "", onset)
		all = append(all, more...)
	}
	return onset, all, nil
}

// gather takes what the watcher tells for so long, or until something of that kind is told that
// is not from before the onset.
func gather(ctx context.Context, d time.Duration, news <-chan told, kind string, onset time.Time) (all []told, found bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return all, false
		case <-timer.C:
			return all, false
		case t := <-news:
			all = append(all, t)
			if t.Kind == kind && t.End.After(onset) {
				return all, true
			}
		}
	}
}

// finding describes an anomaly, and reads its dump.
func finding(ctx context.Context, t told, onset time.Time, settle time.Duration) found {
	a := t.Anomaly
	began := a.TraceEnd.Add(onset.Sub(a.End)) // on the trace's clock
	f := found{
		Kind: a.Kind, Severity: a.Severity.String(), Site: a.Site.String(), Location: a.Site.Location(), Summary: a.Summary,
		Early: !a.End.After(onset), After: t.at.Sub(onset),
		Windows: max(0, int(a.TraceEnd.Sub(began.Add(settle))/window)),
		Dumped:  a.Dump() != "", Evidence: a.Evidence,
	}
	f.Evidence.HeatMap = nil // long, and for a picture
	if f.Dumped {
		f.Differs = differs(ctx, a)
	}
	return f
}

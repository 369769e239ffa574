package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// printer says what happens: anomalies on standard output, and there in JSON if asked
// for, everything else beside them or, with JSON, on standard error.
type printer struct {
	mu    sync.Mutex // callbacks come from the watcher's goroutine
	out   io.Writer
	notes io.Writer
	json  bool
	dump  string // a dump to name at the end
	found int
}

func newPrinter(o options, stdout, stderr io.Writer) *printer {
	p := &printer{out: stdout, notes: stdout, json: o.json}
	if o.json {
		p.notes = stderr
	}
	return p
}

func (p *printer) announce(f shop.Fault, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.notes, "\n── %s, for %v ── %s\n", f, d, f.Doc())
}

func (p *printer) page(url string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.notes, "The debug page is at %s\n", url)
}

func (p *printer) served(n int, p50, p99 time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.notes, "   the clients made %d requests: P50 %s, P99 %s\n", n, wording.Duration(p50), wording.Duration(p99))
}

func (p *printer) anomaly(a *tracewatch.Anomaly) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.found++
	if dump := a.Dump(); dump != "" {
		p.dump = dump
	}
	if p.json {
		line, err := json.Marshal(a)
		if err != nil {
			fmt.Fprintln(p.notes, "quickstart:", err)
			return
		}
		fmt.Fprintf(p.out, "%s\n", line)
		return
	}
	fmt.Fprintf(p.out, "%s  %s (%s)\n          %s\n", time.Now().Format("15:04:05"), a.Kind, a.Severity, a.Summary)
	if a.Site.Func != "" { // a throttled cgroup is in no function
		fmt.Fprintf(p.out, "          at %s, %s\n", a.Site.Short(), filepath.Base(a.Site.Location()))
	}
	if x := a.Explanation(); x.Missing == "" {
		fmt.Fprintf(p.out, "          why: %s\n", x.Sentence())
	}
	if n := a.Proven(); n > 0 {
		fmt.Fprintf(p.out, "          proven by the runtime: %d of them can never be woken\n", n)
	}
	fmt.Fprintf(p.out, "          → %s\n", a.Advice)
	if dump := a.Dump(); dump != "" {
		fmt.Fprintf(p.out, "          dump: %s\n", dump)
	}
	if profile := a.AllocProfile(); profile != "" {
		fmt.Fprintf(p.out, "          what was allocated: go tool pprof -top %s\n", profile)
	}
}

// summary closes the run.
func (p *printer) summary(s tracewatch.Stats) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.notes
	fmt.Fprintf(w, "\n── summary ──\n")
	fmt.Fprintf(w, "found %s, in %d events (%.1f MB) of %d windows; %.0f%% of the time was analysed\n",
		plural(p.found, "anomaly", "anomalies"), s.Events, float64(s.Bytes)/1e6, s.Windows, 100*s.Coverage)
	fmt.Fprintf(w, "the watch used %.2f%% of the CPU (%s in %s)\n\n", 100*s.WatchShare, wording.Duration(s.WatchCPU), wording.Duration(s.Span))
	fmt.Fprintf(w, "%-28s %10s %10s %10s %10s\n", "", "count", "P50", "P99", "longest")
	for _, d := range []struct {
		name string
		tracewatch.Delay
	}{
		{"waiting for a P", s.Delays.Sched},
		{"waiting for an answer", s.Delays.Network},
		{"GC mark assist", s.Delays.Assist},
		{"stop the world", s.Delays.Stop},
		{"running without a stop", s.Delays.Run},
	} {
		fmt.Fprintf(w, "%-28s %10d %10s %10s %10s\n", d.name, d.Count, wording.Duration(d.P50), wording.Duration(d.P99), wording.Duration(d.Max))
	}
	fmt.Fprintf(w, "(P50 and P99 of the last half minute to minute)\n")
	if p.dump != "" {
		fmt.Fprintf(w, "\nLook at the proof:  go tool trace %s\nThe evidence:       %s.json\n", p.dump, p.dump[:len(p.dump)-len(filepath.Ext(p.dump))])
	}
	fmt.Fprintf(w, "\nIn your service:    w, err := tracewatch.Start(ctx, tracewatch.WithDumpDir(\"traces\")); defer w.Stop()\n")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

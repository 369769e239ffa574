// Quickstart watches itself: it starts an HTTP service on loopback with a load of its
// own, lets one thing after another go wrong in it, and prints what tracewatch makes of
// that. Meanwhile it serves the debug page.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -fault leak -for 20s
//	go run ./examples/quickstart -fault none -json
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

func main() {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	faults  []shop.Fault
	each    time.Duration
	dump    string
	json    bool
	metrics bool
	page    string
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fault := fs.String("fault", "", "what goes wrong: `none|sched|gcassist|netpoll|preempt|leak`; default: one after another")
	fs.DurationVar(&o.each, "for", 15*time.Second, "how long each fault lasts")
	fs.StringVar(&o.dump, "dump", "traces", "directory for the trace of each anomaly; \"\" writes none")
	fs.BoolVar(&o.json, "json", false, "print each anomaly as one JSON object a line, and all else on standard error")
	fs.StringVar(&o.page, "page", "127.0.0.1:0", "address on which the debug page is served; port 0 is any that is free, \"\" serves none")
	fs.BoolVar(&o.metrics, "metrics", false, "print the metrics at the end, as an OpenTelemetry reader collects them")
	fs.Usage = func() { usage(stderr, fs) }
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; see -h", fs.Arg(0))
	}
	if o.each < time.Second {
		return o, fmt.Errorf("-for %v is too short to see anything; a leak needs about eight seconds", o.each)
	}
	all := shop.Faults()
	switch f := shop.Fault(*fault); {
	case f == "":
		o.faults = all
	case f == shop.None, slices.Contains(all, f):
		o.faults = []shop.Fault{f}
	default:
		return o, fmt.Errorf("-fault %q is not one of none, %s", f, join(all))
	}
	return o, nil
}

func join(faults []shop.Fault) string {
	names := make([]string, len(faults))
	for i, f := range faults {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

func usage(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprint(w, `Quickstart starts an HTTP service on loopback with a load of its own, lets things go
wrong in it, and prints what tracewatch, running inside the same process, finds.

  go run ./examples/quickstart                         every fault in turn, 15 s each
  go run ./examples/quickstart -fault leak -for 20s    one fault
  go run ./examples/quickstart -fault none             nothing is wrong, nothing is found
  go run ./examples/quickstart -fault sched -json      one JSON object a line
  go run ./examples/quickstart -fault sched -for 10m   time to look at the debug page, of which it prints the address

The faults:
`)
	for _, f := range append([]shop.Fault{shop.None}, shop.Faults()...) {
		fmt.Fprintf(w, "  %-9s %s\n", f, f.Doc())
	}
	fmt.Fprint(w, "\nThe flags:\n")
	fs.PrintDefaults()
}

// run watches the process while the faults come and go.
func run(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	p := newPrinter(o, stdout, stderr)
	reader := metric.NewManualReader()
	opts := []tracewatch.Option{
		tracewatch.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))),
		tracewatch.OnAnomaly(func(_ context.Context, a *tracewatch.Anomaly) { p.anomaly(a) }),
	}
	if o.dump != "" {
		opts = append(opts, tracewatch.WithDumpDir(o.dump))
	}
	// The watcher ends after the services, so it does not end with ctx.
	w, err := tracewatch.Start(context.WithoutCancel(ctx), opts...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Stop()) }()
	if o.page != "" {
		page, err := servePage(o.page, w)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, page.stop()) }()
		p.page(page.url)
	}
	for _, f := range o.faults {
		if ctx.Err() != nil {
			break
		}
		if err := fault(ctx, f, o.each, p); err != nil {
			return err
		}
	}
	if o.metrics {
		if err := printMetrics(context.WithoutCancel(ctx), reader, p.notes); err != nil {
			return err
		}
	}
	if err := w.Stop(); err != nil {
		return err
	}
	p.summary(w.Stats())
	return nil
}

// fault runs a service with one thing wrong for a while.
func fault(ctx context.Context, f shop.Fault, d time.Duration, p *printer) error {
	p.announce(f, d)
	s, err := shop.Start(ctx, f, func(h http.Handler) http.Handler { return tracewatchhttp.Middleware(h) })
	if err != nil {
		if ctx.Err() != nil {
			return nil // interrupted while it was building up
		}
		return err
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	p.served(s.Requests())
	return s.Stop()
}

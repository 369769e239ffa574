// Rtjump asks why response time jumped after an upgrade, and answers. It runs a service on
// loopback in two versions, the second some 400 ms slower at its P99, under the same load. Of
// each it takes a trace by tracewatch, reads it, and compares what it read.
//
//	go run ./examples/rtjump
//	go run ./examples/rtjump -cause sched
//	go run ./examples/rtjump -cause mixed -json
//	go run ./examples/rtjump -cause netpoll -keep traces
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for anything
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// The exit statuses.
const (
	statusFine   = 0
	statusFailed = 1
	statusUsage  = 2
)

// run is the whole program but for its process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		usage(stdout)
		return statusFine
	}
	if err != nil {
		fmt.Fprintf(stderr, "rtjump: %v\n-h explains how it is used.\n", err)
		return statusUsage
	}
	err = jump(ctx, o, stdout, stderr)
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "rtjump: interrupted, nothing is printed or kept")
		return statusFailed
	}
	if err != nil {
		fmt.Fprintln(stderr, "rtjump:", err)
		return statusFailed
	}
	return statusFine
}

// jump runs both versions and prints why the second one is slower.
func jump(ctx context.Context, o options, stdout, stderr io.Writer) error {
	if o.keep != "" { // found out before the work, not after it
		if err := os.MkdirAll(o.keep, 0o700); err != nil {
			return err
		}
	}
	fmt.Fprintln(stderr, wrap(o.cause.name+": "+o.cause.doc))
	r, err := find(ctx, &o.cause, o.each, func(format string, args ...any) {
		fmt.Fprintf(stderr, format+"\n", args...)
	})
	if err != nil {
		return err
	}
	if o.keep != "" {
		if err := r.keep(o.keep, stderr); err != nil {
			return err
		}
	}
	print := r.text
	if o.json {
		print = r.json
	}
	return print(stdout)
}

// options are what the flags say.
type options struct {
	cause cause
	each  time.Duration
	keep  string
	json  bool
}

// A P99 says something from some two hundred requests on, which takes some seconds.
const (
	shortest = 2 * time.Second
	longest  = 5 * time.Minute
)

func parse(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("rtjump", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run says what there is to say
	name := fs.String("cause", "lock", "")
	fs.DurationVar(&o.each, "for", 6*time.Second, "")
	fs.StringVar(&o.keep, "keep", "", "")
	fs.BoolVar(&o.json, "json", false, "")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if o.each < shortest || o.each > longest {
		return o, fmt.Errorf("-for %v: from %v, in which there are enough requests, to %v", o.each, shortest, longest)
	}
	all := causes()
	i := slices.IndexFunc(all, func(c cause) bool { return c.name == *name })
	if i < 0 {
		return o, fmt.Errorf("-cause %q is not one of %s", *name, names())
	}
	o.cause = all[i]
	return o, nil
}

func usage(w io.Writer) {
	fmt.Fprint(w, `Rtjump answers a question: response time jumped by 400 ms after an upgrade; why? It runs
a service in two versions under the same load, has tracewatch take a trace of each,
compares the two, and prints what share of the jump is due to what, and where.

  go run ./examples/rtjump                       a mutex that is held too long
  go run ./examples/rtjump -cause sched          another cause
  go run ./examples/rtjump -json                 the comparison as one JSON document
  go run ./examples/rtjump -keep traces          keep both traces, for go tool trace

The causes:
`)
	for _, c := range causes() {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, strings.ReplaceAll(wrap(c.doc), "\n", "\n            "))
	}
	fmt.Fprintf(w, `
The flags:
  -cause %s (default lock)
  -for D     how long each version runs (default 6s)
  -keep DIR  write the two traces there
  -json      print JSON; durations are nanoseconds

Progress goes to standard error, the answer to standard output. Try it on your own service:
put tracewatchhttp.Middleware around its mux, write a trace before and after an upgrade with
tracewatch.Watcher.WriteTrace (or curl /debug/pprof/trace), and give what tracewatch.Analyze
says of the two to tracewatch.Compare.
`, names())
}

// Tracereport reads a trace file and says what is in it: the anomalies that tracewatch
// would have reported while it was recorded, and exact totals.
//
//	go run ./examples/tracereport trace.out
//	go run ./examples/tracereport -json trace.out
//	curl -s localhost:6060/debug/pprof/trace?seconds=5 | go run ./examples/tracereport -
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for anything
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// The exit statuses.
const (
	statusFine   = 0
	statusBroken = 1 // the trace could not be read, or not all of it
	statusUsage  = 2
)

// run is the whole program but for its process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return statusFine
	}
	if err != nil {
		fmt.Fprintf(stderr, "tracereport: %v\n-h explains how it is used.\n", err)
		return statusUsage
	}
	report, err := read(ctx, o.file, stdin)
	if ctx.Err() != nil {
		fmt.Fprintln(stderr, "tracereport: interrupted, nothing is printed")
		return statusBroken
	}
	if report != nil {
		print := printText
		if o.json {
			print = printJSON
		}
		if perr := print(stdout, o.file, report, err); perr != nil {
			fmt.Fprintf(stderr, "tracereport: writing the report: %v\n", perr)
			return statusBroken
		}
	}
	if err != nil {
		complain(stderr, o.file, report, err)
		return statusBroken
	}
	return statusFine
}

// options are what the arguments say.
type options struct {
	json bool
	file string // "-" is standard input
}

func parse(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("tracereport", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run says what there is to say
	fs.BoolVar(&o.json, "json", false, "")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case fs.NArg() == 0:
		return o, errors.New("no file is named; - is standard input")
	case fs.NArg() > 1 && strings.HasPrefix(fs.Arg(1), "-"):
		return o, fmt.Errorf("%s comes after the file; flags come first", fs.Arg(1))
	case fs.NArg() > 1:
		return o, fmt.Errorf("one file at a time, not %q too", fs.Arg(1))
	}
	o.file = fs.Arg(0)
	return o, nil
}

const usage = `Tracereport reads an execution trace of Go and says what is in it.

  go run ./examples/tracereport FILE          for people
  go run ./examples/tracereport -json FILE    for programs: one JSON document
  go run ./examples/tracereport -             from standard input

Where traces come from:

  go test -trace FILE                         of a test
  curl -o FILE HOST/debug/pprof/trace         of a service with net/http/pprof
  tracewatch.WithDumpDir                      of a service that tracewatch watches: what proves an anomaly

What it prints:

  anomalies   what tracewatch finds wrong, each with the place in the code and the numbers
  totals      sums over all goroutines, the runtime's own included, that every correct reader of
              the trace agrees with to the nanosecond: scheduling delays (sched_delay), GC mark
              assists (gc_assist), user tasks (tasks), waits by reason (block), stops of the world
              by kind (stw), preemptions (preempted), stops for the garbage collector to scan a
              stack (gc_suspended), goroutines woken and created by timers (timer_wakeups,
              timer_creates), goroutines by the function they began in (created, ended). Each span
              counts if its beginning and its end are in the trace. The documentation of
              tracewatch.Totals defines each.
  stats       how much was read, and what could not be

All durations in JSON are nanoseconds. If the trace is broken somewhere, what is whole is
printed, with the error, and the exit status is 1. For wrong arguments it is 2.
`

// read analyses a file.
func read(ctx context.Context, file string, stdin io.Reader) (*tracewatch.Report, error) {
	if file == "-" {
		return tracewatch.Analyze(ctx, interruptible(ctx, stdin))
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return tracewatch.Analyze(ctx, f)
}

// interruptible lets a reading end with ctx though nothing comes from a terminal or a pipe.
func interruptible(ctx context.Context, r io.Reader) io.Reader {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(pw, r)
		pw.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { pw.CloseWithError(ctx.Err()) })
	return pr
}

// complain says what is wrong, where, and what to do about it.
func complain(w io.Writer, file string, report *tracewatch.Report, err error) {
	what := strings.TrimPrefix(err.Error(), "tracewatch: ")
	if file == "-" {
		file = "standard input"
	}
	if !strings.Contains(what, file) { // the operating system's errors name it
		what = file + ": " + what
	}
	var advice string
	switch {
	case report == nil:
		advice = "Give it an execution trace of Go; -h says where they come from."
	case report.Stats.Windows == 0:
		advice = "No generation of it is whole, so there is nothing to report. Record again, or copy the file again."
	default:
		advice = fmt.Sprintf("What is printed is of what is whole, %d of its generations. Record again, or copy the file again, for the rest.", report.Stats.Windows)
	}
	fmt.Fprintf(w, "tracereport: %s\n%s\n", what, advice)
}

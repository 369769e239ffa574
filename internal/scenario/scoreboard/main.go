// Scoreboard runs every scenario in a process of its own with a watcher in it, and prints what was
// found: which faults, how soon, at the right place or not, and every false alarm.
//
//	go run ./internal/scenario/scoreboard
//	go run ./internal/scenario/scoreboard -only '^shop-' -strength severe -runs 3
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		os.Exit(childMain(os.Args[2], os.Stdin, os.Stdout, os.Stderr))
	}
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "scoreboard:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	good, err := run(ctx, o, programs(), os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "scoreboard:", err)
	}
	if !good || err != nil {
		os.Exit(1)
	}
}

// options are what the flags say.
type options struct {
	runs      int
	only      *regexp.Regexp
	strengths []scenario.Strength
	healthy   time.Duration
	json      bool
	dumps     string
	verbose   bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("scoreboard", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.IntVar(&o.runs, "runs", 1, "how often each scenario is run with each strength")
	only := fs.String("only", "", "run only what the `REGEXP` matches among names like shop-leak")
	strength := fs.String("strength", "both", "how bad the faults are: `mild|severe|both`; healthy programs run in any case")
	fs.DurationVar(&o.healthy, "healthy", 9*time.Second, "how long a healthy program is watched; what a rule looks back over is ten seconds and more")
	fs.BoolVar(&o.json, "json", false, "print everything as one JSON object on standard output, instead of the tables")
	fs.StringVar(&o.dumps, "dumps", "", "keep the dumps of each run in a folder of its own below `DIR`")
	fs.BoolVar(&o.verbose, "v", false, "print each finding and what the watcher did as the runs go on")
	fs.Usage = func() {
		fmt.Fprint(stderr, usage)
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q; -only chooses what is run, -h tells more", fs.Arg(0))
	}
	if o.runs < 1 {
		return o, fmt.Errorf("-runs %d: at least 1", o.runs)
	}
	if o.healthy < warmUp {
		return o, fmt.Errorf("-healthy %v: at least %v", o.healthy, warmUp)
	}
	var err error
	if o.only, err = regexp.Compile(*only); err != nil {
		return o, fmt.Errorf("-only: %w", err)
	}
	both := []scenario.Strength{scenario.Severe, scenario.Mild}
	switch s := scenario.Strength(*strength); {
	case s == "both":
		o.strengths = both
	case slices.Contains(both, s):
		o.strengths = []scenario.Strength{s}
	default:
		return o, fmt.Errorf("-strength %q is not mild, severe or both", *strength)
	}
	return o, nil
}

const usage = `Scoreboard judges the detectors by programs whose trouble is known. Each run is a process
of its own: it starts a watcher, as a service would, then a program, and

  - where the program has a fault, lets it run healthy for some seconds, lets the fault
    begin, and waits until it is found (or until it should have been) and a little longer,
    to see whether something else is found too;
  - where it is healthy, watches it for some seconds. Whatever is found is a false alarm.

Then it reads each dump again with tracewatch.Analyze, which must find the same.

  go run ./internal/scenario/scoreboard                              everything, some ten minutes
  go run ./internal/scenario/scoreboard -only '^shop-' -runs 3       some of it, thrice
  go run ./internal/scenario/scoreboard -only idle -healthy 10m      one of them for long
  go run ./internal/scenario/scoreboard -strength severe -v          and what was found, with numbers
  go run ./internal/scenario/scoreboard -json >board.json            for a machine, with the evidence

What the tables say: a row is a scenario, a column a kind of finding; 1+ is one run in which
the right kind was found, 1~ one with a kind that truly follows from the fault, 1! one with a WRONG
one, and a dot none. "windows" is how many whole windows of the trace, of a second, had passed since the fault
began (beyond what the kind's rule has to look back over) when it was found.

The exit status is 1 if a goal is missed: every severe fault found and nine mild ones of ten, no
false alarm, nineteen sites of twenty right, everything found within two windows. It is 2 if
the command line makes no sense. Ctrl-C ends it, and nothing is left behind.

The flags:
`

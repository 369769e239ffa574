// Record runs the programs of internal/recorded/testdata/programs under several
// Go releases and stores the execution traces they write as test data.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
)

const usage = `Usage, from the module's root:

	go run ./internal/recorded/record [-only REGEXP]

Records every trace of %[1]s again. For each Go release
and each program of %[2]s it builds
the program with that release, runs it, checks that its traces can be read to
the end and name nothing of this machine, and stores them as
<release>-<program>.trace.gz.

Needs gcc, and the network for releases that the go command has not downloaded
yet. Every recording differs from the last: run the tests of internal/recorded
afterwards, and look at the sizes that this command prints.

	go run ./internal/recorded/record -only '^go1\.25-'      one release
	go run ./internal/recorded/record -only 'gcheavy$'       one program

`

func main() {
	os.Exit(run())
}

func run() int {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	only := flags.String("only", "", "record only the `REGEXP` matches among names like go1.22-network")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), usage, storeDir, programsDir)
		flags.PrintDefaults()
	}
	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "record: -only:", err)
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "record: unexpected argument %q; -only chooses what is recorded, -h tells more\n", flags.Arg(0))
		return 2
	}

	// The context ends the commands that are running, and every directory made
	// is removed on the way out.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := recordAll(ctx, pattern); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		return 1
	}
	return 0
}

// recordAll records what the pattern matches and goes on after a failure, so
// that one release's trouble does not hide another's.
func recordAll(ctx context.Context, only *regexp.Regexp) error {
	if _, err := os.Stat(programsDir); err != nil {
		return fmt.Errorf("%w: run this from the module's root", err)
	}
	var errs []error
	matched := false
	for _, r := range releases {
		for _, p := range programs {
			name := "go" + r.version + "-" + p.name
			if !p.isFor(r) || !only.MatchString(name) {
				continue
			}
			matched = true
			if err := record(ctx, r, p); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", name, err))
			}
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
		}
	}
	if !matched {
		return fmt.Errorf("nothing is called like %q", only)
	}
	return errors.Join(errs...)
}

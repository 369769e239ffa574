// Sidebyside lets checkers of goroutine leaks judge the shapes of package leakshapes, and some that
// need libraries, and prints what they say in a table.
//
// It is a module of its own, so that nobody who uses tracewatch gets these libraries with it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

const usage = `Usage: go run . [flags]

Sidebyside prints for each shape, a small test that leaks goroutines or only looks as if it did,
what each checker of leaks says of it:

  found    it leaks, and the checker says so
  MISSED   it leaks, and the checker says nothing
  quiet    it is healthy, and the checker says nothing; with the median time of a test
  ACCUSED  it is healthy, and the checker says that it leaks; in the first, the second... run
  -        not possible: the shape needs go test (the tests of this module run it there), or
           something this machine has not, or the checker cannot be used so

Each pair of shape and checker has a process of its own, so that one's leaks are not another's.
With -beside other tests run in that process too, as they do beside a test that calls t.Parallel.
They are healthy, and checked as well: "neighbour ACCUSED" is what is said against one of them.
goleak's documentation forbids that, because it cannot tell one test's goroutines from another's;
with -forbidden it is shown what it says then.

Checkers:
`

func main() {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		os.Exit(child(os.Args[2:]))
	}
	os.Exit(parent())
}

func parent() int {
	flags := flag.NewFlagSet("sidebyside", flag.ContinueOnError)
	flags.Usage = func() {
		out := flags.Output()
		fmt.Fprint(out, usage)
		for _, c := range competitors() {
			fmt.Fprintf(out, "  %-13s %s\n", c.name, c.doc)
		}
		fmt.Fprint(out, "\nFlags:\n")
		flags.PrintDefaults()
	}
	only := flags.String("run", "", "only shapes whose name matches this `regexp`")
	with := flags.String("checkers", "", "only checkers whose name matches this `regexp`")
	runs := flags.Int("n", 20, "how many `times` a healthy shape runs in its process")
	beside := flags.Int("beside", 0, "how many other `tests` run beside each shape that may run beside others")
	forbidden := flags.Bool("forbidden", false, "use checkers with -beside too whose documentation forbids it")
	deadline := flags.Duration("timeout", 30*time.Second, "how `long` a process may take")
	verbose := flags.Bool("v", false, "print what the checkers say too")
	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0 || *runs < 1 || *beside < 0:
		flags.Usage()
		return 2
	}
	chosen, err := match(shapes(), *only, func(s leakshapes.Shape) string { return s.Name })
	if err != nil {
		fmt.Fprintln(os.Stderr, "-run:", err)
		return 2
	}
	columns, err := match(competitors(), *with, func(c competitor) string { return c.name })
	if err != nil {
		fmt.Fprintln(os.Stderr, "-checkers:", err)
		return 2
	}
	if len(chosen) == 0 || len(columns) == 0 {
		fmt.Fprintln(os.Stderr, "no shape or no checker is called so")
		return 2
	}

	if *forbidden {
		for i := range columns {
			columns[i].alone = false
		}
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := table{columns: columns, verbose: *verbose}
	if err := fill(ctx, &t, chosen, manner{*runs, *beside, *deadline}); err != nil {
		fmt.Fprintln(os.Stderr, "sidebyside:", err)
		return 1
	}
	fmt.Printf("%s %s/%s, %d CPUs, %d runs of a healthy shape, beside %d other tests\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), *runs, *beside)
	t.print(os.Stdout)
	return 0
}

// match returns those whose name matches, or all for no expression.
func match[T any](all []T, expr string, name func(T) string) ([]T, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(x T) bool { return !re.MatchString(name(x)) }), nil
}

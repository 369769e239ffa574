package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// childArg begins the hidden arguments of a child process: it, then the checker's name, the shape's,
// how many runs, how many neighbours and the file for the report.
const childArg = "child"

// A report is what a child has to say: each run's time up to the one in which something was said.
type report struct {
	Took    []time.Duration
	Accused string // what the checker said, empty if nothing
	Wronged string // what it said against a neighbour, none of which leaks
	Skipped string // why, empty if not
	Failed  string // what went wrong in the shape itself
}

func child(args []string) int {
	if len(args) != 5 {
		fmt.Fprintln(os.Stderr, "a child needs a checker, a shape, numbers of runs and of neighbours, and a file")
		return 2
	}
	runs, err := strconv.Atoi(args[2])
	neighbours, err2 := strconv.Atoi(args[3])
	if err := errors.Join(err, err2); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	for _, c := range competitors() {
		for _, s := range shapes() {
			if c.name == args[0] && s.Name == args[1] {
				b, err := json.Marshal(judge(c, s.Name, s.Run, runs, neighbours))
				if err == nil {
					err = os.WriteFile(args[4], b, 0o600)
				}
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return 1
				}
				return 0
			}
		}
	}
	fmt.Fprintln(os.Stderr, "no such checker or shape")
	return 2
}

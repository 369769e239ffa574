// Package scenario says what a scenario is: a real program with one fault whose answer is
// known, or with none, by which detectors are judged. The programs are in the packages
// below: sick, healthy, and shop, the service that some of them are made of. The package
// scoreboard runs them all and prints who found what.
//
// The programs depend on nothing else of the module: they are what is watched.
package scenario

import (
	"context"
	"time"
)

// Strength is how bad a fault is.
type Strength string

// A mild fault is one that its users would just complain about, a severe one is an
// outage.
const (
	Mild   Strength = "mild"
	Severe Strength = "severe"
)

// A Scenario describes one program and the right answer about it.
type Scenario struct {
	// Name is lower case, words joined by hyphens: "lock-held-over-query".
	Name string

	// Doc says in one sentence what goes wrong, or, of a healthy program, what a
	// naive watcher would take for trouble in it.
	Doc string

	// Kind is what is to be found, as detectors name it. It is empty for a healthy
	// program.
	Kind string

	// Sites are the functions that are a right answer to where, as a stack trace names them.
	// It is empty where the fault is in no function.
	Sites []string

	// Follows are other kinds that truly follow from the fault, each with the reason.
	Follows map[string]string

	// Settle is what the kind's own rule has to look back over before it may speak, beyond
	// two windows: a leak is growth that goes on. Or it is how long the watcher cannot know:
	// that trace was lost shows when the next is collected.
	Settle time.Duration

	// Watch is what the watcher has to be told.
	Watch Watch

	// Start starts the program, healthy, and returns when it is up.
	Start func(ctx context.Context) (Program, error)
}

// Watch is what the watcher of a scenario has to be told, beyond its defaults.
type Watch struct {
	// HostRoot is where the machine's /proc and /sys are to be read. Empty means "/".
	HostRoot string

	// Stream says to use trace.Start and not the flight recorder.
	Stream bool

	// HistoryBytes bounds the trace in memory. 0 is the watcher's default.
	HistoryBytes int

	// Hold makes the watcher's analysis of each window take that much longer.
	Hold time.Duration
}

// A Program runs until it is stopped.
type Program interface {
	// Break lets the fault begin, and returns soon. It is called at most once, and never
	// for a healthy program.
	Break(Strength) error

	// Stop ends the program and everything it started, leaked goroutines included, and
	// returns what went wrong in it that was not to.
	Stop() error
}

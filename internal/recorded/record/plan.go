package main

import "time"

// Where things are, from the module's root.
const (
	storeDir    = "internal/recorded/testdata"
	programsDir = storeDir + "/programs"
)

// A release is a Go release to record with.
type release struct {
	version   string // names the traces, and is the language version of the programs
	toolchain string // exactly this one, so that a recording can be repeated
	// The programs are written for Go 1.22, in which each round of a loop has variables
	// of its own, but otherwise in the language of Go 1.21, where that is an experiment.
	experiment string
}

var releases = [...]release{
	{"1.21", "go1.21.13", "loopvar"}, // the first trace format
	{"1.22", "go1.22.12", ""},
	{"1.23", "go1.23.12", ""},
	{"1.24", "go1.24.13", ""},
	{"1.25", "go1.25.9", ""},
	{"1.26", "go1.26.8", ""},
	{"1.27", "go1.27.4", ""},
}

// A program is a directory of programsDir and how it is run.
type program struct {
	name  string
	since string // the oldest release it is for
	until string // the newest; "": there is none
	// A generation lasts about a second otherwise, and these programs run for
	// less; short ones make small traces of many generations. (The first format has
	// none.)
	generation time.Duration
	// Given, so that a trace does not depend on the size of the machine.
	procs int
}

var programs = [...]program{
	{"annotations", "1.21", "", 50 * time.Millisecond, 2},
	{"blocking", "1.21", "1.21", 0, 2},
	{"coroutines", "1.23", "", 40 * time.Millisecond, 4},
	{"flightrecorder", "1.25", "", 20 * time.Millisecond, 2},
	// It raises the number itself for a while. With several all the time, and a
	// busy machine, most of its trace would be goroutines that yield to a sweeper
	// whose thread has lost its CPU.
	{"gcheavy", "1.21", "", 20 * time.Millisecond, 1},
	{"leak", "1.21", "1.21", 0, 2},
	{"network", "1.21", "", 20 * time.Millisecond, 4},
	{"scheduling", "1.21", "", 30 * time.Millisecond, 2},
	{"syscalls", "1.22", "", 25 * time.Millisecond, 2},
}

// isFor reports whether the program is recorded with a release.
func (p program) isFor(r release) bool {
	return r.version >= p.since && (p.until == "" || r.version <= p.until)
}

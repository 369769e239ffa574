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
}

var releases = [...]release{
	{"1.22", "go1.22.12"},
	{"1.23", "go1.23.12"},
	{"1.24", "go1.24.13"},
	{"1.25", "go1.25.9"},
	{"1.26", "go1.26.8"},
	{"1.27", "go1.27.4"},
}

// A program is a directory of programsDir and how it is run.
type program struct {
	name  string
	since string // the oldest release it compiles with
	// A generation lasts about a second otherwise, and these programs run for
	// less; short ones make small traces of many generations.
	generation time.Duration
	// Given, so that a trace does not depend on the size of the machine.
	procs int
}

var programs = [...]program{
	{"annotations", "1.22", 50 * time.Millisecond, 2},
	{"coroutines", "1.23", 40 * time.Millisecond, 4},
	{"flightrecorder", "1.25", 20 * time.Millisecond, 2},
	// It raises the number itself for a while. With several all the time, and a
	// busy machine, most of its trace would be goroutines that yield to a sweeper
	// whose thread has lost its CPU.
	{"gcheavy", "1.22", 20 * time.Millisecond, 1},
	{"network", "1.22", 20 * time.Millisecond, 4},
	{"scheduling", "1.22", 30 * time.Millisecond, 2},
	{"syscalls", "1.22", 25 * time.Millisecond, 2},
}

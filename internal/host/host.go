package host

import (
	"sync"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A Host reads the machine and this process. It may be used by several goroutines.
type Host struct {
	mu      sync.Mutex
	machine machine
}

// New returns a Host that finds proc, sys and what is mounted below the directory root: "/", or
// another if the machine's own files are mounted elsewhere.
func New(root string) *Host { return &Host{machine: newMachine(root)} }

// Read reads all that there is. At, Lost and LostBefore are left 0. It takes a tenth of a
// millisecond, and 3 µs for each thread of the process.
func (h *Host) Read() detectors.Reading {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := detectors.Reading{CPU: processTime()}
	h.machine.read(&r)
	return r
}

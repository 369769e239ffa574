//go:build !linux

package host

import "github.com/gotracewatch/tracewatch/detectors"

// machine is nothing: only Linux reports what is read of it.
type machine struct{}

func newMachine(string) machine { return machine{} }

func (machine) read(*detectors.Reading) {}

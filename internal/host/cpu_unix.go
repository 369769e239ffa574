//go:build unix

package host

import (
	"syscall"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// processTime returns the processor time of this process.
func processTime() detectors.Counter[time.Duration] {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return detectors.Counter[time.Duration]{}
	}
	return detectors.Count(time.Duration(u.Utime.Nano() + u.Stime.Nano()))
}

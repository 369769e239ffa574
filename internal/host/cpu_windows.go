package host

import (
	"syscall"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// processTime returns the processor time of this process.
func processTime() detectors.Counter[time.Duration] {
	process, err := syscall.GetCurrentProcess()
	if err != nil {
		return detectors.Counter[time.Duration]{}
	}
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(process, &created, &exited, &kernel, &user); err != nil {
		return detectors.Counter[time.Duration]{}
	}
	return detectors.Count(length(kernel) + length(user))
}

// length returns a time of the process, which is a length here and not a date, and so not what
// its method Nanoseconds takes it for. It counts steps of 100 ns.
func length(t syscall.Filetime) time.Duration {
	return time.Duration(t.HighDateTime)<<32*100 + time.Duration(t.LowDateTime)*100
}

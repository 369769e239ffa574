//go:build amd64 || arm64

package sick

import (
	"context"
	"fmt"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func rawSystemCall() scenario.Scenario {
	return scenario.Scenario{
		Name:  "raw-system-call",
		Doc:   "A driver waits for its device in a raw system call, of which the runtime knows nothing, so that the P waits too.",
		Kind:  "preempt-failure",
		Sites: []string{site("readDevice")},
		Follows: map[string]string{
			"stop-the-world": stopWaitsForRun,
			"sched-delay":    behindOneP,
		},
		Start: startDevice,
	}
}

// startDevice opens the device, which is a timer of the kernel's: somebody outside of the process
// has to answer, because inside nobody could where there is one P.
func startDevice(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	const monotonic = 1 // CLOCK_MONOTONIC
	fd, _, errno := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, monotonic, syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return s.abandon(fmt.Errorf("sick: timerfd_create: %w", errno))
	}
	s.afterStop(func() error { return syscall.Close(int(fd)) })
	s.fault = func(strength scenario.Strength) error {
		answer := pick(strength, 60*time.Millisecond, 200*time.Millisecond)
		s.running.Go(func() { s.poll(int(fd), answer) })
		return nil
	}
	return s, nil
}

// poll asks the device again as long after its answer as that took.
func (s *stage) poll(fd int, answer time.Duration) {
	scenario.Every(s.ctx, 2*answer, func() { s.fail(readDevice(fd, answer)) })
}

// readDevice waits for the device's answer. A signal, by which the runtime preempts, does not end
// such a read: the kernel begins it again.
//
//go:noinline
func readDevice(fd int, answer time.Duration) error {
	spec := struct{ interval, value syscall.Timespec }{value: syscall.NsecToTimespec(int64(answer))}
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, uintptr(fd), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("sick: timerfd_settime: %w", errno)
	}
	var expired uint64
	_, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&expired)), unsafe.Sizeof(expired))
	runtime.Gosched() // the driver is polite: a trace sees here how long it was not
	if errno != 0 {
		return fmt.Errorf("sick: reading a timer: %w", errno)
	}
	return nil
}

// Blocking traces system calls that block for long enough to lose their P, and such
// that do not. It is what the program syscalls does but for the threads of C: of those,
// Go 1.21 records what no reader can put in order, its own neither.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

// rounds bounds every loop.
const rounds = 8

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: blocking FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "blocking:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()

	// In a system call before the trace begins: known to it only by its status.
	early := make(chan error)
	go func() { early <- sleep(80 * time.Millisecond) }()
	time.Sleep(10 * time.Millisecond)

	if err := trace.Start(f); err != nil {
		return err
	}
	err = all(blockInSleep, blockInRead, shortCalls, endLockedThreads, spin, spin)
	err = errors.Join(err, <-early)
	trace.Stop()
	return errors.Join(err, f.Close())
}

// all runs the functions at the same time and returns all their errors.
func all(fs ...func() error) error {
	errs := make([]error, len(fs))
	var wg sync.WaitGroup
	for i, f := range fs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = f()
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sleep is the system call: time.Sleep would park the goroutine.
func sleep(d time.Duration) error {
	t := syscall.NsecToTimespec(d.Nanoseconds())
	for {
		left := syscall.Timespec{}
		err := syscall.Nanosleep(&t, &left)
		if err != syscall.EINTR {
			return err
		}
		t = left // a signal of the runtime's
	}
}

func blockInSleep() error {
	for i := 0; i < rounds; i++ {
		if err := sleep(12 * time.Millisecond); err != nil {
			return err
		}
		runtime.Gosched()
	}
	return nil
}

// blockInRead reads with the raw system call: a read through package os would
// park in the poller and never block the thread.
func blockInRead() error {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		return err
	}
	defer syscall.Close(p[0])
	defer syscall.Close(p[1])
	return all(
		func() error {
			for i := 0; i < rounds; i++ {
				time.Sleep(15 * time.Millisecond)
				if _, err := syscall.Write(p[1], []byte{1}); err != nil {
					return err
				}
			}
			return nil
		},
		func() error {
			b := make([]byte, 1)
			for i := 0; i < rounds; i++ {
				if _, err := syscall.Read(p[0], b); err != nil {
					return err
				}
			}
			return nil
		},
	)
}

// shortCalls keep their P.
func shortCalls() error {
	for i := 0; i < 10*rounds; i++ {
		if err := sleep(time.Microsecond); err != nil {
			return err
		}
		if i%10 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// endLockedThreads lets goroutines end while locked to their thread, which ends
// the thread as well.
func endLockedThreads() error {
	for i := 0; i < rounds; i++ {
		done := make(chan error)
		go func() {
			runtime.LockOSThread()
			done <- sleep(time.Millisecond)
		}()
		if err := <-done; err != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

// spin wants a P all the time, so that the Ps of blocked system calls are taken.
func spin() error {
	for i := 0; i < rounds; i++ {
		for until := time.Now().Add(4 * time.Millisecond); time.Now().Before(until); {
		}
		time.Sleep(8 * time.Millisecond)
	}
	return nil
}

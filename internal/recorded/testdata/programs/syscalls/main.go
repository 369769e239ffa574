// Syscalls traces the ways in and out of Go: threads made by C that call into
// Go, system calls and C calls that block for long enough to lose their P, and
// locked threads that end with their goroutine.
package main

/*
void callFromThreads(int threads, int calls);
void callFromHere(int calls);
void block(int milliseconds);
*/
import "C"

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
		fmt.Fprintln(os.Stderr, "usage: syscalls FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "syscalls:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()

	// In C before the trace begins: known to its first generations by its status.
	early := make(chan struct{})
	go func() {
		defer close(early)
		C.block(80)
	}()
	time.Sleep(10 * time.Millisecond)

	if err := trace.Start(f); err != nil {
		return err
	}
	err = all(
		callBacks,
		blockInC,
		blockInRead,
		endLockedThreads,
		spin,
		spin,
	)
	<-early
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

// called runs on the thread of its C caller. It blocks, so that the goroutine
// made for that thread goes through more than one state.
//
//export called
func called(n C.int) {
	c := make(chan C.int)
	go func() {
		time.Sleep(time.Millisecond)
		c <- n
	}()
	<-c
}

func callBacks() error {
	for i := 0; i < rounds/2; i++ {
		C.callFromThreads(3, 2)
		C.callFromHere(2)
	}
	return nil
}

func blockInC() error {
	for i := 0; i < rounds; i++ {
		C.block(12)
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

// endLockedThreads lets goroutines end while locked to their thread, which ends
// the thread as well.
func endLockedThreads() error {
	for i := 0; i < rounds; i++ {
		done := make(chan struct{})
		go func() {
			defer close(done)
			runtime.LockOSThread()
			C.block(1)
		}()
		<-done
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

// spin wants a P all the time, so that the Ps of blocked system calls are stolen.
func spin() error {
	for i := 0; i < rounds; i++ {
		for until := time.Now().Add(4 * time.Millisecond); time.Now().Before(until); {
		}
		time.Sleep(8 * time.Millisecond)
	}
	return nil
}

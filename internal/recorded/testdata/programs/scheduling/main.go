// Scheduling traces every way a goroutine waits for another or for the clock,
// and every way it loses its P.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

const (
	rounds = 12
	pause  = 8 * time.Millisecond
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: scheduling FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "scheduling:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()

	// Parked for the whole trace: known to it only by its status.
	forever := make(chan struct{})
	go func() { <-forever }()
	defer close(forever)

	if err := trace.Start(f); err != nil {
		return err
	}
	parts := []func(){
		lockMutex, lockRWMutex, waitForGroup, waitForCond,
		sendAndReceive, selectOne, timers, tick, yieldP, burst,
	}
	var wg sync.WaitGroup
	for _, part := range parts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < rounds; i++ {
				part()
				time.Sleep(pause)
			}
		}()
	}
	wg.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			defer wg.Done()
			hog()
		}()
	}
	wg.Wait()
	trace.Stop()
	return f.Close()
}

// together runs n goroutines and waits for them.
func together(n int, f func(i int)) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f(i)
		}()
	}
	wg.Wait()
}

func lockMutex() {
	var mu sync.Mutex
	together(3, func(int) {
		for i := 0; i < 2; i++ {
			mu.Lock()
			// Long enough for the others to give up spinning and park.
			time.Sleep(200 * time.Microsecond)
			mu.Unlock()
		}
	})
}

func lockRWMutex() {
	var mu sync.RWMutex
	together(4, func(i int) {
		if i == 0 {
			mu.Lock()
			time.Sleep(200 * time.Microsecond)
			mu.Unlock()
			return
		}
		mu.RLock()
		time.Sleep(100 * time.Microsecond)
		mu.RUnlock()
	})
}

func waitForGroup() {
	together(3, func(i int) { time.Sleep(time.Duration(i) * 100 * time.Microsecond) })
}

func waitForCond() {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	ready := false
	together(4, func(i int) {
		mu.Lock()
		defer mu.Unlock()
		if i == 0 {
			ready = true
			cond.Broadcast()
			return
		}
		for !ready {
			cond.Wait()
		}
	})
}

// sendAndReceive is a pipeline: senders wait on the unbuffered channel, and on
// the buffered one because the last stage is slow.
func sendAndReceive() {
	unbuffered, buffered := make(chan int), make(chan int, 2)
	together(3, func(i int) {
		switch i {
		case 0:
			defer close(unbuffered)
			for v := 0; v < 6; v++ {
				unbuffered <- v
			}
		case 1:
			defer close(buffered)
			for v := range unbuffered {
				buffered <- v
			}
		case 2:
			for range buffered {
				time.Sleep(50 * time.Microsecond)
			}
		}
	})
}

func selectOne() {
	a, b, done := make(chan int), make(chan int), make(chan struct{})
	together(3, func(i int) {
		switch i {
		case 0:
			for i := 0; i < 3; i++ {
				select {
				case a <- 1:
				case b <- 1:
				}
			}
			close(done)
		default:
			for {
				select {
				case <-a:
				case <-b:
				case <-done:
					return
				}
			}
		}
	})
}

// timers wakes by the clock in every way: a sleep, a goroutine that the timer
// makes, and a timer stopped before it fires.
func timers() {
	fired := make(chan struct{})
	time.AfterFunc(time.Millisecond, func() { close(fired) })
	stopped := time.AfterFunc(time.Hour, func() {})
	<-fired
	stopped.Stop()
	select {
	case <-fired:
	case <-time.After(time.Second):
	}
}

func tick() {
	t := time.NewTicker(500 * time.Microsecond)
	defer t.Stop()
	for i := 0; i < 3; i++ {
		<-t.C
	}
}

func yieldP() {
	together(3, func(int) {
		for i := 0; i < 4; i++ {
			runtime.Gosched()
		}
	})
}

// burst makes many goroutines that end at once.
func burst() {
	together(20, func(int) {})
}

// hog runs three times for several times the 10 ms after which the runtime
// preempts.
func hog() {
	for i := 0; i < 3; i++ {
		for until := time.Now().Add(35 * time.Millisecond); time.Now().Before(until); {
		}
		time.Sleep(pause)
	}
}

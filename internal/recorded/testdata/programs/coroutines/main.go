// Coroutines traces iter.Pull, whose switches hand the thread from one
// goroutine to another without the scheduler.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

const (
	rounds = 16
	pause  = 10 * time.Millisecond
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: coroutines FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "coroutines:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := trace.Start(f); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for _, f := range []func(){mergeNested, handOver, stopEarly, waitInside} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range rounds {
				f()
				time.Sleep(pause)
			}
		}()
	}
	// Pulled from across every generation: some see it only as a status.
	next, stop := iter.Pull(count(1<<30, 1))
	defer stop()
	for range rounds {
		next()
		time.Sleep(pause)
	}
	wg.Wait()
	trace.Stop()
	return f.Close()
}

// count yields n numbers, step apart.
func count(n, step int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i * step) {
				return
			}
		}
	}
}

// merge yields the numbers of two ordered sequences in order. Merging merges
// nests one coroutine inside another.
func merge[T cmp.Ordered](a, b iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		nextA, stopA := iter.Pull(a)
		defer stopA()
		nextB, stopB := iter.Pull(b)
		defer stopB()
		x, okA := nextA()
		y, okB := nextB()
		for okA || okB {
			v := x
			if okA && (!okB || x <= y) {
				x, okA = nextA()
			} else {
				v = y
				y, okB = nextB()
			}
			if !yield(v) {
				return
			}
		}
	}
}

func mergeNested() {
	last := -1
	for v := range merge(merge(count(10, 2), count(10, 3)), merge(count(10, 5), count(10, 7))) {
		if v < last {
			panic("merged out of order")
		}
		last = v
	}
}

// handOver passes one sequence around four goroutines: its coroutine is pulled
// by another one, and mostly on another thread, each time.
func handOver() {
	next, stop := iter.Pull(count(40, 1))
	defer stop()
	// The channel has no buffer, so who sends is never who receives.
	baton := make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for left := range baton {
				next()
				if left == 0 {
					close(baton)
				} else {
					baton <- left - 1
				}
			}
		}()
	}
	baton <- 12
	wg.Wait()
}

// stopEarly ends coroutines that are not finished, one that never ran and one
// that ends by a panic.
func stopEarly() {
	next, stop := iter.Pull(count(100, 1))
	next()
	next()
	stop()

	_, stop = iter.Pull(count(100, 1))
	stop()

	next, stop = iter.Pull(func(func(int) bool) { panic(errors.New("on purpose")) })
	defer stop()
	defer func() { _ = recover() }()
	next()
}

// waitInside blocks inside a coroutine: the goroutine that waits is not the one
// that pulled.
func waitInside() {
	next, stop := iter.Pull(func(yield func(int) bool) {
		for i := range 3 {
			time.Sleep(time.Millisecond)
			if !yield(i) {
				return
			}
		}
	})
	defer stop()
	for _, ok := next(); ok; _, ok = next() {
	}
}

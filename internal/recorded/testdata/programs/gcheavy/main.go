// Gcheavy traces the garbage collector at work: concurrent marking, assists by
// the goroutines that allocate, sweeping, and stops of the world of many kinds.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"
)

const (
	workers = 4
	// Each worker keeps a tree of this depth, half a megabyte, so that marking
	// takes long enough for the workers to run into debt meanwhile.
	depth = 14
	// In each round a worker replaces half of its tree.
	rounds = 12
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gcheavy FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "gcheavy:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	debug.SetGCPercent(25)
	if err := trace.Start(f); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for i := 0; i < workers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			allocate()
		}()
	}
	err = stopTheWorld()
	wg.Wait()
	// With four Ps one of them belongs to the collector alone. A collection that a
	// program asks for waits for the marking and then sweeps by itself.
	runtime.GOMAXPROCS(4)
	runtime.GC()
	trace.Stop()
	return errors.Join(err, f.Close())
}

// node is nothing but pointers, the dearest thing to mark.
type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return new(node)
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func allocate() {
	live := tree(depth)
	for i := 0; i < rounds; i++ {
		// The old half becomes garbage, so that there is something to sweep.
		live.left = tree(depth - 1)
		time.Sleep(3 * time.Millisecond)
	}
	runtime.KeepAlive(live)
}

// stopTheWorld stops it for every reason a program can give.
func stopTheWorld() error {
	var m runtime.MemStats
	var profile bytes.Buffer
	stacks := make([]byte, 1<<16)
	for i := 0; i < 4; i++ {
		runtime.ReadMemStats(&m)
		n := runtime.GOMAXPROCS(0)
		runtime.GOMAXPROCS(n + 1)
		time.Sleep(10 * time.Millisecond)
		runtime.GOMAXPROCS(n)
		profile.Reset()
		if err := pprof.Lookup("goroutine").WriteTo(&profile, 0); err != nil {
			return err
		}
		runtime.Stack(stacks, true)
		time.Sleep(10 * time.Millisecond)
	}
	return nil
}

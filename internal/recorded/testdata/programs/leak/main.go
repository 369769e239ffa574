// Leak traces a fault that takes several windows to be found: a go statement whose
// goroutines never end, beside one whose goroutines do.
package main

import (
	"fmt"
	"os"
	"runtime/trace"
	"time"
)

const (
	// Long enough for a detector that wants to see it go on for six seconds.
	duration = 9 * time.Second
	pause    = 20 * time.Millisecond
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: leak FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "leak:", err)
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
	for until := time.Now().Add(duration); time.Now().Before(until); {
		startAndForget()
		startAndWait()
		time.Sleep(pause)
	}
	trace.Stop()
	return f.Close()
}

// startAndForget starts a goroutine that hands its result to nobody.
func startAndForget() {
	result := make(chan int)
	go func() { result <- 1 }()
}

func startAndWait() {
	result := make(chan int)
	go func() { result <- 1 }()
	<-result
}

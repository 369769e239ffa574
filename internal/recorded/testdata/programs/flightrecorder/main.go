// Flightrecorder snapshots a sliding window over one run several times, so that
// the snapshots overlap, and streams the same run beside them. For FILE.trace it
// writes the snapshots FILE.1.trace … and last FILE.trace, and FILE.stream.trace.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime/trace"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	snapshots = 4
	// The first snapshots hold everything so far, the last ones only a window.
	window   = 160 * time.Millisecond
	interval = 80 * time.Millisecond
)

func main() {
	if len(os.Args) != 2 || !strings.HasSuffix(os.Args[1], ".trace") {
		fmt.Fprintln(os.Stderr, "usage: flightrecorder FILE.trace")
		os.Exit(2)
	}
	if err := run(strings.TrimSuffix(os.Args[1], ".trace")); err != nil {
		fmt.Fprintln(os.Stderr, "flightrecorder:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	stream, err := os.Create(name + ".stream.trace")
	if err != nil {
		return err
	}
	defer stream.Close()

	// The stream begins first and ends last: it has all that the snapshots have.
	if err := trace.Start(stream); err != nil {
		return err
	}
	defer trace.Stop()
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: window})
	if err := recorder.Start(); err != nil {
		return err
	}

	quit := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(quit)
		}()
	}
	for i := range snapshots {
		time.Sleep(interval)
		suffix := ".trace"
		if n := i + 1; n < snapshots {
			suffix = "." + strconv.Itoa(n) + suffix
		}
		err = errors.Join(err, snapshot(recorder, name+suffix))
	}
	close(quit)
	wg.Wait()
	recorder.Stop()
	trace.Stop()
	return errors.Join(err, stream.Close())
}

// snapshot writes the window to memory first: writing to the file as it is
// recorded would fill the trace with its own system calls.
func snapshot(r *trace.FlightRecorder, name string) error {
	var b bytes.Buffer
	if _, err := r.WriteTo(&b); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o666)
}

// work hands numbers to goroutines that live for one of them, until quit.
func work(quit <-chan struct{}) {
	answers := make(chan int)
	t := time.NewTicker(2 * time.Millisecond)
	defer t.Stop()
	for n := 0; ; n++ {
		select {
		case <-quit:
			return
		case <-t.C:
		}
		go func() {
			for until := time.Now().Add(200 * time.Microsecond); time.Now().Before(until); {
			}
			answers <- n
		}()
		<-answers
	}
}

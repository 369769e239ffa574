// Annotations traces what a program says of itself: tasks, regions and logs,
// nested and across goroutines and generations, with a CPU profile on at the
// same time so that the trace has its samples.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"sync"
	"time"
)

const (
	requests = 24
	pause    = 8 * time.Millisecond
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: annotations FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "annotations:", err)
		os.Exit(1)
	}
}

func run(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()

	// Begins before the trace and ends in it: only its end is recorded.
	_, early := trace.NewTask(context.Background(), "before the trace")
	if err := trace.Start(f); err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(io.Discard); err != nil {
		trace.Stop()
		return err
	}

	ctx, whole := trace.NewTask(context.Background(), "whole run")
	early.End()
	// Not ended on purpose: a trace may stop in the middle of a task.
	endless, _ := trace.NewTask(ctx, "never ended")
	trace.Log(endless, "", "a log without a category")

	var wg sync.WaitGroup
	for worker := 0; worker < 3; worker++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < requests; i++ {
				request(ctx, worker, i)
				time.Sleep(pause)
			}
		}()
	}
	trace.WithRegion(ctx, "wait for workers", wg.Wait)
	whole.End()

	pprof.StopCPUProfile()
	trace.Stop()
	return f.Close()
}

// request is a task with regions, whose second half another goroutine does and
// ends.
func request(ctx context.Context, worker, i int) {
	ctx, task := trace.NewTask(ctx, "request")
	trace.Log(ctx, "id", strconv.Itoa(worker*requests+i))
	defer trace.StartRegion(ctx, "handle").End()

	trace.WithRegion(ctx, "compute", func() { spin(time.Millisecond) })

	done := make(chan struct{})
	go func() {
		defer close(done)
		defer task.End()
		labelled := pprof.WithLabels(ctx, pprof.Labels("half", "second"))
		pprof.SetGoroutineLabels(labelled)
		sub, query := trace.NewTask(labelled, "query")
		defer query.End()
		trace.WithRegion(sub, "parse", func() {
			trace.WithRegion(sub, "scan", func() { spin(2 * time.Millisecond) })
		})
		trace.Logf(sub, "rows", "%d rows by worker %d", i*i, worker)
		time.Sleep(time.Millisecond)
	}()
	<-done
}

// spin keeps the CPU busy, to be sampled.
func spin(d time.Duration) {
	for until := time.Now().Add(d); time.Now().Before(until); {
	}
}

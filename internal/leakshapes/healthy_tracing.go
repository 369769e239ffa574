package leakshapes

import (
	"context"
	"io"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"testing"
	"time"
)

func pprofLabels() Shape {
	return Shape{
		Name: "pprof-labels",
		Doc:  "Goroutines inherit the labels of one that is no longer labelled when they end.",
		Run: func(t testing.TB) {
			pprof.Do(t.Context(), pprof.Labels("request", "1"), func(context.Context) {
				for range 5 {
					go time.Sleep(10 * time.Millisecond)
				}
			})
		},
	}
}

func traceTasksAndRegions() Shape {
	return Shape{
		Name: "trace-tasks-and-regions",
		Doc:  "Goroutines have tasks, regions and log lines of their own in whatever trace is being taken.",
		Run: func(t testing.TB) {
			ctx, task := trace.NewTask(t.Context(), "order")
			defer task.End()
			var steps sync.WaitGroup
			for range 5 {
				steps.Go(func() {
					trace.WithRegion(ctx, "step", func() { trace.Log(ctx, "step", "done") })
				})
			}
			steps.Wait()
		},
	}
}

func cpuProfile() Shape {
	return Shape{
		Name:  "cpu-profile",
		Doc:   "A profile is written by a goroutine of the runtime's, from its start until it is stopped.",
		Alone: true,
		Run: func(t testing.TB) {
			if err := pprof.StartCPUProfile(io.Discard); err != nil {
				t.Log(err) // go test -cpuprofile takes one
				return
			}
			defer pprof.StopCPUProfile()
			time.Sleep(5 * time.Millisecond)
		},
	}
}

func executionTrace() Shape {
	return Shape{
		Name:  "execution-trace",
		Doc:   "A test takes a trace itself, if nobody else does, which a goroutine writes until it is stopped.",
		Alone: true,
		Run: func(t testing.TB) {
			if err := trace.Start(io.Discard); err != nil {
				t.Log(err) // there is but one at a time, and a checker may need it
				return
			}
			defer trace.Stop()
			go time.Sleep(5 * time.Millisecond)
		},
	}
}

func flightRecorder() Shape {
	return Shape{
		Name:  "flight-recorder",
		Doc:   "A test runs a flight recorder, if nobody else does, and writes out what it has.",
		Alone: true,
		Run: func(t testing.TB) {
			r := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: time.Second})
			if err := r.Start(); err != nil {
				t.Log(err) // as above
				return
			}
			defer r.Stop()
			go time.Sleep(5 * time.Millisecond)
			_, err := r.WriteTo(io.Discard)
			noError(t, err)
		},
	}
}

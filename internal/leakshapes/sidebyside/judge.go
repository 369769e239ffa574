package main

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/internal/faketest"
)

// judge runs a shape under a checker so many times, or until there is something to say. Beside it
// other tests run, if so many are wanted.
func judge(c checker, name string, test func(testing.TB), runs, neighbours int) (r report) {
	var beside sync.WaitGroup
	var over atomic.Bool
	var wronged accusable // hears what the checker says against the neighbours
	for range neighbours {
		beside.Go(func() {
			for done := false; !done; done = over.Load() { // at least once
				var a accusable
				faketest.Run("neighbour", func(t testing.TB) {
					a.TB = t
					c.run(&a, func() { neighbour(t) })
				})
				for _, said := range a.accusations() {
					wronged.hear(said)
				}
			}
		})
	}
	defer func() {
		over.Store(true)
		beside.Wait()
		r.Wronged = strings.Join(wronged.accusations(), "\n")
	}()
	for range runs {
		var a accusable
		began := time.Now()
		result := faketest.Run(name, func(t testing.TB) {
			a.TB = t
			c.run(&a, func() { test(t) })
		})
		r.Took = append(r.Took, time.Since(began))
		r.Accused = strings.Join(a.accusations(), "\n")
		r.Skipped = result.Skipped
		if result.Failed {
			r.Failed = result.Log
		}
		if r.Accused != "" || r.Skipped != "" || r.Failed != "" {
			return r
		}
	}
	return r
}

// neighbour is a healthy test whose goroutines are there most of the time.
func neighbour(testing.TB) {
	var workers sync.WaitGroup
	for i := range 5 {
		workers.Go(func() { time.Sleep(time.Duration(i) * time.Millisecond) })
	}
	workers.Wait()
}

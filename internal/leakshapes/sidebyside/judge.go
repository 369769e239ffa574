package main

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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
				f := newFake("neighbour")
				a := &accusable{TB: f}
				f.run(func() { c.run(a, func() { neighbour(f) }) })
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
		f := newFake(name)
		a := &accusable{TB: f}
		began := time.Now()
		f.run(func() { c.run(a, func() { test(f) }) })
		r.Took = append(r.Took, time.Since(began))
		r.Accused = strings.Join(a.accusations(), "\n")
		r.Skipped = f.skippedWhy()
		if f.Failed() {
			r.Failed = f.text()
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

package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

func errgroupContext() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "errgroup-context",
		Doc:  "One of a group fails, and the group's context ends the others.",
		Run: func(t testing.TB) {
			g, ctx := errgroup.WithContext(t.Context())
			wrong := errors.New("wrong")
			for i := range 10 {
				g.Go(func() error {
					if i == 5 {
						return wrong
					}
					<-ctx.Done()
					return ctx.Err()
				})
			}
			if err := g.Wait(); !errors.Is(err, wrong) {
				t.Fatal(err)
			}
		},
	}
}

func errgroupLimit() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "errgroup-limit",
		Doc:  "Fifty goroutines of a group run four at a time, and the test waits for its turn to start them.",
		Run: func(t testing.TB) {
			var g errgroup.Group
			g.SetLimit(4)
			for range 50 {
				g.Go(func() error {
					time.Sleep(100 * time.Microsecond)
					return nil
				})
			}
			noError(t, g.Wait())
		},
	}
}

func singleflightShared() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "singleflight-shared",
		Doc:  "Ten callers get one answer, from a goroutine that one of them has started for all.",
		Run: func(t testing.TB) {
			var g singleflight.Group
			var answers []<-chan singleflight.Result
			for range 10 {
				answers = append(answers, g.DoChan("key", func() (any, error) {
					time.Sleep(5 * time.Millisecond)
					return 1, nil
				}))
			}
			for _, a := range answers {
				noError(t, (<-a).Err)
			}
		},
	}
}

func singleflightGivenUp() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "singleflight-given-up",
		Doc:  "The caller forgets the flight and does not wait, and it lands 40 ms later.",
		Run: func(testing.TB) {
			var g singleflight.Group
			g.DoChan("key", func() (any, error) {
				time.Sleep(40 * time.Millisecond)
				return 1, nil
			})
			g.Forget("key")
		},
	}
}

func semaphoreGivenUp() leakshapes.Shape {
	return leakshapes.Shape{
		Name: "semaphore-given-up",
		Doc:  "Some wait for a semaphore that the test holds, until its context ends.",
		Run: func(t testing.TB) {
			s := semaphore.NewWeighted(1)
			noError(t, s.Acquire(t.Context(), 1))
			for range 5 {
				go func() {
					if s.Acquire(t.Context(), 1) == nil {
						s.Release(1)
					}
				}()
			}
		},
	}
}

func errgroupGoroutineDoesNotListen() leakshapes.Shape {
	return leakshapes.Shape{
		Name:    "errgroup-goroutine-does-not-listen",
		Doc:     "One of a group waits for a value, and not for the group's context, and the test gives up waiting for the group.",
		Stays:   2,
		Forever: true,
		Run: func(t testing.TB) {
			g, ctx := errgroup.WithContext(t.Context())
			values := make(chan int)
			g.Go(func() error { return errors.New("no value today") })
			g.Go(func() error { // stays
				<-values
				return nil
			})
			go g.Wait() // stays
			<-ctx.Done()
		},
	}
}

func errgroupResultsNotRead() leakshapes.Shape {
	return leakshapes.Shape{
		Name:    "errgroup-results-not-read",
		Doc:     "A group's goroutines send their results, of which the test reads the first.",
		Stays:   3,
		Forever: true,
		Run: func(testing.TB) {
			g, _ := errgroup.WithContext(context.Background())
			results := make(chan int)
			for i := range 4 {
				g.Go(func() error { // stays 3
					results <- i
					return nil
				})
			}
			<-results
		},
	}
}

func singleflightLeaderStuck() leakshapes.Shape {
	return leakshapes.Shape{
		Name:    "singleflight-leader-stuck",
		Doc:     "The first caller's flight never lands, and those who joined it by Do wait with it.",
		Stays:   3,
		Forever: true,
		Run: func(t testing.TB) {
			var g singleflight.Group
			never := make(chan bool)
			started := make(chan bool)
			g.DoChan("key", func() (any, error) { // stays
				close(started)
				<-never
				return 1, nil
			})
			<-started
			for range 2 {
				go g.Do("key", func() (any, error) { return 2, nil }) // stays 2
			}
			time.Sleep(time.Millisecond)
			t.Log("no answer")
		},
	}
}

package leakshapes

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"
)

func flagNobodySets() Shape {
	return Shape{
		Name:   "flag-nobody-sets",
		Doc:    "A loop goes round until a flag says that the service is ready, and nobody sets it.",
		Source: saioc + ": unended loop",
		Stays:  1,
		Run: func(testing.TB) {
			s := &readiness{looked: make(chan bool, 1)}
			go s.waitReady() // stays
			<-s.looked
		},
	}
}

type readiness struct {
	ready  atomic.Bool
	looked chan bool
}

func (s *readiness) waitReady() {
	for !s.ready.Load() {
		select {
		case s.looked <- true:
		default:
		}
		time.Sleep(often / 10)
	}
}

func retryWithoutEnd() Shape {
	return Shape{
		Name:   "retry-without-end",
		Doc:    "A message is sent again until it is taken, by a backend that is gone for good.",
		Source: saioc + ": unended loop",
		Stays:  1,
		Run: func(testing.TB) {
			refused := errors.New("connection refused")
			go deliver("hello", func(string) error { return refused }) // stays
		},
	}
}

func deliver(message string, send func(string) error) {
	for wait := time.Millisecond; send(message) != nil; wait = min(2*wait, often) {
		time.Sleep(wait)
	}
}

func jobRequeuesItself() Shape {
	return Shape{
		Name:   "job-requeues-itself",
		Doc:    "A job that fails puts itself back into its queue, so that the worker never finds it empty.",
		Source: saioc + ": unended loop",
		Stays:  1,
		Run: func(testing.TB) {
			q := make(chan int, 1)
			q <- 1
			go workUntilEmpty(q) // stays
		},
	}
}

func workUntilEmpty(q chan int) {
	for {
		select {
		case job := <-q:
			time.Sleep(often / 10)
			q <- job + 1 // another attempt
		default:
			return
		}
	}
}

func helperOutlivesTest() Shape {
	return Shape{
		Name:  "helper-outlives-test",
		Doc:   "A test's helper starts a fake clock, which goes on when the test has what it wants.",
		Stays: 1,
		Run: func(t testing.TB) {
			clock := fakeClock(t)
			if second := <-clock; second != 0 {
				t.Errorf("the clock begins with %d", second)
			}
		},
	}
}

// fakeClock returns a clock that is always a second on.
func fakeClock(t testing.TB) <-chan int {
	t.Helper()
	now := make(chan int)
	go func() { // stays
		for second := 0; ; {
			select {
			case now <- second:
				second++
			case <-time.After(often):
			}
		}
	}()
	return now
}

package leakshapes

import (
	"context"
	"errors"
	"testing"
)

func timeoutLeak() Shape {
	return Shape{
		Name:    "timeout-leak",
		Doc:     "A request gives up when its context ends, and the backend's answer comes later, into a channel without room.",
		Source:  tu + ", figure 1, and " + goker + ": kubernetes#5316; " + saioc + ": timeout leak",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			ready := make(chan struct{})
			defer close(ready)
			_, err := finishRequest(ctx, func() string {
				<-ready
				return "late"
			})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("an answer before there was one: %v", err)
			}
		},
	}
}

func finishRequest(ctx context.Context, backend func() string) (string, error) {
	answer := make(chan string)
	go func() { answer <- backend() }() // stays
	select {
	case a := <-answer:
		return a, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func resultAfterStop() Shape {
	return Shape{
		Name:    "result-after-stop",
		Doc:     "A health monitor is stopped while a probe runs, and does not wait for the probe's result.",
		Source:  goker + ": moby#33781",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			stop, answer := make(chan struct{}), make(chan bool)
			close(stop)
			monitorHealth(stop, func() bool { return <-answer })
			answer <- true
		},
	}
}

// monitorHealth returns when a probe fails, or at stop.
func monitorHealth(stop <-chan struct{}, probe func() bool) {
	for {
		results := make(chan bool)
		go func() { results <- probe() }() // stays
		select {
		case <-stop:
			return
		case healthy := <-results:
			if !healthy {
				return
			}
		}
	}
}

func deadSelect() Shape {
	return Shape{
		Name:    "dead-select",
		Doc:     "A subscription ends by news, by an error or by quitting, and its owner has dropped all three channels.",
		Source:  saioc + ": method contract violation",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			s := newSubscription("weather")
			s.news <- "rain"
		},
	}
}

type subscription struct {
	topic string
	news  chan string
	errs  chan error
	quit  chan struct{}
}

func newSubscription(topic string) *subscription {
	s := &subscription{topic, make(chan string), make(chan error), make(chan struct{})}
	go s.follow() // stays
	return s
}

func (s *subscription) follow() {
	for {
		select {
		case <-s.news:
		case <-s.errs:
			return
		case <-s.quit:
			return
		}
	}
}

func emptySelect() Shape {
	return Shape{
		Name:    "empty-select",
		Doc:     "The main function of a service is run by a test, with the select without cases at its end.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			addr := make(chan string)
			go serviceMain(addr) // stays
			if <-addr == "" {
				t.Error("no address")
			}
		},
	}
}

// serviceMain tells its address and then never returns.
func serviceMain(addr chan<- string) {
	addr <- "localhost"
	select {}
}

func inputsAllNil() Shape {
	return Shape{
		Name:    "inputs-all-nil",
		Doc:     "A merge sets an input to nil when it is closed, and forgets to end when both are.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			left, right, merged := make(chan int), make(chan int), make(chan int, 2)
			go mergeBoth(left, right, merged) // stays
			left <- 1
			right <- 2
			close(left)
			close(right)
			<-merged
			<-merged
		},
	}
}

func mergeBoth(left, right <-chan int, merged chan<- int) {
	for {
		select {
		case n, ok := <-left:
			if !ok {
				left = nil
				continue
			}
			merged <- n
		case n, ok := <-right:
			if !ok {
				right = nil
				continue
			}
			merged <- n
		}
	}
}

func stopToOneOfTwo() Shape {
	return Shape{
		Name:    "stop-to-one-of-two",
		Doc:     "Two loops listen for stop, which is a value that only one of them can take, and not a close.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			work, stop := make(chan int), make(chan struct{})
			for range 2 {
				go func() { // stays
					for {
						select {
						case <-work:
						case <-stop:
							return
						}
					}
				}()
			}
			work <- 1
			stop <- struct{}{}
		},
	}
}

package leakshapes

import (
	"runtime"
	"sync"
	"testing"
	"time"
)

func goschedStorm() Shape {
	return Shape{
		Name: "gosched-storm",
		Doc:  "Goroutines yield ten thousand times, and are runnable whenever somebody looks.",
		Run: func(testing.TB) {
			var yielding sync.WaitGroup
			for range 10 {
				yielding.Go(func() {
					for range 1000 {
						runtime.Gosched()
					}
				})
			}
			yielding.Wait()
		},
	}
}

func thousandShort() Shape {
	return Shape{
		Name: "thousand-short",
		Doc:  "A thousand goroutines are waited for, each of which has still to end when the wait is over.",
		Run: func(testing.TB) {
			var done sync.WaitGroup
			done.Add(1000)
			for range 1000 {
				go done.Done()
			}
			done.Wait()
		},
	}
}

func thousandUnawaited() Shape {
	return Shape{
		Name: "thousand-unawaited",
		Doc:  "A thousand goroutines have something short to do, and nobody waits for them.",
		Run: func(testing.TB) {
			for i := range 1000 {
				go func() {
					if i%100 == 0 {
						time.Sleep(10 * time.Millisecond)
					}
				}()
			}
		},
	}
}

func ends50MsLater() Shape {
	return Shape{
		Name: "ends-50-ms-later",
		Doc:  "A goroutine works for 50 ms after the test's return.",
		Run: func(testing.TB) {
			go time.Sleep(50 * time.Millisecond)
		},
	}
}

func endsLaterInSteps() Shape {
	return Shape{
		Name: "ends-later-in-steps",
		Doc:  "Ten goroutines end one after another, each 8 ms later, so that there is one whenever somebody looks.",
		Run: func(testing.TB) {
			for i := range 10 {
				go time.Sleep(time.Duration(i) * 8 * time.Millisecond)
			}
		},
	}
}

func endsAfterComputing() Shape {
	return Shape{
		Name: "ends-after-computing",
		Doc:  "A goroutine computes for 30 ms after the test's return, without ever waiting.",
		Run: func(testing.TB) {
			go func() {
				for end := time.Now().Add(30 * time.Millisecond); time.Now().Before(end); {
				}
			}()
		},
	}
}

func chainOfFifty() Shape {
	return Shape{
		Name: "chain-of-fifty",
		Doc:  "Each of fifty goroutines starts the next and ends: whoever looks finds one whose parent is gone.",
		Run: func(testing.TB) {
			passOn(50)
		},
	}
}

func passOn(left int) {
	if left == 0 {
		return
	}
	time.Sleep(time.Millisecond)
	go passOn(left - 1)
}

func nestOfFifty() Shape {
	return Shape{
		Name: "nest-of-fifty",
		Doc:  "Each of fifty goroutines waits for the one that it has started, and all end together.",
		Run: func(testing.TB) {
			nestDown(50)
		},
	}
}

func nestDown(left int) {
	if left == 0 {
		return
	}
	below := make(chan bool)
	go func() {
		defer close(below)
		nestDown(left - 1)
	}()
	<-below
}

func treeOfGoroutines() Shape {
	return Shape{
		Name: "tree-of-goroutines",
		Doc:  "Goroutines of five levels start three each, and only the leaves are counted.",
		Run: func(testing.TB) {
			var leaves sync.WaitGroup
			leaves.Add(3 * 3 * 3 * 3 * 3)
			branch(5, leaves.Done)
			leaves.Wait()
		},
	}
}

func branch(levels int, leaf func()) {
	if levels == 0 {
		leaf()
		return
	}
	for range 3 {
		go branch(levels-1, leaf)
	}
}

func workerRestarted() Shape {
	return Shape{
		Name: "worker-restarted",
		Doc:  "A supervisor starts a new worker for each that fails, and both stop in a cleanup.",
		Run: func(t testing.TB) {
			stop, failed := make(chan bool), make(chan bool)
			var supervisor sync.WaitGroup
			supervisor.Go(func() {
				for range 10 {
					go func() { failed <- true }()
					<-failed
				}
				<-stop
			})
			t.Cleanup(func() {
				close(stop)
				supervisor.Wait()
			})
		},
	}
}

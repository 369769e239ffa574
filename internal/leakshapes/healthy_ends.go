package leakshapes

import (
	"runtime"
	"sync"
	"testing"
)

func panicRecovered() Shape {
	return Shape{
		Name: "panic-recovered",
		Doc:  "A goroutine panics and recovers, and ends in the middle of its function.",
		Run: func(t testing.TB) {
			recovered := make(chan any, 1)
			go func() {
				defer func() { recovered <- recover() }()
				panic("out of paper")
			}()
			if <-recovered == nil {
				t.Fatal("no panic")
			}
		},
	}
}

func goexit() Shape {
	return Shape{
		Name: "goexit",
		Doc:  "A goroutine ends from deep in its calls, by runtime.Goexit.",
		Run: func(testing.TB) {
			done := make(chan bool)
			go func() {
				defer close(done)
				func() { runtime.Goexit() }()
			}()
			<-done
		},
	}
}

func threadLockedAndUnlocked() Shape {
	return Shape{
		Name: "thread-locked-and-unlocked",
		Doc:  "Goroutines with threads of their own hand work over and give the threads back.",
		Run: func(testing.TB) {
			var locked sync.WaitGroup
			turn := make(chan bool, 1)
			turn <- true
			for range 4 {
				locked.Go(func() {
					runtime.LockOSThread()
					defer runtime.UnlockOSThread()
					for range 20 {
						<-turn
						turn <- true
					}
				})
			}
			locked.Wait()
		},
	}
}

func threadEndedWithItsGoroutine() Shape {
	return Shape{
		Name: "thread-ended-with-its-goroutine",
		Doc:  "A goroutine ends without unlocking its thread, and the runtime ends the thread too.",
		Run: func(testing.TB) {
			done := make(chan bool)
			go func() {
				runtime.LockOSThread()
				close(done)
			}()
			<-done
		},
	}
}

package leakshapes

import (
	"testing"
	"time"
)

func timerFired() Shape {
	return Shape{
		Name: "timer-fired",
		Doc:  "A timer's goroutine, which nobody's go statement has started, works on after the test's return.",
		Run: func(testing.TB) {
			fired := make(chan bool)
			time.AfterFunc(time.Millisecond, func() {
				close(fired)
				time.Sleep(40 * time.Millisecond)
			})
			<-fired
		},
	}
}

func timerFiresAfterTheEnd() Shape {
	return Shape{
		Name: "timer-fires-after-the-end",
		Doc:  "A timer fires when the test has long returned, and starts a goroutine then.",
		Run: func(testing.TB) {
			time.AfterFunc(50*time.Millisecond, func() { time.Sleep(time.Millisecond) })
		},
	}
}

func timerStopped() Shape {
	return Shape{
		Name: "timer-stopped",
		Doc:  "A timer is stopped before it has started its goroutine.",
		Run: func(t testing.TB) {
			if !time.AfterFunc(time.Hour, func() { t.Error("it fired") }).Stop() {
				t.Fatal("it had fired")
			}
		},
	}
}

func timerPending() Shape {
	return Shape{
		Name: "timer-pending",
		Doc:  "Timers that are an hour away are no goroutines, and the runtime frees one that nobody knows any more.",
		Run: func(testing.TB) {
			time.AfterFunc(time.Hour, func() {})
			select {
			case <-time.After(time.Hour):
			case <-time.After(time.Millisecond):
			}
		},
	}
}

func timerSetsItselfAgain() Shape {
	return Shape{
		Name: "timer-sets-itself-again",
		Doc:  "A timer's function sets the timer again, ten times, and the last are after the test's return.",
		Run: func(testing.TB) {
			left := 10
			var tick func()
			tick = func() {
				if left--; left > 0 {
					time.AfterFunc(5*time.Millisecond, tick)
				}
			}
			tick()
		},
	}
}

func tickerStopped() Shape {
	return Shape{
		Name: "ticker-stopped",
		Doc:  "A worker waits for its ticker's next tick until a cleanup tells it to stop.",
		Run: func(t testing.TB) {
			stop := make(chan bool)
			ticked := make(chan bool, 1)
			go func() {
				ticker := time.NewTicker(time.Millisecond)
				defer ticker.Stop()
				for {
					select {
					case <-stop:
						return
					case <-ticker.C:
						select {
						case ticked <- true:
						default:
						}
					}
				}
			}()
			t.Cleanup(func() { close(stop) })
			<-ticked
		},
	}
}

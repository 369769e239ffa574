package leakshapes

import (
	"runtime"
	"testing"
)

func grandchildLeft() Shape {
	return Shape{
		Name:    "grandchild-left",
		Doc:     "A request starts a job, the job starts a report, and the report waits when both have ended.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			requestEnded := make(chan struct{})
			go func() {
				defer close(requestEnded)
				jobEnded := make(chan struct{})
				go func() {
					defer close(jobEnded)
					startReport(make(chan string))
				}()
				<-jobEnded
			}()
			<-requestEnded
		},
	}
}

func startReport(lines <-chan string) {
	size := 0
	go func() { // stays
		for l := range lines {
			size += len(l)
		}
	}()
}

func helperStartsTen() Shape {
	return Shape{
		Name:    "helper-starts-ten",
		Doc:     "A helper starts ten workers in a loop and gives its caller no way to end them.",
		Stays:   10,
		Forever: true,
		Run: func(testing.TB) {
			jobs := startTen(func(job int) { _ = job * job })
			for job := range 20 {
				jobs <- job
			}
		},
	}
}

func startTen(do func(job int)) chan<- int {
	jobs := make(chan int)
	for range 10 {
		go func() { // stays 10
			for job := range jobs {
				do(job)
			}
		}()
	}
	return jobs
}

func skippedHalfway() Shape {
	return Shape{
		Name:    "skipped-halfway",
		Doc:     "A test is skipped when what it needs is not there, after it has started who waits for it.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			events := make(chan string)
			go func() { // stays
				for e := range events {
					_ = len(e)
				}
			}()
			if runtime.GOOS != "no such system" {
				t.Skip("needs another system")
			}
			close(events)
		},
	}
}

func cleanupStarts() Shape {
	return Shape{
		Name:    "cleanup-starts",
		Doc:     "What a cleanup starts to say good-bye outlives the test, for nobody listens.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			goodbyes := make(chan string)
			t.Cleanup(func() {
				go func() { goodbyes <- "bye" }() // stays
			})
		},
	}
}

func lockedThread() Shape {
	return Shape{
		Name:    "locked-thread",
		Doc:     "A goroutine that is locked to its thread, as a library of graphics needs it, waits for calls that nobody makes.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			calls, drawn := make(chan func()), make(chan struct{})
			go func() { // stays
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				for call := range calls {
					call()
				}
			}()
			calls <- func() { close(drawn) }
			<-drawn
		},
	}
}

package leakshapes

import (
	"sync"
	"testing"
	"time"
)

func pipelineClosed() Shape {
	return Shape{
		Name: "pipeline-closed",
		Doc:  "Each stage of a pipeline ends when the stage before has closed its channel.",
		Run: func(t testing.TB) {
			numbers := make(chan int)
			go func() {
				defer close(numbers)
				for n := range 100 {
					numbers <- n
				}
			}()
			squares := make(chan int)
			go func() {
				defer close(squares)
				for n := range numbers {
					squares <- n * n
				}
			}()
			sum := 0
			for n := range squares {
				sum += n
			}
			if sum != 328350 {
				t.Fatal(sum)
			}
		},
	}
}

func pipelineAbandonedWell() Shape {
	return Shape{
		Name: "pipeline-abandoned-well",
		Doc:  "The reader takes one value and tells the stages by a channel that it wants no more.",
		Run: func(testing.TB) {
			enough := make(chan bool)
			defer close(enough)
			numbers := make(chan int)
			for range 3 {
				go func() {
					for n := 0; ; n++ {
						select {
						case numbers <- n:
						case <-enough:
							return
						}
					}
				}()
			}
			<-numbers
		},
	}
}

func fanOutFanIn() Shape {
	return Shape{
		Name: "fan-out-fan-in",
		Doc:  "A goroutine waits for ten workers and closes their results after the last.",
		Run: func(t testing.TB) {
			jobs, results := make(chan int, 100), make(chan int)
			for n := range 100 {
				jobs <- n
			}
			close(jobs)
			var workers sync.WaitGroup
			for range 10 {
				workers.Go(func() {
					for n := range jobs {
						results <- n
					}
				})
			}
			go func() {
				workers.Wait()
				close(results)
			}()
			n := 0
			for range results {
				n++
			}
			if n != 100 {
				t.Fatal(n)
			}
		},
	}
}

func workerPoolShutDown() Shape {
	return Shape{
		Name: "worker-pool-shut-down",
		Doc:  "A pool's workers see their closed channel a moment after the test's return.",
		Run: func(testing.TB) {
			jobs := make(chan func())
			defer close(jobs)
			for range 8 {
				go func() {
					for job := range jobs {
						job()
					}
				}()
			}
			for range 20 {
				jobs <- func() { time.Sleep(time.Millisecond) }
			}
		},
	}
}

func workerEndedByCleanup() Shape {
	return Shape{
		Name: "worker-ended-by-cleanup",
		Doc:  "A helper's worker runs at the test's return, and the first registered of its cleanups, the last to run, ends it.",
		Run: func(t testing.TB) {
			jobs := make(chan func())
			t.Cleanup(func() { close(jobs) })
			go func() {
				for job := range jobs {
					job()
				}
			}()
			t.Cleanup(func() { jobs <- func() { time.Sleep(10 * time.Millisecond) } })
		},
	}
}

func cleanupStartsWorker() Shape {
	return Shape{
		Name: "cleanup-starts-worker",
		Doc:  "A cleanup itself starts goroutines, and what ends later than the cleanups is one of them.",
		Run: func(t testing.TB) {
			t.Cleanup(func() {
				var flush sync.WaitGroup
				flush.Go(func() { time.Sleep(5 * time.Millisecond) })
				flush.Wait()
				go time.Sleep(20 * time.Millisecond)
			})
		},
	}
}

func groupFirstError() Shape {
	return Shape{
		Name: "group-first-error",
		Doc:  "One of a group fails, and the others stop by the channel that its error closes.",
		Run: func(t testing.TB) {
			var group sync.WaitGroup
			var once sync.Once
			failed := make(chan bool)
			for i := range 10 {
				group.Go(func() {
					if i == 5 {
						once.Do(func() { close(failed) })
						return
					}
					select {
					case <-failed:
					case <-time.After(time.Hour):
						t.Error("nobody failed")
					}
				})
			}
			group.Wait()
		},
	}
}

func semaphore() Shape {
	return Shape{
		Name: "semaphore",
		Doc:  "Forty goroutines wait for four places, and all have their turn.",
		Run: func(testing.TB) {
			places := make(chan bool, 4)
			var all sync.WaitGroup
			for range 40 {
				all.Go(func() {
					places <- true
					defer func() { <-places }()
					time.Sleep(100 * time.Microsecond)
				})
			}
			all.Wait()
		},
	}
}

func condBroadcast() Shape {
	return Shape{
		Name: "cond-broadcast",
		Doc:  "A broadcast wakes fifty waiters, who are still on their way when the test returns.",
		Run: func(testing.TB) {
			var mu sync.Mutex
			open := sync.NewCond(&mu)
			waiting, ready := 0, false
			for range 50 {
				go func() {
					mu.Lock()
					defer mu.Unlock()
					for waiting++; !ready; {
						open.Wait()
					}
				}()
			}
			for {
				mu.Lock()
				all := waiting == 50
				if all {
					ready = true
					open.Broadcast()
				}
				mu.Unlock()
				if all {
					return
				}
				time.Sleep(time.Millisecond)
			}
		},
	}
}

func mutexHandOver() Shape {
	return Shape{
		Name: "mutex-hand-over",
		Doc:  "Goroutines wait for a mutex that the test holds until it returns, and each for a millisecond.",
		Run: func(testing.TB) {
			var mu sync.Mutex
			mu.Lock()
			defer mu.Unlock()
			for range 20 {
				go func() {
					mu.Lock()
					defer mu.Unlock()
					time.Sleep(time.Millisecond)
				}()
			}
		},
	}
}

func selectDefault() Shape {
	return Shape{
		Name: "select-default",
		Doc:  "A goroutine that looks for its stop now and then is mostly at work, and ends late.",
		Run: func(testing.TB) {
			stop, looked := make(chan bool), make(chan bool, 1)
			defer close(stop)
			go func() {
				for {
					select {
					case <-stop:
						return
					case looked <- true:
					default:
						time.Sleep(20 * time.Millisecond)
					}
				}
			}()
			<-looked
			time.Sleep(time.Millisecond)
		},
	}
}

func callerGaveUp() Shape {
	return Shape{
		Name: "caller-gave-up",
		Doc:  "A caller stops waiting for an answer, which a goroutine puts into a buffered channel later.",
		Run: func(t testing.TB) {
			answer := make(chan int, 1) // without the buffer this would be the best known leak
			go func() {
				time.Sleep(50 * time.Millisecond)
				answer <- 1
			}()
			select {
			case <-answer:
				t.Log("the machine was slow")
			case <-time.After(5 * time.Millisecond):
			}
		},
	}
}

func subscribersUnsubscribed() Shape {
	return Shape{
		Name: "subscribers-unsubscribed",
		Doc:  "Subscribers end when the hub closes their channels, and the hub when a cleanup closes its own.",
		Run: func(t testing.TB) {
			joining, news := make(chan chan string), make(chan string)
			go func() {
				var subscribers []chan string
				for {
					select {
					case s := <-joining:
						subscribers = append(subscribers, s)
					case item, open := <-news:
						for _, s := range subscribers {
							if open {
								s <- item
							} else {
								close(s)
							}
						}
						if !open {
							return
						}
					}
				}
			}()
			t.Cleanup(func() { close(news) })
			for range 5 {
				s := make(chan string)
				go func() {
					for range s {
					}
				}()
				joining <- s
			}
			news <- "one"
		},
	}
}

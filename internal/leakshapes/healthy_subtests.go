package leakshapes

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func subTests() Shape {
	return Shape{
		Name: "sub-tests",
		Doc:  "A worker of the test serves its sub tests, each of which is a goroutine that starts others.",
		Run: func(t testing.TB) {
			jobs := make(chan func())
			t.Cleanup(func() { close(jobs) })
			go func() {
				for job := range jobs {
					job()
				}
			}()
			for _, name := range []string{"one", "two"} {
				wholeTest(t).Run(name, func(t *testing.T) {
					done := make(chan bool)
					jobs <- func() { close(done) }
					<-done
					t.Cleanup(func() { go time.Sleep(10 * time.Millisecond) })
				})
			}
		},
	}
}

func parallelSubTests() Shape {
	return Shape{
		Name: "parallel-sub-tests",
		Doc:  "Parallel sub tests run when the test's function has returned, and its cleanups only after them.",
		Run: func(t testing.TB) {
			stop := make(chan bool)
			t.Cleanup(func() { close(stop) })
			for _, name := range []string{"one", "two", "three"} {
				wholeTest(t).Run(name, func(t *testing.T) {
					t.Parallel()
					go func() {
						<-stop // the whole test's, so that it outlives the sub test
					}()
					time.Sleep(5 * time.Millisecond)
				})
			}
		},
	}
}

func synctestTimeouts() Shape {
	return Shape{
		Name: "synctest-timeouts",
		Doc:  "Goroutines in a bubble wait for an hour, which passes at once.",
		Run: func(t testing.TB) {
			synctest.Test(wholeTest(t), func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				for range 5 {
					go func() { <-ctx.Done() }()
				}
				time.Sleep(2 * time.Hour)
				if ctx.Err() == nil {
					t.Fatal("no timeout")
				}
			})
		},
	}
}

func synctestTicker() Shape {
	return Shape{
		Name: "synctest-ticker",
		Doc:  "A ticker's worker in a bubble has a day's work, and ends with the bubble's test context.",
		Run: func(t testing.TB) {
			synctest.Test(wholeTest(t), func(t *testing.T) {
				ticks := 0
				go func() {
					ticker := time.NewTicker(time.Minute)
					defer ticker.Stop()
					for {
						select {
						case <-t.Context().Done():
							return
						case <-ticker.C:
							ticks++
						}
					}
				}()
				time.Sleep(24*time.Hour + time.Second)
				synctest.Wait()
				if ticks != 24*60 {
					t.Fatal(ticks)
				}
			})
		},
	}
}

// wholeTest returns a test that can have sub tests, or skips one that cannot.
func wholeTest(t testing.TB) *testing.T {
	t.Helper()
	whole, ok := t.(*testing.T)
	if !ok {
		t.Skip("needs go test")
	}
	return whole
}

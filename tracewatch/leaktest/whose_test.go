package leaktest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// soon is a grace for what never ends, so that nobody waits for it for a second. A verdict that it is a leak does not
// depend on it.
var soon = leaktest.Grace(10 * time.Millisecond)

// checked runs a test that is checked.
func checked(f func(t testing.TB), opts ...leaktest.Option) faketest.Result {
	return faketest.Run("TestChecked", func(t testing.TB) {
		leaktest.Check(t, opts...)
		f(t)
	})
}

// stuck receives from a channel until it is closed.
func stuck(ch chan int) {
	for range ch {
	}
}

// end returns a channel that is closed when the real test ends.
func end(t *testing.T) chan int {
	ch := make(chan int)
	t.Cleanup(func() { close(ch) })
	return ch
}

func TestLeak(t *testing.T) {
	ch := end(t)
	r := checked(func(testing.TB) { go stuck(ch) }, soon)
	require.True(t, r.Failed)
	require.Contains(t, r.Errors, "1 goroutine that TestChecked started is still alive")
	require.Contains(t, r.Errors, "leaktest_test.stuck")
	require.Contains(t, r.Errors, "chan receive")
	require.Contains(t, r.Errors, "whose_test.go")
}

func TestNoLeak(t *testing.T) {
	r := checked(func(t testing.TB) {
		done := make(chan int)
		go func() { close(done) }()
		<-done
	})
	require.Equal(t, faketest.Result{}, r)
}

// Who started it has ended, and who started that one too.
func TestDeadAncestors(t *testing.T) {
	ch := end(t)
	r := checked(func(testing.TB) {
		var started sync.WaitGroup
		started.Add(1)
		go func() {
			go func() {
				go stuck(ch)
				started.Done()
			}()
		}()
		started.Wait()
	}, soon)
	require.Contains(t, r.Errors, "TestDeadAncestors.func1.1.1 ")
	require.Contains(t, r.Errors, "TestDeadAncestors.func1.1 ")
	require.Contains(t, r.Errors, "TestDeadAncestors.func1 ")
	require.NotContains(t, r.Errors, "not known")
}

// Each of the tests that run at the same time answers for its own, through goroutines that have ended.
func TestParallel(t *testing.T) {
	ch := end(t)
	const tests = 8
	var all, begun sync.WaitGroup
	results := make([]faketest.Result, tests)
	begun.Add(tests)
	for i := range tests {
		all.Go(func() {
			results[i] = faketest.Run(fmt.Sprintf("Test%d", i), func(t testing.TB) {
				leaktest.Check(t, soon)
				begun.Done()
				begun.Wait()
				var started sync.WaitGroup
				for range i {
					started.Add(1)
					go func() {
						go stuck(ch)
						started.Done()
					}()
				}
				started.Wait()
			})
		})
	}
	all.Wait()
	for i, r := range results {
		require.Equal(t, i > 0, r.Failed, "%d: %s", i, r.Log)
		if i > 0 {
			require.Contains(t, r.Errors, fmt.Sprintf("that Test%d started", i))
		}
	}
}

// A subtest that is checked answers for itself; one that is not is part of the test around it.
func TestSubtests(t *testing.T) {
	ch := end(t)
	var sub faketest.Result
	r := checked(func(testing.TB) {
		sub = checked(func(testing.TB) { go stuck(ch) }, soon)
	}, soon)
	require.True(t, sub.Failed)
	require.Equal(t, faketest.Result{}, r)

	r = checked(func(testing.TB) {
		sub = faketest.Run("TestSub", func(testing.TB) { go stuck(ch) })
	}, soon)
	require.False(t, sub.Failed)
	require.Contains(t, r.Errors, "1 goroutine that TestChecked started is still alive")
}

// What was there before a test is not its own, nor what that starts.
func TestBefore(t *testing.T) {
	ch := end(t)
	work := make(chan func())
	defer close(work)
	go serve(work)
	r := checked(func(testing.TB) {
		started := make(chan bool)
		work <- func() {
			go func() {
				go stuck(ch)
				close(started)
			}()
		}
		<-started
	}, soon)
	require.Equal(t, faketest.Result{}, r)

	// The same test may have started it: its cleanup comes later.
	r = faketest.Run("TestFixture", func(t testing.TB) {
		ch := make(chan int)
		t.Cleanup(func() { close(ch) })
		go stuck(ch)
		leaktest.Check(t, soon)
	})
	require.Equal(t, faketest.Result{}, r)
}

// What a test starts when its check is over, in cleanups that were there before, is left to the test around it.
func TestAfter(t *testing.T) {
	ch := end(t)
	var sub faketest.Result
	r := checked(func(testing.TB) {
		sub = faketest.Run("TestSub", func(t testing.TB) {
			t.Cleanup(func() { grandchild(ch) })
			leaktest.Check(t, soon)
		})
	}, soon)
	require.Equal(t, faketest.Result{}, sub)
	require.Contains(t, r.Errors, "1 goroutine that TestChecked started is still alive")

	// What the subtest was told to ignore stays ignored, with what it starts.
	work := make(chan func())
	defer close(work)
	r = checked(func(testing.TB) {
		sub = checked(func(testing.TB) {
			go serve(work)
		}, soon, leaktest.IgnoreFunction(here+"serve"))
		started := make(chan bool)
		work <- func() {
			go stuck(ch)
			close(started)
		}
		<-started
	}, soon)
	require.Equal(t, faketest.Result{}, sub)
	require.Equal(t, faketest.Result{}, r)
}

func serve(work chan func()) {
	for f := range work {
		f()
	}
}

// A pool that another test started is not blamed on the one that uses it.
func TestPoolOfAnother(t *testing.T) {
	ch := end(t)
	work := make(chan func())
	ready, used := make(chan bool), make(chan bool)
	var all sync.WaitGroup
	var owner, user faketest.Result
	all.Go(func() {
		owner = checked(func(t testing.TB) {
			go func() {
				for f := range work {
					go f() // a worker for each
				}
			}()
			close(ready)
			<-used
			t.Cleanup(func() { close(work) })
		}, soon)
	})
	all.Go(func() {
		<-ready
		user = checked(func(testing.TB) {
			work <- func() { stuck(ch) }
		}, soon)
		close(used)
	})
	all.Wait()
	require.Equal(t, faketest.Result{}, user)
	require.Contains(t, owner.Errors, "1 goroutine that Test")
}

// Who woke a goroutine last is told, though it was there before the trace: the test itself.
func TestWoken(t *testing.T) {
	ch := end(t)
	r := checked(func(testing.TB) {
		go stuck(ch)
		time.Sleep(5 * time.Millisecond)
		ch <- 1
	}, soon)
	require.Contains(t, r.Errors, "by the test itself in leaktest_test.TestWoken")
	require.NotContains(t, r.Errors, "has ended")
}

// The check waits for what is about to end, and only as long as it needs.
func TestGrace(t *testing.T) {
	r := checked(func(testing.TB) {
		go time.Sleep(50 * time.Millisecond)
	}, leaktest.Grace(time.Minute))
	require.Equal(t, faketest.Result{}, r)

	// What is at work has ten times as long, and no longer.
	works := func(d time.Duration) faketest.Result {
		return checked(func(testing.TB) {
			go func() {
				for begun := time.Now(); time.Since(begun) < d; {
				}
			}()
		}, leaktest.Grace(200*time.Millisecond))
	}
	require.Equal(t, faketest.Result{}, works(500*time.Millisecond))
	require.Contains(t, works(3*time.Second).Errors, "it does not wait, it runs")
}

// Cleanups that the test registers run before the check, as do the check's own.
func TestCleanups(t *testing.T) {
	r := checked(func(t testing.TB) {
		ch := make(chan int)
		t.Cleanup(func() { close(ch) })
		go stuck(ch)
	})
	require.Equal(t, faketest.Result{}, r)

	ch := make(chan int)
	r = checked(func(testing.TB) { go stuck(ch) }, leaktest.Cleanup(func() { close(ch) }))
	require.Equal(t, faketest.Result{}, r)
}

// A test that fails, ends early, is skipped or panics is checked all the same.
func TestHowTestsEnd(t *testing.T) {
	ch := end(t)
	for name, f := range map[string]func(testing.TB){
		"FailNow": func(t testing.TB) { t.FailNow() },
		"Skip":    func(t testing.TB) { t.Skip() },
		"panic":   func(testing.TB) { panic("oh") },
		"cleanup": func(t testing.TB) { t.Cleanup(func() { panic("oh") }) },
	} {
		t.Run(name, func(t *testing.T) {
			r := checked(func(t testing.TB) {
				go stuck(ch)
				f(t)
			}, soon)
			require.Contains(t, r.Errors, "1 goroutine that Test")
			require.Equal(t, name == "FailNow" || r.Panic != nil, strings.Contains(r.Errors, "It had failed before"))
		})
	}
}

// Two checks of one test complain once.
func TestTwice(t *testing.T) {
	ch := end(t)
	r := checked(func(t testing.TB) {
		leaktest.Check(t, soon)
		go stuck(ch)
	}, soon)
	require.Equal(t, 1, strings.Count(r.Errors, "still alive"))
}

// relay starts the next of its kind and ends, until a channel is closed.
func relay(stop chan int, after time.Duration) {
	select {
	case <-stop:
	case <-time.After(after):
		go relay(stop, after)
	}
}

// Those that come from each other for ever are left behind, though none of them lives long enough to be found twice.
func TestRelay(t *testing.T) {
	stop := end(t)
	r := checked(func(testing.TB) { go relay(stop, 50*time.Microsecond) }, soon)
	require.Contains(t, r.Errors, "1 goroutine that TestChecked started is still alive")
	require.Contains(t, r.Errors, "leaktest_test.relay")
}

// If the first of them was there before they are not the test's, though it started them, and nobody waits for them.
func TestRelayBefore(t *testing.T) {
	stop := end(t)
	var took time.Duration
	r := checked(func(t testing.TB) { // so that the trace sees how they begin
		go relay(stop, 50*time.Microsecond)
		time.Sleep(10 * time.Millisecond)
		var over time.Time
		t.Cleanup(func() { took = time.Since(over) })
		leaktest.Check(t, leaktest.Cleanup(func() { over = time.Now() }))
		time.Sleep(50 * time.Millisecond)
	}, soon)
	require.Less(t, took, time.Second)
	require.Equal(t, 1, strings.Count(r.Errors, "still alive"), r.Errors) // for the check around it
}

// nameless is a test that is not as leaktest expects it.
type nameless struct{ testing.TB }

func (nameless) Name() string { panic("no name") }

// A bug of ours ends neither the test nor those that follow.
func TestBug(t *testing.T) {
	ch := end(t)
	r := faketest.Run("TestChecked", func(t testing.TB) {
		leaktest.Check(nameless{t}, soon)
		go stuck(ch)
	})
	require.False(t, r.Failed, r.Log)
	require.Contains(t, r.Log, "a bug in tracewatch, please report it: no name")
	require.Equal(t, faketest.Result{}, checked(func(testing.TB) {}))
}

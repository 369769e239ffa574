package leaktest_test

import (
	"io"
	"runtime/trace"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// grandchild starts a goroutine that stays, and whose parent ends.
func grandchild(ch chan int) {
	var started sync.WaitGroup
	started.Add(1)
	go func() {
		go stuck(ch)
		started.Done()
	}()
	started.Wait()
}

// tells requires a report that only a trace can tell: who started the parent.
func tells(t *testing.T, r faketest.Result) {
	t.Helper()
	require.Contains(t, r.Errors, "1 goroutine that Test")
	require.Contains(t, r.Errors, "leaktest_test.grandchild ")
	require.NotContains(t, r.Errors, "no trace")
}

// tellsLess requires one that could be told without.
func tellsLess(t *testing.T, r faketest.Result, why string) {
	t.Helper()
	require.Contains(t, r.Errors, "1 goroutine that Test")
	require.Contains(t, r.Errors, "leaktest_test.grandchild.func1 ")
	require.Contains(t, r.Errors, "There is no trace to tell more")
	require.Contains(t, r.Errors, why)
}

// recorder starts a flight recorder until the test's end.
func recorder(t testing.TB) {
	fr := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	start(t, fr.Start)
	t.Cleanup(fr.Stop)
}

// tracer starts a trace until the test's end.
func tracer(t testing.TB) {
	start(t, func() error { return trace.Start(io.Discard) })
	t.Cleanup(trace.Stop)
}

// start starts something that needs a slot, which a check has for a moment longer than it takes.
func start(t testing.TB, it func() error) {
	require.Eventually(t, func() bool { return it() == nil }, 10*time.Second, 10*time.Millisecond)
}

// Whatever slots are taken, and whoever takes one while a check runs, what is left is told with what can be known. It
// runs in a process of its own, in which Main has no slot.
func TestSlots(t *testing.T) {
	t.Setenv("GODEBUG", "traceadvanceperiod=50000000") // a generation ends by itself after 50 ms, and nobody waits for it for a second
	if !alone(t) {
		return
	}
	leaky := func(t *testing.T) func(testing.TB) {
		ch := end(t)
		return func(testing.TB) { grandchild(ch) }
	}
	t.Run("free", func(t *testing.T) { tells(t, checked(leaky(t), soon)) })
	t.Run("flight recorder runs", func(t *testing.T) {
		recorder(t)
		tells(t, checked(leaky(t), soon))
	})
	t.Run("trace runs", func(t *testing.T) {
		tracer(t)
		tells(t, checked(leaky(t), soon))
	})
	t.Run("the test traces", func(t *testing.T) {
		f := leaky(t)
		tells(t, checked(func(tb testing.TB) {
			require.NoError(t, trace.Start(io.Discard))
			f(tb)
			trace.Stop()
		}, soon))
	})
	t.Run("both run", func(t *testing.T) {
		recorder(t)
		tracer(t)
		tellsLess(t, checked(leaky(t), soon), "both of the runtime's slots are in use")
	})
	t.Run("not wanted", func(t *testing.T) {
		tellsLess(t, checked(func(tb testing.TB) {
			tracer(t)
			leaky(t)(tb)
		}, soon, leaktest.WithoutTrace()), "none was wanted")
	})
	for name, opts := range map[string][]tracewatch.Option{
		"watcher":        nil,
		"stream watcher": {tracewatch.WithStream()},
	} {
		watch := func(t testing.TB) {
			w, err := tracewatch.Start(t.Context(), opts...)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, w.Stop()) })
		}
		t.Run(name+" runs", func(t *testing.T) {
			watch(t)
			tells(t, checked(leaky(t), soon))
		})
		t.Run(name+" is started by the test", func(t *testing.T) {
			f := leaky(t)
			tells(t, checked(func(tb testing.TB) {
				f(tb)
				watch(tb)
			}, soon))
			require.Equal(t, faketest.Result{}, checked(watch), "a watcher leaves nothing behind")
			require.Equal(t, faketest.Result{}, checked(func(t testing.TB) {
				require.NoError(t, trace.Start(io.Discard), "the check is in the recorder's slot again")
				trace.Stop()
			}))
		})
		t.Run(name+" is started, the other slot is taken", func(t *testing.T) {
			if opts == nil {
				tracer(t)
			} else {
				recorder(t)
			}
			f := leaky(t)
			tellsLess(t, checked(func(tb testing.TB) {
				watch(tb)
				f(tb)
			}, soon), "its slot was left to a Watcher")
		})
	}
}

// Code that calls trace.Stop though its trace.Start has failed stops the check's trace. The next check has one again.
func TestForeignStop(t *testing.T) {
	if !alone(t) {
		return
	}
	ch := end(t)
	r := checked(func(testing.TB) {
		trace.Stop()
		grandchild(ch)
	}, soon)
	require.Contains(t, r.Errors, "1 goroutine that Test")
	require.Contains(t, r.Errors, "trace.Stop was called")
	tells(t, checked(func(testing.TB) { grandchild(ch) }, soon))
}

// What a test records much of is read while it runs, and none of it is lost.
func TestMuchTrace(t *testing.T) {
	ch := end(t)
	tells(t, checked(func(testing.TB) {
		grandchild(ch)
		ping, pong := make(chan int), make(chan int)
		go func() {
			defer close(pong)
			for range ping {
				pong <- 1
			}
		}()
		for range 150_000 { // some 3 MB of trace
			ping <- 1
			<-pong
		}
		close(ping)
		<-pong
	}, soon))
}

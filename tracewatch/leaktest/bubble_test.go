package leaktest_test

import (
	"context"
	"net"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// healthyBubble is a test in a bubble, in which time passes as nothing else is to do.
func healthyBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leaktest.Check(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		go func() {
			for ctx.Err() == nil {
				select {
				case <-ctx.Done():
				case <-tick.C:
				}
			}
		}()
		go time.Sleep(500 * time.Millisecond) // it ends within the bubble's second
		<-ctx.Done()
	})
}

// A bubble may be the first to check, and the trace is never part of it.
func TestBubble(t *testing.T) {
	if !alone(t) {
		return
	}
	healthyBubble(t)
	leaktest.Check(t)
	healthyBubble(t)
}

// What is left in a bubble is told before the runtime finds that the bubble is at a deadlock.
func TestBubbleLeak(t *testing.T) {
	const mode = "LEAKTEST_BUBBLE"
	leak := func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			leaktest.Check(t)
			ch := make(chan int)
			var dead = make(chan bool)
			go func() {
				go stuck(ch)
				close(dead)
			}()
			<-dead
			synctest.Wait()
		})
	}
	switch os.Getenv(mode) {
	case "first":
		leak(t)
	case "second":
		leaktest.Check(t)
		leak(t)
	}
	if os.Getenv(mode) != "" {
		return
	}
	for _, m := range []string{"first", "second"} {
		t.Run(m, func(t *testing.T) {
			t.Setenv(mode, m)
			out, err := child(t, childBare, "-test.run=^TestBubbleLeak$")
			require.Error(t, err)
			report, deadlock, found := strings.Cut(out, "panic: deadlock")
			require.True(t, found, report)
			require.NotEmpty(t, deadlock)
			require.Contains(t, report, "1 goroutine that TestBubbleLeak started is still alive")
			require.Contains(t, report, "leaktest_test.stuck")
			require.Equal(t, m == "first", strings.Contains(report, "none can be begun inside a bubble"), report)
		})
	}
}

// What waits in a bubble for something outside of it keeps its time from passing. The check does not wait for that.
func TestBubbleStands(t *testing.T) {
	for name, wait := range map[string]func(t *testing.T) (f func()){
		"lock": func(t *testing.T) func() {
			var mu sync.Mutex
			mu.Lock()
			t.Cleanup(mu.Unlock)
			return func() {
				mu.Lock()
				mu.Unlock() //nolint:staticcheck // it is about the wait
			}
		},
		"network": func(t *testing.T) func() {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			t.Cleanup(func() { _ = ln.Close() })
			return func() { _, _ = ln.Accept() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := wait(t)
				r := checked(func(testing.TB) { go f() })
				require.Contains(t, r.Errors, "1 goroutine that TestChecked started is still alive")
			})
			synctest.Test(t, func(t *testing.T) { // it was there before, and the test's own is slow to end
				go wait(t)()
				leaktest.Check(t)
				go func() {
					for range 1000 {
						runtime.Gosched()
					}
				}()
			})
		})
	}
}

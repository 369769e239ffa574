package leakproof_test

import (
	"context"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/leakproof"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

const here = "github.com/gotracewatch/tracewatch/internal/leakproof_test."

//go:noinline
func receive(ch chan int) { <-ch }

//go:noinline
func receiveToo(ch chan int) { <-ch }

// leak starts goroutines that nobody can wake, because nobody has their channel.
//
//go:noinline
func leak(n int) {
	for range n {
		ch := make(chan int)
		go receive(ch)
	}
}

func available(t *testing.T) {
	t.Helper()
	if !leakproof.Available() {
		t.Skip("this Go has no goroutineleak profile")
	}
}

// leaked returns how many goroutines of a suspect are leaked already: they stay as long as the process.
func leaked(t *testing.T, s leakproof.Suspect) int {
	t.Helper()
	leaks, err := leakproof.Ask()
	require.NoError(t, err)
	return leakproof.Count(leaks, s)
}

// ask asks until as many goroutines of a suspect wait: they have to get there.
func ask(t *testing.T, s leakproof.Suspect, want int) []leakproof.Leak {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		leaks, err := leakproof.Ask()
		require.NoError(t, err)
		if n := leakproof.Count(leaks, s); n >= want || time.Since(begun) > time.Minute {
			require.Equal(t, want, n)
			return leaks
		}
	}
}

func TestNotAvailable(t *testing.T) {
	if leakproof.Available() {
		t.Skip("this Go has a goroutineleak profile")
	}
	leaks, err := leakproof.Ask()
	require.ErrorIs(t, err, leakproof.ErrNotAvailable)
	require.Nil(t, leaks)
}

// A leak is proven, and a goroutine that somebody could wake is not.
func TestProven(t *testing.T) {
	available(t)
	of := func(fn string) leakproof.Suspect {
		return leakproof.Suspect{Start: detectors.Site{Func: here + fn}}
	}
	want := leaked(t, of("receive")) + 5
	reachable := make(chan int)
	defer close(reachable)
	for range 3 {
		go receiveToo(reachable)
	}
	leak(5)
	leaks := ask(t, of("receive"), want)
	require.Zero(t, leakproof.Count(leaks, of("receiveToo")))

	var found detectors.Frame
	for _, l := range leaks {
		for _, f := range l.Frames {
			if f.Func == here+"receive" {
				require.Equal(t, want, l.Goroutines)
				found = f
			}
		}
	}
	require.True(t, strings.HasSuffix(found.File, "leakproof_test.go"), found.File)
	require.Positive(t, found.Line)

	parked := detectors.Site{Func: found.Func, File: found.File, Line: found.Line}
	start := detectors.Site{Func: found.Func}
	require.Equal(t, want, leakproof.Count(leaks, leakproof.Suspect{Parked: parked, Start: start}))
	parked.Line++
	require.Zero(t, leakproof.Count(leaks, leakproof.Suspect{Parked: parked, Start: start}), "another line")
	parked.Line = 0
	require.Equal(t, want, leakproof.Count(leaks, leakproof.Suspect{Parked: parked}))

}

// A function that the library calls for a goroutine is not the one that it began in.
func TestWaitGroupGo(t *testing.T) {
	available(t)
	s := leakproof.Suspect{Start: detectors.Site{Func: "sync.(*WaitGroup).Go.func1"}}
	want := leaked(t, s) + 2
	for range 2 {
		var wg sync.WaitGroup
		wg.Go(func() { receiveInGroup(make(chan int)) })
	}
	parked := detectors.Site{Func: here + "receiveInGroup"}
	for _, l := range ask(t, s, want) {
		if l.Frames[len(l.Frames)-1].Func == "sync.(*WaitGroup).Go.func1" {
			for _, f := range l.Frames {
				if f.Func == parked.Func {
					parked.File = f.File
				}
			}
		}
	}
	s.Parked = parked
	ask(t, s, want)
}

// Goroutines with different labels wait at one stack.
func TestLabels(t *testing.T) {
	available(t)
	s := leakproof.Suspect{Start: detectors.Site{Func: here + "receiveLabelled"}}
	want := leaked(t, s) + 3
	for _, request := range []string{"a", "b", "b"} {
		pprof.Do(context.Background(), pprof.Labels("request", request), func(context.Context) {
			ch := make(chan int)
			go receiveLabelled(ch)
		})
	}
	stacks := 0
	for _, l := range ask(t, s, want) {
		if leakproof.Count([]leakproof.Leak{l}, s) > 0 {
			stacks++
		}
	}
	require.Equal(t, 1, stacks)
}

//go:noinline
func receiveInGroup(ch chan int) { <-ch }

//go:noinline
func receiveLabelled(ch chan int) { <-ch }

func TestCount(t *testing.T) {
	frames := func(funcs ...string) []detectors.Frame {
		var frames []detectors.Frame
		for i, fn := range funcs {
			frames = append(frames, detectors.Frame{Func: fn, File: "f.go", Line: 10 + i})
		}
		return frames
	}
	leaks := []leakproof.Leak{
		{1, frames("runtime.gopark", "runtime.chanrecv1", "shop.wait", "shop.serve")},
		{10, frames("runtime.gopark", "runtime.chanrecv1", "shop.wait", "shop.serve", "shop.main.gowrap1")},
		{100, frames("runtime.gopark", "sync.(*WaitGroup).Wait")},
		{1000, frames("runtime.gopark", "shop.wait", "shop.gowrapper")},
		{10000, nil},
		{1e6, frames("runtime.gopark", "runtime.selectgo", "github.com/redis/go-redis/v9/internal/pool.(*ConnPool).waitTurn", "shop.lookUp", "shop.ask")},
		{1e7, frames("runtime.gopark", "runtime.chanrecv1", "github.com/nats-io/nats%2ego.(*Conn).flusher")},
		{100000, frames(append(make([]string, limits.StackFrames-1), "shop.serve")...)},
	}
	site := func(fn string, line int) detectors.Site { return detectors.Site{Func: fn, File: "f.go", Line: line} }
	for _, c := range []struct {
		want          int
		parked, start detectors.Site
	}{
		{11, site("shop.wait", 12), detectors.Site{Func: "shop.serve"}},
		{11, detectors.Site{}, detectors.Site{Func: "shop.serve"}},
		{11, site("shop.wait", 12), detectors.Site{}},
		{1011, site("shop.wait", 0), detectors.Site{}},
		{1000, site("shop.wait", 11), detectors.Site{Func: "shop.gowrapper"}},
		{0, site("shop.wait", 13), detectors.Site{Func: "shop.serve"}},
		{0, site("shop.serve", 13), detectors.Site{Func: "shop.serve"}},
		{0, detectors.Site{Func: "shop.wait", File: "g.go", Line: 12}, detectors.Site{Func: "shop.serve"}},
		{1e6, site("shop.lookUp", 13), detectors.Site{Func: "shop.ask"}},
		{0, site("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).waitTurn", 12), detectors.Site{Func: "shop.ask"}},
		{1e7, site("github.com/nats-io/nats%2ego.(*Conn).flusher", 12), detectors.Site{}},
		{100, site("sync.(*WaitGroup).Wait", 11), detectors.Site{Func: "sync.(*WaitGroup).Wait"}},
		{0, detectors.Site{}, detectors.Site{}},
	} {
		require.Equal(t, c.want, leakproof.Count(leaks, leakproof.Suspect{Parked: c.parked, Start: c.start}), "%+v", c)
	}
}

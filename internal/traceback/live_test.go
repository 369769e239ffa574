package traceback_test

import (
	"iter"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

const here = "github.com/gotracewatch/tracewatch/internal/traceback_test."

// find returns a goroutine by its number.
func find(gs []traceback.Goroutine, id detectors.GoID) *traceback.Goroutine {
	for i := range gs {
		if gs[i].ID == id {
			return &gs[i]
		}
	}
	return nil
}

// until asks, on the test's own goroutine, until something is so: goroutines have to get to where they wait.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > 20*time.Second {
			t.Fatal(what)
		}
	}
}

// Each wait is one that this Go has a name for, and ends when the test does.
func TestLive(t *testing.T) {
	never, full := make(chan int), make(chan int)
	var nothing chan int
	var mu sync.Mutex
	mu.Lock()
	var rw sync.RWMutex
	rw.Lock()
	var wg sync.WaitGroup
	wg.Add(1)
	cond := sync.NewCond(new(sync.Mutex))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var stop atomic.Bool
	var ended sync.WaitGroup
	defer func() {
		close(never)
		select {
		case <-full:
		default: // the test has failed before
		}
		mu.Unlock()
		rw.Unlock()
		wg.Done()
		cond.Broadcast()
		require.NoError(t, l.Close())
		stop.Store(true)
		ended.Wait()
	}()
	for _, c := range []struct {
		state string
		wait  func()
	}{
		{"chan receive", func() { <-never }},
		{"chan send", func() { full <- 1 }},
		{"select", func() {
			select {
			case <-never:
			case <-nothing:
			}
		}},
		{"sync.Mutex.Lock", func() { mu.Lock(); defer mu.Unlock() }},
		{"sync.RWMutex.RLock", func() { rw.RLock(); defer rw.RUnlock() }},
		{"sync.WaitGroup.Wait", wg.Wait},
		{"sync.Cond.Wait", func() { cond.L.Lock(); cond.Wait(); cond.L.Unlock() }},
		{"sleep", func() {
			for !stop.Load() {
				time.Sleep(50 * time.Millisecond)
			}
		}},
		{"IO wait", func() { _, _ = l.Accept() }},
		{"chan receive", func() { runtime.LockOSThread(); <-never }},
		{"coroutine", func() { // the one that waits for the next value, too
			next, end := iter.Pull(func(yield func(int) bool) { <-never; yield(1) })
			defer end()
			next()
		}},
	} {
		id := make(chan detectors.GoID)
		release := make(chan bool)
		ended.Go(func() {
			g, _ := traceback.Current()
			id <- g
			<-release
			c.wait()
		})
		g := <-id
		close(release)
		me, _ := traceback.Current()
		var r traceback.Reader
		until(t, c.state, func() bool {
			gs, cut := r.All()
			require.False(t, cut)
			require.Equal(t, "running", gs[0].State)
			require.Equal(t, me, gs[0].ID)
			got := find(gs, g)
			require.NotNil(t, got)
			require.Equal(t, me, got.Creator)
			require.Equal(t, "sync.(*WaitGroup).Go", got.Created.Func)
			return got.State == c.state
		})
	}
}

// What can never be ended is looked at in goroutines that stay.
func TestLiveForEver(t *testing.T) {
	var nothing chan int
	for state, wait := range map[string]func(){
		"chan receive (nil chan)": func() { <-nothing },
		"chan send (nil chan)":    func() { nothing <- 1 },
		"select (no cases)":       func() { select {} },
	} {
		id := make(chan detectors.GoID)
		go func() {
			g, _ := traceback.Current()
			id <- g
			wait()
		}()
		g := <-id
		until(t, state, func() bool { return find(all(), g).State == state })
	}
}

// A coroutine is a goroutine of its own, which waits while nobody asks it for the next value.
func TestCoroutine(t *testing.T) {
	var inside detectors.GoID
	next, stop := iter.Pull(func(yield func(int) bool) {
		inside, _ = traceback.Current()
		yield(1)
	})
	defer stop()
	next()
	me, _ := traceback.Current()
	gs := all()
	g := find(gs, inside)
	require.Equal(t, "coroutine", g.State)
	require.Equal(t, me, g.Creator)
	require.Equal(t, "iter.Pull[...]", g.Created.Func)
}

func TestLocked(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	gs := all()
	require.True(t, gs[0].Locked)
}

func TestBubble(t *testing.T) {
	_, none := traceback.Current()
	require.Zero(t, none)
	synctest.Test(t, func(t *testing.T) {
		me, bubble := traceback.Current()
		require.Positive(t, bubble)
		ch := make(chan int)
		defer close(ch)
		go func() { <-ch }()
		synctest.Wait()
		gs := all()
		require.Equal(t, bubble, find(gs, me).Bubble)
		found := false
		for i := range gs {
			if g := &gs[i]; g.Creator == me {
				found = true
				require.Equal(t, "chan receive", g.State)
				require.True(t, g.Durable)
				require.Equal(t, bubble, g.Bubble)
			}
		}
		require.True(t, found)
	})
}

// The frames are those that runtime.Callers tells of.
func TestSameAsCallers(t *testing.T) {
	var gs []traceback.Goroutine
	var pcs [64]uintptr
	var n int
	func() { gs, n = all(), runtime.Callers(1, pcs[:]) }()
	frames := runtime.CallersFrames(pcs[:n])
	got := gs[0].Frames()
	for got[0].Func != here+"TestSameAsCallers.func1" {
		got = got[1:]
	}
	for _, f := range got {
		want, _ := frames.Next()
		require.Equal(t, detectors.Frame{Func: want.Function, File: want.File, Line: want.Line}, f)
	}
}

func all() []traceback.Goroutine {
	gs, _ := new(traceback.Reader).All()
	return gs
}

// The buffer grows as far as it may; what is behind is missing, and what there is is right.
func TestCut(t *testing.T) {
	end := make(chan int)
	defer close(end)
	for range 50 {
		go func() { <-end }()
	}
	whole := all()
	require.GreaterOrEqual(t, len(whole), 50)
	for limit := 1; ; limit += 97 {
		gs, cut := traceback.AllWithin(new(traceback.Reader), limit)
		for i, g := range gs {
			require.True(t, i == 0 || g.Creator != 0 || i == len(gs)-1 || g.ID == 1 || strings.HasPrefix(g.Created.Func, "time."), "%+v", g)
			if g.Creator != 0 && find(whole, g.ID) != nil {
				require.Equal(t, find(whole, g.ID).Creator, g.Creator)
			}
		}
		if !cut {
			require.GreaterOrEqual(t, len(gs), 50) // those of other tests may have ended meanwhile
			return
		}
	}
}

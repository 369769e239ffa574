package leaktest_test

import (
	"context"
	"io"
	"runtime/trace"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// Tests that the processes of other tests run, as go test runs any.

// TestChildFixture starts something before its check begins, which is Main's then.
func TestChildFixture(t *testing.T) {
	inChild(t)
	go stuck(make(chan int))
	leaktest.Check(t, soon)
}

// TestChildCleanup starts something when its check is over.
func TestChildCleanup(t *testing.T) {
	inChild(t)
	t.Cleanup(func() { grandchild(make(chan int)) })
	leaktest.Check(t, soon)
}

// TestChildRows has rows that are written in one function. The timer's goroutine of one is no other's.
func TestChildRows(t *testing.T) {
	inChild(t)
	var begun sync.WaitGroup
	begun.Add(2)
	over := make(chan bool)
	for _, name := range []string{"timer", "healthy"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t, soon)
			fired := make(chan bool)
			if name == "timer" {
				time.AfterFunc(0, func() { close(fired); <-over })
				<-fired
				begun.Done()
				<-over
				return
			}
			begun.Done()
			begun.Wait()
			t.Cleanup(func() { time.AfterFunc(100*time.Millisecond, func() { close(over) }) })
		})
	}
}

// TestChildUnchecked runs beside the next one and sets a timer whose function stays until both have ended.
func TestChildUnchecked(t *testing.T) {
	inChild(t)
	t.Parallel()
	fired := make(chan bool)
	f := timed(fired, betweenChildren)
	time.AfterFunc(0, f)
	<-fired
}

func TestChildBesideUnchecked(t *testing.T) {
	inChild(t)
	t.Parallel()
	leaktest.Check(t, soon)
	time.Sleep(20 * time.Millisecond)
}

var betweenChildren = make(chan int)

// TestChildTimer is alone, and so is whatever a timer starts meanwhile.
func TestChildTimer(t *testing.T) {
	inChild(t)
	leaktest.Check(t, soon)
	fired := make(chan bool)
	f := timed(fired, make(chan int))
	t.Run("sub", func(*testing.T) {
		time.AfterFunc(0, f)
		<-fired
	})
}

// TestChildWatcher starts a Watcher and stops it.
func TestChildWatcher(t *testing.T) {
	inChild(t)
	w, err := tracewatch.Start(context.Background())
	require.NoError(t, err)
	require.NoError(t, w.Stop())
}

// TestChildRecorder has the flight recorder for itself.
func TestChildRecorder(t *testing.T) {
	inChild(t)
	leaktest.Check(t, leaktest.WithoutTrace())
	fr := trace.NewFlightRecorder(trace.FlightRecorderConfig{})
	require.NoError(t, fr.Start())
	fr.Stop()
	require.NoError(t, trace.Start(io.Discard))
	trace.Stop()
}

// TestChildElders runs beside another test and leaks what only its ancestors tell of.
func TestChildElders(t *testing.T) {
	inChild(t)
	for _, name := range []string{"leaks", "does not"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t, soon, leaktest.WithoutTrace())
			if name == "leaks" {
				grandchild(make(chan int))
			}
			time.Sleep(20 * time.Millisecond)
		})
	}
}

// Without a trace the runtime's tracebacks can tell, if they are asked to.
func TestElders(t *testing.T) {
	out, err := child(t, childBare, "-test.run=ChildElders", "-test.parallel=2", "-test.v")
	require.NoError(t, err, out)
	require.Contains(t, out, "may be this test's")
	t.Setenv("GODEBUG", "tracebackancestors=10")
	out, err = child(t, childBare, "-test.run=ChildElders", "-test.parallel=2", "-test.v")
	require.Error(t, err, out)
	require.Contains(t, out, "1 goroutine that TestChildElders/leaks started")
	require.Contains(t, out, "PASS: TestChildElders/does_not")
}

// What goes through a package's run and is told of it, or is not.
func TestMainJudges(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		fails  bool
		says   []string
		silent []string
	}{
		"what was there before a check": {args: []string{"-test.run=ChildFixture"}, fails: true,
			says: []string{"1 goroutine still alive", "leaktest_test.TestChildFixture "}},
		"what comes when a check is over": {args: []string{"-test.run=ChildCleanup"}, fails: true,
			says: []string{"1 goroutine still alive", "leaktest_test.TestChildCleanup"}},
		"a row's timer":            {args: []string{"-test.run=ChildRows"}, silent: []string{"still alive 1"}},
		"beside an unchecked test": {args: []string{"-test.run=ChildUnchecked|ChildBesideUnchecked", "-test.v"}, fails: true, says: []string{"PASS: TestChildBesideUnchecked", "1 goroutine still alive", "leaktest_test.timed"}},
		"the only test's timer":    {args: []string{"-test.run=ChildTimer"}, fails: true, says: []string{"1 goroutine that TestChildTimer started is still alive"}},
		"a slot that was lost": {args: []string{"-test.run=ChildWatcher|ChildLeaksChecked", "-test.trace=" + t.TempDir() + "/trace", "-test.count=2"}, fails: true,
			says: []string{"1 goroutine that TestChildLeaksChecked started", "leaktest_test.grandchild "}, silent: []string{"no trace"}},
		"a test's own recorder": {args: []string{"-test.run=ChildRecorder|ChildLeaksChecked"}, fails: true,
			says: []string{"leaktest_test.grandchild "}, silent: []string{"no trace", "already enabled"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := child(t, childMain, c.args...)
			require.Equal(t, c.fails, err != nil, "%v\n%s", err, out)
			for _, s := range c.says {
				require.Contains(t, out, s)
			}
			for _, s := range c.silent {
				require.NotContains(t, out, s)
			}
		})
	}
}

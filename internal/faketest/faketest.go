// Package faketest runs a test without the testing package, so that another test sees how it fails.
package faketest

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// A Result is what became of a test.
type Result struct {
	Failed, Skipped bool
	Panic           any    // what its function or a cleanup panicked with; nil: nothing
	Log             string // all that was said, of errors too
	Errors          string // what was said of errors
}

// Run runs a test on a goroutine of its own as the testing package does, and returns when its cleanups have
// run.
func Run(name string, f func(testing.TB)) Result {
	ctx, cancel := context.WithCancel(context.Background())
	t := &fake{name: name, ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.cleanUp()
		defer cancel()
		t.guard(func() { f(t) })
	}()
	<-done
	t.mu.Lock()
	defer t.mu.Unlock()
	t.Result.Log, t.Result.Errors = t.log.String(), t.errors.String()
	return t.Result
}

// fake is a testing.TB. The one embedded is nil; it has the method that only the testing package can
// write.
type fake struct {
	testing.TB
	name string
	ctx  context.Context

	mu       sync.Mutex
	Result   Result
	log      strings.Builder
	errors   strings.Builder
	cleanups []func()
}

// guard calls a function and notes its panic. If the function ends the goroutine (FailNow), that goes on
// to end, and what was deferred runs.
func (t *fake) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.Result.Failed, t.Result.Panic = true, v
			fmt.Fprintf(&t.log, "panic: %v\n%s\n", v, debug.Stack())
		}
	}()
	f()
}

// cleanUp runs the cleanups, the last one first, whatever one of them does.
func (t *fake) cleanUp() {
	for {
		t.mu.Lock()
		n := len(t.cleanups)
		if n == 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[n-1]
		t.cleanups[n-1] = nil // what it refers to can go
		t.cleanups = t.cleanups[:n-1]
		t.mu.Unlock()
		func() {
			defer func() {
				if t.left() > 0 {
					t.cleanUp() // f has ended the goroutine, or the next pass does nothing
				}
			}()
			t.guard(f)
		}()
	}
}

func (t *fake) left() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.cleanups)
}

// say notes what a test says.
func (t *fake) say(failed bool, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	t.log.WriteString(text)
	if failed {
		t.errors.WriteString(text)
		t.Result.Failed = true
	}
}

func (t *fake) Helper()                         {}
func (t *fake) Name() string                    { return t.name }
func (t *fake) Context() context.Context        { return t.ctx }
func (t *fake) Log(args ...any)                 { t.say(false, fmt.Sprintln(args...)) }
func (t *fake) Logf(format string, args ...any) { t.say(false, fmt.Sprintf(format, args...)) }
func (t *fake) Error(args ...any)               { t.say(true, fmt.Sprintln(args...)) }
func (t *fake) Errorf(format string, args ...any) {
	t.say(true, fmt.Sprintf(format, args...))
}
func (t *fake) Fail() { t.say(true, "") }
func (t *fake) FailNow() {
	t.Fail()
	runtime.Goexit()
}
func (t *fake) Fatal(args ...any) {
	t.Error(args...)
	runtime.Goexit()
}
func (t *fake) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}
func (t *fake) SkipNow() {
	t.mu.Lock()
	t.Result.Skipped = true
	t.mu.Unlock()
	runtime.Goexit()
}
func (t *fake) Skip(args ...any) {
	t.Log(args...)
	t.SkipNow()
}
func (t *fake) Skipf(format string, args ...any) {
	t.Logf(format, args...)
	t.SkipNow()
}

func (t *fake) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Result.Failed
}

func (t *fake) Skipped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.Result.Skipped
}

func (t *fake) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

func (t *fake) Setenv(key, value string) {
	old, was := os.LookupEnv(key) //nolint:forbidigo // to set it back
	t.must(os.Setenv(key, value))
	t.Cleanup(func() {
		if was {
			t.must(os.Setenv(key, old))
		} else {
			t.must(os.Unsetenv(key))
		}
	})
}

func (t *fake) Chdir(dir string) {
	old, err := os.Getwd()
	t.must(err)
	t.must(os.Chdir(dir))
	t.Cleanup(func() { t.must(os.Chdir(old)) })
}

func (t *fake) TempDir() string {
	dir, err := os.MkdirTemp("", "faketest")
	t.must(err)
	t.Cleanup(func() { t.must(os.RemoveAll(dir)) })
	return dir
}

func (t *fake) ArtifactDir() string { return t.TempDir() }

func (t *fake) must(err error) {
	if err != nil {
		t.Fatal(err)
	}
}

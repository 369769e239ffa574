// Package faketest runs a test without the testing package, so that another test sees how it fails. It
// behaves as the testing package does in what a test or a checker can notice.
package faketest

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// A Result is what became of a test.
type Result struct {
	Failed  bool
	Skipped string // why, "" if it was not
	Panic   any    // what its function or a cleanup panicked with; nil: nothing
	Log     string // all that was said, of errors too
	Errors  string // what was said of errors
}

// Run runs a test on a goroutine of its own, and returns when its cleanups have run: on that goroutine, the last one
// registered first, also after FailNow, Skip and a panic.
func Run(name string, test func(testing.TB)) Result {
	ctx, cancel := context.WithCancel(context.Background())
	t := &fake{name: name, ctx: ctx}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.end()
		defer t.cleanUp()
		defer cancel()
		t.guard(func() { test(t) })
	}()
	<-done
	t.result.Log, t.result.Errors = t.log.String(), t.errors.String()
	return t.result
}

// fake is a testing.TB. The one embedded is nil; it has the method that only the testing package can
// write.
type fake struct {
	testing.TB
	name string
	ctx  context.Context

	mu       sync.Mutex
	result   Result
	ended    bool
	log      strings.Builder
	errors   strings.Builder
	cleanups []func()
	tempBase string
	tempDirs int
}

// guard calls a function and notes its panic. If the function ends the goroutine (FailNow), that goes on
// to end, and what was deferred runs.
func (t *fake) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.result.Failed, t.result.Panic = true, v
			fmt.Fprintf(&t.log, "panic: %v\n%s\n", v, debug.Stack())
		}
	}()
	f()
}

// cleanUp runs the cleanups, also those that a cleanup registers, whatever one of them does.
func (t *fake) cleanUp() {
	for f := t.lastCleanup(); f != nil; f = t.lastCleanup() {
		func() {
			finished := false
			defer func() {
				if !finished { // the goroutine ends, and this is the last chance
					t.cleanUp()
				}
			}()
			t.guard(f)
			finished = true
		}()
	}
}

// lastCleanup takes the cleanup that is next, nil if there is none.
func (t *fake) lastCleanup() func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(t.cleanups)
	if n == 0 {
		return nil
	}
	f := t.cleanups[n-1]
	t.cleanups[n-1] = nil // what it refers to can go
	t.cleanups = t.cleanups[:n-1]
	return f
}

func (t *fake) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
}

// say notes what a test says. It panics as the testing package does when the test is over.
func (t *fake) say(failed bool, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		panic("said after " + t.name + " has completed: " + text)
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	t.log.WriteString(text)
	if failed {
		t.errors.WriteString(text)
		t.result.Failed = true
	}
}

// Output implements [testing.TB].
func (t *fake) Output() io.Writer { return output{t} }

type output struct{ t *fake }

// Write implements [io.Writer].
func (o output) Write(b []byte) (int, error) {
	o.t.say(false, string(b))
	return len(b), nil
}

func (t *fake) Helper()                  {}
func (t *fake) Name() string             { return t.name }
func (t *fake) Context() context.Context { return t.ctx }
func (t *fake) Attr(key, value string)   { t.Logf("%s=%s", key, value) }

func (t *fake) Log(args ...any)                   { t.say(false, fmt.Sprintln(args...)) }
func (t *fake) Logf(format string, args ...any)   { t.say(false, fmt.Sprintf(format, args...)) }
func (t *fake) Error(args ...any)                 { t.say(true, fmt.Sprintln(args...)) }
func (t *fake) Errorf(format string, args ...any) { t.say(true, fmt.Sprintf(format, args...)) }
func (t *fake) Fail()                             { t.say(true, "") }

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

func (t *fake) Failed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result.Failed
}

func (t *fake) Skip(args ...any)                 { t.skip(strings.TrimSpace(fmt.Sprintln(args...))) }
func (t *fake) Skipf(format string, args ...any) { t.skip(fmt.Sprintf(format, args...)) }
func (t *fake) SkipNow()                         { t.skip("skipped") }

func (t *fake) skip(why string) {
	t.mu.Lock()
	t.result.Skipped = why
	t.mu.Unlock()
	runtime.Goexit()
}

func (t *fake) Skipped() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result.Skipped != ""
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
	t.Setenv("PWD", dir)
	t.Cleanup(func() { t.must(os.Chdir(old)) })
}

func (t *fake) TempDir() string {
	t.mu.Lock()
	base := t.tempBase
	t.mu.Unlock()
	if base == "" {
		var err error
		base, err = os.MkdirTemp("", "faketest")
		t.must(err)
		t.Cleanup(func() { t.must(os.RemoveAll(base)) })
	}
	t.mu.Lock()
	t.tempBase = base
	t.tempDirs++
	dir := fmt.Sprintf("%s%c%03d", base, os.PathSeparator, t.tempDirs)
	t.mu.Unlock()
	t.must(os.Mkdir(dir, 0o777))
	return dir
}

// ArtifactDir is a temporary one, as it is without go test's -artifacts.
func (t *fake) ArtifactDir() string { return t.TempDir() }

func (t *fake) must(err error) {
	if err != nil {
		t.Fatal(err)
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// fake is a test outside go test. It behaves as the testing package's does in what a shape or a
// checker can notice: the function has a goroutine of its own, and on that goroutine the context is
// cancelled and the cleanups run, the last registered first, also after FailNow.
type fake struct {
	testing.TB // nil: it is here for the private method that no other type can have

	name   string
	ctx    context.Context
	cancel context.CancelFunc

	mu       sync.Mutex
	cleanups []func()
	log      strings.Builder
	failed   bool
	skipped  string // why
	ended    bool
	tempDirs int
	tempBase string
}

func newFake(name string) *fake {
	f := &fake{name: name}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// run runs the test to its end. A panic ends the program, as it does in go test.
func (f *fake) run(test func()) {
	done := make(chan bool)
	go func() {
		defer close(done)
		defer f.end()
		test()
	}()
	<-done
}

func (f *fake) end() {
	f.runCleanups()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = true
}

// runCleanups goes on behind a cleanup that calls FailNow, and takes those that cleanups register.
func (f *fake) runCleanups() {
	f.cancel()
	for {
		f.mu.Lock()
		n := len(f.cleanups)
		if n == 0 {
			f.mu.Unlock()
			return
		}
		last := f.cleanups[n-1]
		f.cleanups = f.cleanups[:n-1]
		f.mu.Unlock()
		func() {
			finished := false
			defer func() {
				if !finished {
					f.runCleanups()
				}
			}()
			last()
			finished = true
		}()
	}
}

func (f *fake) Name() string             { return f.name }
func (f *fake) Context() context.Context { return f.ctx }
func (f *fake) Helper()                  {}
func (f *fake) Attr(key, value string)   { f.Logf("%s=%s", key, value) }

func (f *fake) Cleanup(c func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cleanups = append(f.cleanups, c)
}

func (f *fake) Log(args ...any)                 { f.write(fmt.Sprintln(args...)) }
func (f *fake) Logf(format string, args ...any) { f.write(fmt.Sprintf(format, args...) + "\n") }

func (f *fake) write(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		panic("Log in goroutine after " + f.name + " has completed: " + text)
	}
	f.log.WriteString(text)
}

// Output implements [testing.TB].
func (f *fake) Output() io.Writer { return output{f} }

type output struct{ f *fake }

// Write implements [io.Writer].
func (o output) Write(b []byte) (int, error) {
	o.f.write(string(b))
	return len(b), nil
}

func (f *fake) Error(args ...any) {
	f.Log(args...)
	f.Fail()
}

func (f *fake) Errorf(format string, args ...any) {
	f.Logf(format, args...)
	f.Fail()
}

func (f *fake) Fatal(args ...any) {
	f.Log(args...)
	f.FailNow()
}

func (f *fake) Fatalf(format string, args ...any) {
	f.Logf(format, args...)
	f.FailNow()
}

func (f *fake) Fail() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ended {
		panic("Fail in goroutine after " + f.name + " has completed")
	}
	f.failed = true
}

func (f *fake) FailNow() {
	f.Fail()
	runtime.Goexit()
}

func (f *fake) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed
}

func (f *fake) Skip(args ...any)                 { f.skip(strings.TrimSpace(fmt.Sprintln(args...))) }
func (f *fake) Skipf(format string, args ...any) { f.skip(fmt.Sprintf(format, args...)) }
func (f *fake) SkipNow()                         { f.skip("skipped") }

func (f *fake) skip(why string) {
	f.mu.Lock()
	f.skipped = why
	f.mu.Unlock()
	runtime.Goexit()
}

func (f *fake) Skipped() bool { return f.skippedWhy() != "" }

func (f *fake) skippedWhy() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.skipped
}

func (f *fake) text() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String()
}

func (f *fake) TempDir() string {
	f.mu.Lock()
	base := f.tempBase
	f.mu.Unlock()
	if base == "" {
		var err error
		if base, err = os.MkdirTemp("", "fake"); err != nil {
			f.Fatal(err)
		}
		f.Cleanup(func() {
			if err := os.RemoveAll(base); err != nil {
				f.Error(err)
			}
		})
	}
	f.mu.Lock()
	f.tempBase = base
	f.tempDirs++
	dir := fmt.Sprintf("%s%c%03d", base, os.PathSeparator, f.tempDirs)
	f.mu.Unlock()
	if err := os.Mkdir(dir, 0o777); err != nil {
		f.Fatal(err)
	}
	return dir
}

// ArtifactDir is a temporary one, as it is without go test's -artifacts.
func (f *fake) ArtifactDir() string { return f.TempDir() }

func (f *fake) Setenv(key, value string) {
	old, had := os.LookupEnv(key)
	if err := os.Setenv(key, value); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if had {
			os.Setenv(key, old)
		} else {
			os.Unsetenv(key)
		}
	})
}

func (f *fake) Chdir(dir string) {
	old, err := os.Getwd()
	if err != nil {
		f.Fatal(err)
	}
	if err := os.Chdir(dir); err != nil {
		f.Fatal(err)
	}
	f.Setenv("PWD", dir)
	f.Cleanup(func() {
		if err := os.Chdir(old); err != nil {
			panic("leaving " + dir + ": " + err.Error())
		}
	})
}

package main

import (
	"fmt"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// A checker runs a test with a check for leaks around it, the way its users write that.
type checker interface {
	// run is called on the test's goroutine and calls test there. What it says by t's Error or Fatal
	// is an accusation.
	run(t testing.TB, test func())
}

// competitors are the checkers of the table, by column.
func competitors() []competitor {
	return []competitor{
		{"nothing", "no check: what a test takes anyway", false, unchecked{}},
		{"goleak-defer", "defer goleak.VerifyNone(t), goleak's first example: before the test's cleanups, and with no word of what was there before", true, deferred{}},
		{"goleak", "t.Cleanup with goleak.VerifyNone(t, goleak.IgnoreCurrent()), registered first: after the cleanups", true, registered{}},
		{"leaktest", "leaktest.Check(t), at the beginning", false, checked{}},
	}
}

type competitor struct {
	name  string
	doc   string
	alone bool // its documentation forbids t.Parallel
	checker
}

type unchecked struct{}

func (unchecked) run(_ testing.TB, test func()) { test() }

type deferred struct{}

func (deferred) run(t testing.TB, test func()) {
	// In go test goleak knows the goroutine that waits for the test.
	defer goleak.VerifyNone(t, goleak.IgnoreAnyFunction("main.main"))
	test()
}

type registered struct{}

func (registered) run(t testing.TB, test func()) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	test()
}

type checked struct{}

func (checked) run(t testing.TB, test func()) {
	leaktest.Check(t)
	test()
}

// accusable is a test as a checker gets it: what the checker says against it is kept apart from what
// fails in the test itself.
type accusable struct {
	testing.TB

	mu    sync.Mutex
	heard []string
}

func (a *accusable) Error(args ...any) { a.hear(fmt.Sprintln(args...)) }

func (a *accusable) Errorf(format string, args ...any) { a.hear(fmt.Sprintf(format, args...)) }

func (a *accusable) Fatal(args ...any) {
	a.hear(fmt.Sprintln(args...))
	runtime.Goexit()
}

func (a *accusable) Fatalf(format string, args ...any) {
	a.hear(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

func (a *accusable) Fail() { a.hear("failed") }

func (a *accusable) FailNow() {
	a.hear("failed")
	runtime.Goexit()
}

func (a *accusable) hear(accusation string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = append(a.heard, accusation)
}

func (a *accusable) accusations() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heard
}

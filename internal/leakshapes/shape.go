// Package leakshapes has small programs, written as tests, on which a checker of goroutine leaks is
// proven: those that leak, and those that only look as if they did.
package leakshapes

import "testing"

// A Shape is a small program as a test: one that leaks goroutines, or one that looks as if it did.
//
// It is returned by the function of its name in camel case, forgottenSender. All that its program
// needs and that starts goroutines which stay stands from there to the next function that returns a
// shape, or to the end of the file.
type Shape struct {
	// Name is lower case, words joined by hyphens: "forgotten-sender".
	Name string
	// Doc says in one sentence what is wrong, or what a naive checker would take for wrong.
	Doc string
	// Source says where the shape comes from: a published study and what it calls it, a bug of a
	// known project. Empty: everyday code.
	Source string
	// Stays is how many goroutines stay for ever, 0 for a healthy shape. What the standard library
	// starts once for the process, as os/signal does, is not counted.
	Stays int
	// Forever says that they can never be woken: nothing reaches what they wait for (the runtime's
	// goroutineleak profile proves that). Else they are only never woken, or run on.
	Forever bool
	// Alone says that it may not run beside other tests: it changes what is the process's, e.g.
	// http.DefaultTransport, signals.
	Alone bool
	// Run is the test. It returns (or ends by t.FailNow, panic recovered by itself…) as the test's
	// function would, and registers cleanups at t.
	Run func(t testing.TB)
}

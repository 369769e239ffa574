package leaktest

import (
	"fmt"
	"strings"
	"time"
)

// An Option changes what a check does. Given to [Main] it holds for the whole package: it is where each [Check] of
// the package begins.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// config is what the options say.
type config struct {
	functions []string // see IgnoreFunction
	creators  []string // see IgnoreCreatedBy
	cleanups  []func()
	grace     time.Duration
	untraced  bool
	problems  []string // with the options
}

// defaultGrace is ten times what a goroutine needs that is told to end, on a machine that has much
// else to do; a test that leaks nothing does not wait for it.
const defaultGrace = time.Second

// newConfig applies options to what Main was told, if it was called.
func newConfig(main *config, opts []Option) *config {
	c := &config{grace: defaultGrace}
	if main != nil {
		c.functions, c.creators = append(c.functions, main.functions...), append(c.creators, main.creators...)
		c.grace, c.untraced = main.grace, main.untraced
	}
	for _, o := range opts {
		if o == nil {
			c.problems = append(c.problems, "an Option is nil")
			continue
		}
		o.apply(c)
	}
	return c
}

// IgnoreFunction leaves goroutines out that are in one of the functions when they are looked at, at whatever depth
// of their stack, or began there; of a stack of more than a hundred frames the middle is not known. A function
// is named as in a stack dump, for example "net/http.(*persistConn).readLoop"; the functions written inside it are part of
// it, and a type, "net/http.(*persistConn)", stands for its methods.
func IgnoreFunction(names ...string) Option {
	return optionFunc(func(c *config) {
		c.functions = append(c.functions, names...)
		c.check("IgnoreFunction", names)
	})
}

// IgnoreCreatedBy leaves goroutines out that were started by a go statement in one of the functions, or
// in what it called, and all that those started. Names are as for [IgnoreFunction]. Without a trace only the
// function is known that has the go statement of the goroutine itself.
func IgnoreCreatedBy(names ...string) Option {
	return optionFunc(func(c *config) {
		c.creators = append(c.creators, names...)
		c.check("IgnoreCreatedBy", names)
	})
}

// check notes names that no function can have: a filter that never matches is a mistake that nobody sees.
func (c *config) check(option string, names []string) {
	for _, n := range names {
		if !strings.Contains(n, ".") || strings.HasSuffix(n, "*") || strings.ContainsAny(n, " \t\n") {
			c.problems = append(c.problems, fmt.Sprintf("%s(%q): not the name of a function as a stack dump has it, such as \"net/http.(*Server).Serve\"", option, n))
		}
	}
}

// Cleanup calls a function when the test is over, before the check: for what has to be closed then, such as a pool
// that the process shares. It runs on the test's goroutine, after the test's own cleanups, and for [Main] on the main one; of several
// the first given runs first.
func Cleanup(f func()) Option {
	return optionFunc(func(c *config) {
		if f == nil {
			c.problems = append(c.problems, "Cleanup(nil): there is nothing to call")
			return
		}
		c.cleanups = append(c.cleanups, f)
	})
}

// Grace says how long goroutines that are about to end may take for it: 1 s unless said otherwise, and up to ten times
// that while one of them runs, or is ready to and a busy machine lets it wait. The check itself waits only as long as there is a goroutine to wait for.
func Grace(d time.Duration) Option {
	return optionFunc(func(c *config) {
		if d < 0 {
			c.problems = append(c.problems, fmt.Sprintf("Grace(%v): must not be negative", d))
			return
		}
		c.grace = d
	})
}

// WithoutTrace leaves both of the runtime's slots for a trace to the code under test, while the test runs: for
// tests that use a runtime/trace.FlightRecorder themselves, and for tests of seconds that count allocations
// (testing.AllocsPerRun): the trace is read meanwhile, which makes some. The check then knows of goroutines that are alive only, so
// that it cannot tell whose one is whose parent has ended, if tests run in parallel; with GODEBUG=tracebackancestors=100 in
// the environment it can. Checks that run at the same time lose the trace too.
func WithoutTrace() Option {
	return optionFunc(func(c *config) { c.untraced = true })
}

// within returns whether a function is one of the named, or inside one: a closure of it, or, of a type, a method. The compiler names the closures
// of a function that it puts into another one by both.
func within(fn string, names []string) bool {
	for _, n := range names {
		if rest, ok := strings.CutPrefix(fn, n); ok && (rest == "" || strings.ContainsRune(".-[", rune(rest[0]))) {
			return true
		}
		pkg := packageOf(n)
		if inner := n[len(pkg):] + "."; strings.HasPrefix(fn, pkg+".") && strings.Contains(fn[len(pkg):], inner) {
			return true
		}
	}
	return false
}

// packageOf returns the path of a function's package.
func packageOf(fn string) string {
	path, _, _ := strings.Cut(fn, "[") // a type argument may have a path of its own
	slash := strings.LastIndexByte(path, '/') + 1
	name, _, _ := strings.Cut(fn[slash:], ".")
	return fn[:slash+len(name)]
}

package leaktest

import (
	"flag"
	"fmt"
	"runtime/debug"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/ancestry"
	"github.com/gotracewatch/tracewatch/internal/source"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

// Check fails a test at its end if goroutines that it started, or that those started, are still alive
// then. It is called at the beginning of a test, a subtest, a fuzz test or a benchmark, on its goroutine:
//
//	func TestFetch(t *testing.T) {
//		leaktest.Check(t)
//		...
//	}
//
// The end is after the cleanups that the test registers later than Check. What was started before
// Check is called is not counted, because its cleanups run later; it is left to the check of the test
// around this one, or to [Main].
//
// Tests may run in parallel. A subtest that has a Check of its own answers for what it starts; what
// one without starts counts for the test around it.
func Check(t testing.TB, opts ...Option) {
	t.Helper()
	defer survive(t)
	c := process.begin(opts)
	for _, p := range c.cfg.problems {
		t.Errorf("leaktest: %s", p)
	}
	t.Cleanup(func() {
		t.Helper()
		process.end(c, t)
	})
}

// check is one test's.
type check struct {
	cfg    *config
	root   detectors.GoID
	bubble int64
	traced bool             // it has asked for a trace
	alone  bool             // it has asked that there be none
	before []detectors.GoID // the goroutines that were there when it began, sorted; without root
	tree   *ancestry.Tree   // that is told to keep those apart; nil: there was none
	tests  []string         // the functions that root was in then: the test's among them
	shared bool             // another test that is checked ran at the same time, neither around this one nor in it
	ended  bool
	judged []detectors.GoID // goroutines that are alive and that it has judged; sorted when it has ended

	// For looking, until it has ended.
	others  map[detectors.GoID]bool // those that are not the test's, or not its to end, whatever they do
	chains  map[detectors.GoID][]link
	alive   map[detectors.GoID]*traceback.Goroutine
	elders  map[detectors.GoID]detectors.GoID // who started those that have ended, where the tracebacks tell (GODEBUG=tracebackancestors)
	rests   bool                              // its bubble does
	excused []excused
	files   *source.Files
}

// excused is a goroutine that the test has started, but is not to end.
type excused struct {
	id  detectors.GoID
	why string
}

// end is called when a test is over.
func (p *checks) end(c *check, t testing.TB) {
	t.Helper()
	defer p.finish(c)
	for _, f := range c.cfg.cleanups {
		f()
	}
	defer survive(t)
	p.judge(c, t)
}

// survive is deferred where a bug of ours may come up. That must not end somebody's test run, nor fail a test.
func survive(t testing.TB) {
	t.Helper()
	if v := recover(); v != nil {
		t.Logf("leaktest: nobody knows what is left of this test: a bug in tracewatch, please report it: %v\n%s", v, debug.Stack())
	}
}

// judge fails a test that has left something behind.
func (p *checks) judge(c *check, t testing.TB) {
	t.Helper()
	failed := t.Failed()
	begun := time.Now()
	left, unclear := p.wait(c)
	if len(c.excused) > 0 {
		t.Log(excuses(c.excused))
	}
	if len(left)+len(unclear) == 0 {
		return
	}
	r := p.reporter(c, begun)
	if len(unclear) > 0 {
		t.Log(r.unclear(unclear))
	}
	if len(left) == 0 {
		return
	}
	p.complain(c, left)
	leaks := r.leaks(left)
	text := fmt.Sprintf("leaktest: %s still alive %s after %s ended\n", startedBy(len(left), t.Name()), r.waited(), t.Name())
	if failed {
		text += "(It had failed before: they may be there for that reason.)\n"
	}
	text += r.write(leaks) + r.remarks()
	defer func() {
		t.Helper()
		t.Error(text)
	}() // where there can be no artifacts, asking for their directory ends the goroutine
	text += p.artifact(t)
}

func startedBy(n int, test string) string {
	if n == 1 {
		return "1 goroutine that " + test + " started is"
	}
	return fmt.Sprintf("%d goroutines that %s started are", n, test)
}

// flagOf returns the value of a flag of go test, empty if there is none.
func flagOf(name string) string {
	if f := flag.Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

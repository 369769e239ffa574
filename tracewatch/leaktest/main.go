package leaktest

import (
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// Main runs a package's tests, fails the run if they leave goroutines behind, and exits. It is all that
// TestMain does; what is to be done when the tests are over is given as [Cleanup]:
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
//
// Each goroutine is told with the go statements that lead back to the test that started it. What a [Check]
// has judged is not judged again.
func Main(m TestingM, opts ...Option) {
	os.Exit(process.run(m, opts, os.Stderr)) //nolint:forbidigo // that is what TestMain is for
}

// TestingM is what Main needs of a [testing.M].
type TestingM interface{ Run() int }

// run runs the tests, and returns with what the process has to exit.
func (p *checks) run(m TestingM, opts []Option, out io.Writer) int {
	if !flag.Parsed() {
		flag.Parse()
	}
	c := p.begin(opts)
	defer p.finish(c)
	p.mu.Lock()
	p.main = c.cfg
	p.mu.Unlock()
	code := m.Run()
	for _, f := range c.cfg.cleanups {
		f()
	}
	begun := time.Now()
	left, unclear := p.wait(c)
	left = append(left, unclear...) // there is no other test any more
	if len(left) > 0 {
		r := p.reporter(c, begun)
		r.root = detectors.NoGoroutine
		leaks := r.leaks(left)
		_, _ = fmt.Fprintf(out, "leaktest: %s still alive %s after the tests ended\n%s%s\n", wording.Many(len(left), "goroutine"), r.waited(), r.write(leaks), r.remarks())
	}
	for _, problem := range c.cfg.problems {
		_, _ = fmt.Fprintf(out, "leaktest: %s\n", problem)
	}
	if len(left)+len(c.cfg.problems) > 0 {
		return max(code, 1)
	}
	return code
}

package leaktest_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

var update = flag.Bool("update", false, "write what the reports say to testdata")

// What follows leaks as programs do. Nothing is inlined, so that a race detector's build says the same.

type feed struct {
	prices chan int
	mu     sync.Mutex
}

//go:noinline
func watch(ctx context.Context) *feed {
	f := &feed{prices: make(chan int)}
	go f.start(ctx)
	return f
}

//go:noinline
func (f *feed) start(ctx context.Context) { go f.follow(ctx) }

//go:noinline
func (f *feed) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.prices:
		}
	}
}

//go:noinline
func (f *feed) locked() {
	f.mu.Lock()
	for range 3 {
		go f.wait()
	}
}

//go:noinline
func (f *feed) wait() {
	f.mu.Lock()
	defer f.mu.Unlock()
}

//go:noinline
func tick(stop chan bool) {
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-stop:
			return
		}
	}
}

//go:noinline
func tickFor(stop chan bool) { go tick(stop) }

//go:noinline
func restart(again chan bool) {
	if <-again {
		go restart(again)
	}
}

// reports are tests that leak and what is said of them, in testdata.
var reports = map[string]func(t testing.TB, real *testing.T){
	"context": func(_ testing.TB, real *testing.T) { watch(real.Context()) },
	"lock": func(_ testing.TB, real *testing.T) {
		f := &feed{}
		f.locked()
		real.Cleanup(f.mu.Unlock)
	},
	"timer": func(t testing.TB, real *testing.T) {
		stop := make(chan bool)
		real.Cleanup(func() { close(stop) })
		tickFor(stop)
	},
	"failed": func(t testing.TB, real *testing.T) {
		watch(real.Context())
		t.Error("something else")
	},
}

var (
	goroutineNumber = regexp.MustCompile(`\((\d+(, )?)+\)|goroutine \d+`)
	durations       = regexp.MustCompile(`\d+(\.\d+)? (µs|ms|s)\b`)
	often           = regexp.MustCompile(`\d+ times`)
	lines           = regexp.MustCompile(`(\w+\.go):\d+`)
	blanks          = regexp.MustCompile(` {2,}`)
	harness         = regexp.MustCompile(`(?m)^ +(faketest|leaktest_test\.TestReports)\..*\n`)
)

// TestReports holds the texts, but for numbers and how wide a column is.
func TestReports(t *testing.T) {
	for name, f := range reports {
		t.Run(name, func(t *testing.T) {
			r := faketest.Run("Test_"+name, func(tb testing.TB) {
				leaktest.Check(tb, soon)
				f(tb, t)
			})
			require.True(t, r.Failed)
			got := goroutineNumber.ReplaceAllString(r.Errors, "(N)")
			got = harness.ReplaceAllString(got, "")
			got = durations.ReplaceAllString(got, "D")
			got = strings.ReplaceAll(got, ", since D before the end of the test", "") // or not: by a little
			got = often.ReplaceAllString(got, "M times")
			got = lines.ReplaceAllString(got, "$1:L")
			got = blanks.ReplaceAllString(got, "  ")
			file := filepath.Join("testdata", "report", name+".txt")
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
				return
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, strings.TrimSpace(string(want)), strings.TrimSpace(got))
		})
	}
}

// A goroutine that starts the next and ends, again and again, is one step of the way back to the test, or a few.
func TestRow(t *testing.T) {
	again := make(chan bool)
	defer close(again)
	const times = 1000
	r := checked(func(testing.TB) {
		go restart(again)
		for range times {
			again <- true
		}
	}, soon)
	require.Contains(t, r.Errors, "1 goroutine that Test")
	require.Contains(t, r.Errors, "in a row, each of which started the next")
	require.Contains(t, r.Errors, "leaktest_test.TestRow")
	require.Less(t, strings.Count(r.Errors, "\n"), 100, r.Errors)
}

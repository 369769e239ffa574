package leaktest_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
	"github.com/gotracewatch/tracewatch/internal/leakproof"
	"github.com/gotracewatch/tracewatch/internal/leakshapes"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// Every shape of a leak is found, with as many goroutines as stay, started where they are started. Most run at the
// same time, so that each is told from all others.
func TestLeakShapes(t *testing.T) {
	if !alone(t) { // so that what they leak is gone with that process
		return
	}
	var forEver, told atomic.Int32
	t.Cleanup(func() {
		// Not all can be proven: the frames of a test that was ended by Skip are there until its cleanups have run.
		t.Logf("of %d that are stuck for ever %d are proven to be", forEver.Load(), told.Load())
		if leakproof.Available() {
			require.Greater(t, told.Load(), forEver.Load()*8/10)
		}
	})
	for _, s := range leakshapes.Leaking() {
		t.Run(s.Name, func(t *testing.T) {
			byTimer := s.Name == "timer-func-blocks" // no go statement: it can be told of the only test
			if !s.Alone && !byTimer {
				t.Parallel()
			}
			marks, err := s.Marks()
			require.NoError(t, err)
			want := make(map[string]int)
			for _, m := range marks {
				at := fmt.Sprintf("%s:%d", filepath.Base(m.File), m.Line)
				if byTimer {
					at = "a timer"
				}
				want[at] += m.Goroutines
			}
			r := checked(s.Run, soon)
			require.True(t, r.Failed, r.Log)
			require.Contains(t, r.Errors, "that TestChecked started")
			require.Equal(t, want, startedAt(t, r), r.Errors)
			proven := strings.Count(r.Errors, "    for ever ") == len(groupLine.FindAllString(r.Errors, -1))
			if s.Forever {
				forEver.Add(1)
			}
			if proven {
				require.True(t, s.Forever, r.Errors)
				told.Add(1)
			}
		})
	}
}

var (
	groupLine   = regexp.MustCompile(`(?m)^([0-9]+) goroutines? \(.*$`)
	startedLine = regexp.MustCompile(`/leakshapes/(\w+\.go:[0-9]+)`)
)

// startedAt returns how many goroutines a report says to be left, by the file and line of the go statement, the program's
// innermost.
func startedAt(t *testing.T, r faketest.Result) map[string]int {
	t.Helper()
	at := make(map[string]int)
	groups := groupLine.FindAllStringSubmatchIndex(r.Errors, -1)
	for i, g := range groups {
		end := len(r.Errors)
		if i+1 < len(groups) {
			end = groups[i+1][0]
		}
		n, err := strconv.Atoi(r.Errors[g[2]:g[3]])
		require.NoError(t, err)
		_, chain, _ := strings.Cut(r.Errors[g[1]:end], "    started by ")
		chain, _, _ = strings.Cut(chain, "    waits until ")
		started := startedLine.FindStringSubmatch(chain)
		if started == nil {
			at["a timer"] += n
			continue
		}
		at[started[1]] += n
	}
	return at
}

// Nothing is said of healthy tests, however much they look as if they leaked.
func TestHealthyShapes(t *testing.T) {
	for _, s := range leakshapes.Healthy() {
		if s.Alone {
			t.Run(s.Name, func(t *testing.T) { healthyShape(t, s) })
		}
	}
	t.Run("together", func(t *testing.T) {
		for _, s := range leakshapes.Healthy() {
			if !s.Alone {
				t.Run(s.Name, func(t *testing.T) {
					t.Parallel()
					healthyShape(t, s)
				})
			}
		}
	})
}

func healthyShape(t *testing.T, s leakshapes.Shape) {
	leaktest.Check(t)
	s.Run(t)
}

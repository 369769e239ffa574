package leakshapes

import (
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// processWide has what stays for ever after the healthy shapes, by the function that a goroutine
// began in, and how many at most.
var processWide = map[string]int{
	"os/signal.loop": 1,
	"github.com/gotracewatch/tracewatch/internal/leakshapes.writeAudit":   1,
	"github.com/gotracewatch/tracewatch/internal/leakshapes.tickClock":    1,
	"github.com/gotracewatch/tracewatch/internal/leakshapes.serveProcess": 4,
	"net/http/httptest.(*Server).goServe.func1":                           1, // lazyServer's
}

// idleInTransport has the goroutines that http.DefaultTransport's idle connections to lazyServer
// have on both sides, until CloseIdleConnections: no more than two connections to a host.
var idleInTransport = map[string]int{
	"net/http.(*persistConn).readLoop":  2,
	"net/http.(*persistConn).writeLoop": 2,
	"net/http.(*conn).serve":            2,
	// The server reads ahead of the next request.
	"net/http.(*connReader).backgroundRead": 2,
}

// Every healthy shape runs, beside others where it may, and nothing stays but what is the process's.
func TestHealthyLeavesNothing(t *testing.T) {
	before := make(map[string]bool) // -count runs it again
	for _, g := range otherGoroutines() {
		before[g.id] = true
	}
	for _, s := range Healthy() {
		if s.Alone {
			t.Run(s.Name, func(t *testing.T) { s.Run(t) })
		}
	}
	t.Run("together", func(t *testing.T) {
		for _, s := range Healthy() {
			if !s.Alone {
				t.Run(s.Name, func(t *testing.T) {
					t.Parallel()
					s.Run(t)
				})
			}
		}
	})
	awaitOnly(t, before, processWide, idleInTransport)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	awaitOnly(t, before, processWide)
}

// awaitOnly waits until all goroutines that were not there before are allowed.
func awaitOnly(t *testing.T, before map[string]bool, allowed ...map[string]int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		left, count := make(map[string]int), 0
		for _, m := range allowed {
			for began, n := range m {
				left[began] = n
			}
		}
		var wrong []string
		for _, g := range otherGoroutines() {
			if before[g.id] {
				continue
			}
			if count++; left[g.began] == 0 {
				wrong = append(wrong, g.stack)
				continue
			}
			left[g.began]--
		}
		if len(wrong) == 0 {
			t.Logf("%d goroutines are there that were not before", count)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("these goroutines stay:\n%s", strings.Join(wrong, "\n\n"))
		}
	}
}

// stackOf is a goroutine of a stack dump.
type stackOf struct {
	id    string
	began string // the function that its go statement called
	stack string
}

var (
	headLine  = regexp.MustCompile(`^goroutine (\d+) `)
	frameLine = regexp.MustCompile(`(?m)^(\S.*)\(.*\)$`)
)

// otherGoroutines returns all but the caller's.
func otherGoroutines() []stackOf {
	buf := make([]byte, 16<<20)
	var all []stackOf
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
		g := stackOf{stack: stack}
		if id := headLine.FindStringSubmatch(stack); id != nil {
			g.id = id[1]
		}
		calls, _, _ := strings.Cut(stack, "\ncreated by ")
		if frames := frameLine.FindAllStringSubmatch(calls, -1); len(frames) > 0 {
			g.began = frames[len(frames)-1][1]
		}
		all = append(all, g)
	}
	return all
}

// Names are unique and every shape says what is wrong only at first sight.
func TestHealthyIsDescribed(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	seen := make(map[string]bool)
	for _, s := range Healthy() {
		if !name.MatchString(s.Name) || seen[s.Name] {
			t.Errorf("%q is no name, or another's", s.Name)
		}
		seen[s.Name] = true
		if !strings.HasSuffix(s.Doc, ".") || s.Run == nil || s.Stays != 0 || s.Forever {
			t.Errorf("%s is not whole, or not healthy", s.Name)
		}
	}
}

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"
)

// misjudged are the healthy shapes in which goleak may find fault, each with its reason. Whether it
// does depends on which test came first.
var misjudged = map[string]string{
	"http-idle-default-transport":         "it does not know idle connections of http.DefaultTransport",
	"http-idle-default-transport-callers": "as above",
	"process-wide-once":                   "it cannot know what is the process's",
	"process-wide-once-func":              "as above",
	"process-wide-once-value":             "as above",
	"process-wide-from-workers":           "as above",
}

// In go test, with sub tests and bubbles, goleak finds the leaks that need libraries and accuses no
// healthy shape but those that it cannot know. No shape runs beside another, because goleak cannot
// tell their goroutines apart: it forbids t.Parallel. A shape may have parallel sub tests of its own:
// they have ended when the cleanups run.
func TestGoleak(t *testing.T) {
	for _, s := range shapes() {
		var a *accusable
		t.Run(s.Name, func(t *testing.T) {
			a = &accusable{TB: t}
			registered{}.run(a, func() { s.Run(t) })
		})
		said := strings.Join(a.accusations(), "\n")
		switch {
		case said != "" && misjudged[s.Name] != "":
			t.Logf("%s is accused: %s", s.Name, misjudged[s.Name])
		case said != "" && s.Stays == 0:
			t.Errorf("%s is accused:\n%s", s.Name, said)
		case said == "" && s.Stays > 0:
			t.Errorf("%s is missed", s.Name)
		}
	}
}

// A leaking shape leaves as many goroutines as it says, and what is not counted against it.
func TestStays(t *testing.T) {
	uncounted := map[string]int{
		"grpc-stream-not-drained": 1, // the handler: it is below the server, which is the process's
	}
	useLazyConnection(t)
	for _, s := range leakingHere() {
		t.Run(s.Name, func(t *testing.T) {
			before := goroutines()
			t.Run("run", func(t *testing.T) { s.Run(t) })
			want := s.Stays + uncounted[s.Name]
			var stay []string
			for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				stay = stay[:0]
				for id, stack := range goroutines() {
					if before[id] == "" {
						stay = append(stay, stack)
					}
				}
				if len(stay) == want {
					return
				}
			}
			t.Errorf("%d stay, not %d:\n%s", len(stay), want, strings.Join(stay, "\n\n"))
		})
	}
}

// A line from which goroutines stay says so, and how many if there are several.
func TestMarks(t *testing.T) {
	files, err := filepath.Glob("shapes_*.go")
	noError(t, err)
	name, mark := regexp.MustCompile(`Name: +"(.*)"`), regexp.MustCompile(`// stays ?(\d*)\n`)
	marked := make(map[string]int)
	for _, file := range files {
		text, err := os.ReadFile(file)
		noError(t, err)
		for _, f := range strings.Split(string(text), "\nfunc ") {
			n := name.FindStringSubmatch(f)
			if n == nil {
				continue
			}
			for _, m := range mark.FindAllStringSubmatch(f, -1) {
				marked[n[1]] += max(1, number(m[1]))
			}
		}
	}
	for _, s := range slices.Concat(healthyHere(), leakingHere()) {
		if marked[s.Name] != s.Stays {
			t.Errorf("%s says that %d stay, its marks %d", s.Name, s.Stays, marked[s.Name])
		}
	}
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// useLazyConnection makes the connection for all tests, so that what it has is there before.
func useLazyConnection(t *testing.T) {
	conn, err := lazyConnection()
	noError(t, err)
	_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
	noError(t, err)
	time.Sleep(50 * time.Millisecond)
}

// goroutines returns the stacks by "goroutine 7".
func goroutines() map[string]string {
	buf := make([]byte, 16<<20)
	all := make(map[string]string)
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		id, _, _ := strings.Cut(stack, " [")
		all[id] = stack
	}
	return all
}

package leakshapes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	rtrace "runtime/trace"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/leakproof"
)

func TestLeakingIsWellFormed(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range Leaking() {
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, s.Name)
		assert.False(t, seen[s.Name], "%s is there twice", s.Name)
		seen[s.Name] = true
		assert.Regexp(t, `^[A-Z].*\.$`, s.Doc, s.Name)
		assert.NotRegexp(t, `\.$`, s.Source, s.Name)
		assert.Positive(t, s.Stays, s.Name)
		assert.NotNil(t, s.Run, s.Name)
		marks, err := s.Marks()
		require.NoError(t, err)
		sum := 0
		for _, m := range marks {
			sum += m.Goroutines
		}
		assert.Equal(t, s.Stays, sum, "the marks of %s: %v", s.Name, marks)
	}
	require.GreaterOrEqual(t, len(seen), 48)
}

// Every mark is some shape's.
func TestMarksBelongToShapes(t *testing.T) {
	sum := 0
	for _, s := range Leaking() {
		sum += s.Stays
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	inSource := regexp.MustCompile(`(?m)// stays( \d+)?$`)
	marked := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "doc.go" || name == "marks.go" {
			continue
		}
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range inSource.FindAllSubmatch(text, -1) {
			n, err := strconv.Atoi(strings.TrimSpace(string(m[1])))
			if err != nil {
				n = 1
			}
			marked += n
		}
	}
	require.Equal(t, sum, marked)
}

func TestMarksOfUnknownShape(t *testing.T) {
	_, err := Shape{Name: "no-such-shape"}.Marks()
	require.ErrorContains(t, err, "noSuchShape")
}

// patience is how long a shape may take to have all its goroutines, and no other, on a machine that does much else.
const patience = 10 * time.Second

// childEnv names to a process the test that has started it.
const childEnv = "LEAKSHAPES_CHILD"

// inChild runs the test in a process of its own, which ends with what the test leaks, and reports
// whether this is that process.
func inChild(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childEnv) == t.Name() {
		return true
	}
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=10m")
	c.Env = append(os.Environ(), childEnv+"="+t.Name())
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
	return false
}

// What a shape leaks is as many as it says, started where its marks are, and stays. That it has run
// before changes nothing.
func TestLeakingLeaks(t *testing.T) {
	if !inChild(t) {
		return
	}
	const rounds = 2
	leaked := make(map[string][]int) // the goroutines by shape
	starts := traced(t, func() {
		for range rounds {
			for _, s := range Leaking() {
				before := dump(t)
				begun := time.Now()
				t.Run(s.Name, func(t *testing.T) { s.Run(t) })
				took := time.Since(begun)
				got := awaitLeak(t, before, s.Stays)
				if len(got) != s.Stays {
					t.Errorf("%s: %d goroutines, want %d", s.Name, len(got), s.Stays)
					for _, text := range got {
						t.Log(text)
					}
				}
				t.Logf("%s took %v", s.Name, took)
				leaked[s.Name] = slices.AppendSeq(leaked[s.Name], maps.Keys(got))
			}
		}
	})
	now := dump(t)
	for _, s := range Leaking() {
		got := make(map[string]int)
		for _, id := range leaked[s.Name] {
			if now[id] == "" {
				t.Errorf("%s: goroutine %d has ended", s.Name, id)
			}
			got[starts(id)]++
		}
		require.Equal(t, marked(t, s, rounds), got, s.Name)
	}
}

// Shapes that may run beside others leak the same when they do.
func TestLeakingInParallel(t *testing.T) {
	if !inChild(t) {
		return
	}
	const times = 3
	want, sum := make(map[string]int), 0
	var leaked map[int]string
	starts := traced(t, func() {
		before := dump(t)
		t.Run("all", func(t *testing.T) {
			for _, s := range Leaking() {
				if s.Alone {
					continue
				}
				sum += times * s.Stays
				maps.Copy(want, marked(t, s, times))
				for range times {
					t.Run(s.Name, func(t *testing.T) {
						t.Parallel()
						s.Run(t)
					})
				}
			}
		})
		leaked = awaitLeak(t, before, sum)
	})
	got := make(map[string]int)
	for id := range leaked {
		got[starts(id)]++
	}
	require.Equal(t, want, got)
}

// marked returns how many goroutines start at which line when the shape runs so many times.
func marked(t *testing.T, s Shape, times int) map[string]int {
	t.Helper()
	marks, err := s.Marks()
	require.NoError(t, err)
	lines := make(map[string]int)
	for _, m := range marks {
		lines[fmt.Sprint(m.File, ":", m.Line)] = times * m.Goroutines
	}
	return lines
}

// awaitLeak waits until there are so many new goroutines, and returns the stacks of those there are.
func awaitLeak(t *testing.T, before map[int]string, want int) map[int]string {
	t.Helper()
	var got map[int]string
	for begun := time.Now(); time.Since(begun) < patience; time.Sleep(2 * time.Millisecond) {
		got = dump(t)
		maps.DeleteFunc(got, func(id int, text string) bool {
			// The one that receives the process's signals is nobody's.
			return before[id] != "" || strings.Contains(text, "os/signal.loop")
		})
		if len(got) == want {
			break
		}
	}
	return got
}

var header = regexp.MustCompile(`^goroutine (\d+) `)

// dump returns the stacks of the process's goroutines.
func dump(t *testing.T) map[int]string {
	t.Helper()
	b := make([]byte, 1<<16)
	n := runtime.Stack(b, true)
	for ; n == len(b); n = runtime.Stack(b, true) {
		b = make([]byte, 2*len(b))
	}
	all := make(map[int]string)
	for text := range strings.SplitSeq(string(b[:n]), "\n\n") {
		m := header.FindStringSubmatch(text)
		require.NotNil(t, m, text)
		id, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		all[id] = text
	}
	return all
}

// traced records a trace while do runs. What it returns says where the program started a goroutine: the innermost
// line of the shapes in its creation, or in that of its nearest ancestor that has one. What a
// timer started has neither; there it is where its function begins.
func traced(t *testing.T, do func()) (starts func(id int) string) {
	t.Helper()
	var data bytes.Buffer
	require.NoError(t, rtrace.Start(&data))
	do()
	rtrace.Stop()
	type creation struct {
		line   string
		parent trace.GoID
	}
	created := make(map[trace.GoID]creation)
	_, here, _, ok := runtime.Caller(0)
	require.True(t, ok)
	ours := func(stack trace.Stack) string {
		for f := range stack.Frames() {
			if filepath.Dir(f.File) == filepath.Dir(here) && !strings.HasSuffix(f.File, "_test.go") {
				return fmt.Sprint(f.File, ":", f.Line)
			}
		}
		return ""
	}
	r, err := trace.NewReader(&data)
	require.NoError(t, err)
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if ev.Kind() != trace.EventStateTransition || ev.StateTransition().Resource.Kind != trace.ResourceGoroutine {
			continue
		}
		transition := ev.StateTransition()
		if from, _ := transition.Goroutine(); from != trace.GoNotExist {
			continue
		}
		c := creation{ours(ev.Stack()), ev.Goroutine()}
		if c.parent == trace.NoGoroutine {
			c.line = ours(transition.Stack)
		}
		created[transition.Resource.Goroutine()] = c
	}
	return func(id int) string {
		g := trace.GoID(id)
		for created[g].line == "" && created[g].parent > 0 {
			g = created[g].parent
		}
		return created[g].line
	}
}

// The runtime proves that the goroutines of the shapes that say so can never be woken, and no other's.
func TestForever(t *testing.T) {
	if !leakproof.Available() {
		t.Skip("this Go has no goroutineleak profile")
	}
	if !inChild(t) {
		return
	}
	proven := func() (n int) {
		leaks, err := leakproof.Ask()
		require.NoError(t, err)
		for _, l := range leaks {
			n += l.Goroutines
		}
		return n
	}
	want := 0
	for _, s := range Leaking() {
		before := dump(t)
		t.Run(s.Name, func(t *testing.T) { s.Run(t) })
		awaitLeak(t, before, s.Stays)
		if s.Forever {
			want += s.Stays
		}
		got := proven()
		for begun := time.Now(); got < want && time.Since(begun) < patience; got = proven() {
			time.Sleep(5 * time.Millisecond) // some are on their way to where they wait
		}
		if got != want {
			t.Errorf("%s: %d of its %d goroutines are proven to stay, forever: %v", s.Name, got-want, s.Stays, s.Forever)
			want = got
		}
	}
	require.Equal(t, want, proven(), "what was not proven is now")
}

func TestSourcesAreNamed(t *testing.T) {
	from := make(map[string]int)
	for _, s := range Leaking() {
		for _, source := range []string{tu, goker, gcatch, saioc} {
			if strings.Contains(s.Source, source) {
				from[source]++
			}
		}
	}
	assert.Len(t, from, 4, "%v", slices.Sorted(maps.Keys(from)))
}

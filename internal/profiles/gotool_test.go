package profiles

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func nanoseconds(s *profile.Sample) time.Duration { return time.Duration(s.Value[1]) }

// comparison is a profile of go tool trace, and ours that have the same in them.
type comparison struct {
	name   string
	state  trace.GoState
	tracks func(reason string) bool
	ours   []Kind
	stacks bool // they are defined alike
}

func always(string) bool { return true }

var comparisons = []comparison{
	{"net", trace.GoWaiting, func(r string) bool { return r == "network" }, []Kind{Network}, true},
	{"sync", trace.GoWaiting, func(r string) bool {
		return strings.Contains(r, "chan") || strings.Contains(r, "sync") || strings.Contains(r, "select")
	}, []Kind{Mutex, Channel, Select}, true},
	{"syscall", trace.GoSyscall, always, []Kind{Syscall}, true},
	{"sched", trace.GoRunnable, always, []Kind{Sched}, false},
}

// places are sums by stack: by function and line of all frames.
type places map[string]sum

func (p places) add(stack string, x sum) {
	s := p[stack]
	s.add(x)
	p[stack] = s
}

func (p places) total() (s sum) {
	for _, x := range p {
		s.add(x)
	}
	return s
}

// sub returns what is in p and not in q. What is nothing then is left out.
func (p places) sub(q places) places {
	d := make(places)
	for stack, x := range p {
		y := q[stack]
		if x != y {
			d[stack] = sum{x.count - y.count, x.time - y.time}
		}
	}
	for stack, y := range q {
		if _, ok := p[stack]; !ok {
			d[stack] = sum{-y.count, -y.time}
		}
	}
	return d
}

// frameText writes a frame. The runtime records one of nothing where it could not walk the stack.
func frameText(function string, line int64) string {
	if function == "" {
		return ""
	}
	return function + ":" + strconv.FormatInt(line, 10) + "\n"
}

// stackText writes a stack of a profile. One of a function alone, where there is no stack, is none.
func stackText(s *profile.Sample) string {
	var b strings.Builder
	for _, l := range s.Location {
		if l.Line[0].Line == 0 && len(s.Location) == 1 {
			return ""
		}
		b.WriteString(frameText(l.Line[0].Function.Name, l.Line[0].Line))
	}
	return b.String()
}

func placesOf(profiles ...*profile.Profile) places {
	p := make(places)
	for _, from := range profiles {
		for _, s := range from.Sample {
			p.add(stackText(s), sum{s.Value[0], nanoseconds(s)})
		}
	}
	return p
}

// theirs is what golang.org/x/exp/trace and go tool trace's definition make of a trace: the spans in a
// state for a reason, of which there is only counted what lies between the first run of a
// goroutine and its end, in its last life.
type theirs struct {
	all places // what go tool trace says

	// What makes the difference to ours. Listed is what is counted of those that were not seen to
	// begin. Early is what is not counted of those that were.
	listed, early places
}

type reference struct {
	events     []trace.Event
	start, end map[trace.GoID]trace.Time
}

func readReference(t *testing.T, data []byte) *reference {
	t.Helper()
	r, err := trace.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	f := &reference{start: make(map[trace.GoID]trace.Time), end: make(map[trace.GoID]trace.Time)}
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return f
		}
		require.NoError(t, err)
		f.events = append(f.events, ev)
		if ev.Kind() != trace.EventStateTransition {
			continue
		}
		st := ev.StateTransition()
		if st.Resource.Kind != trace.ResourceGoroutine {
			continue
		}
		id := st.Resource.Goroutine()
		from, to := st.Goroutine()
		if from == to {
			continue
		}
		switch {
		case from == trace.GoNotExist: // a thread of C has one number again and again; only the last life is kept
			delete(f.start, id)
			delete(f.end, id)
		case to == trace.GoRunning && f.start[id] == 0:
			f.start[id] = ev.Time()
		case to == trace.GoNotExist, to == trace.GoWaiting && st.Reason == "forever":
			f.end[id] = ev.Time()
		}
	}
}

func (f *reference) profile(c *comparison) theirs {
	p := theirs{make(places), make(places), make(places)}
	began := make(map[trace.GoID]*trace.Event)
	for i := range f.events {
		ev := &f.events[i]
		if ev.Kind() != trace.EventStateTransition {
			continue
		}
		st := ev.StateTransition()
		if st.Resource.Kind != trace.ResourceGoroutine {
			continue
		}
		id := st.Resource.Goroutine()
		_, to := st.Goroutine()
		begin := began[id]
		switch {
		case begin == nil && to == c.state && c.tracks(st.Reason):
			began[id] = ev
		case begin != nil && to != c.state:
			delete(began, id)
			f.ended(&p, id, begin, ev)
		}
	}
	return p
}

// ended is the end of a span.
func (f *reference) ended(p *theirs, id trace.GoID, begin, end *trace.Event) {
	var stack strings.Builder
	for frame := range begin.Stack().Frames() {
		stack.WriteString(frameText(frame.Func, int64(frame.Line)))
	}
	where, long := stack.String(), end.Time().Sub(begin.Time())

	last, ok := f.end[id]
	if !ok {
		last = f.events[len(f.events)-1].Time()
	}
	counted := sum{}
	if d := min(end.Time(), last).Sub(max(begin.Time(), f.start[id])); d > 0 {
		counted = sum{1, d}
		p.all.add(where, counted)
	}
	if st := begin.StateTransition(); isListed(st) {
		p.listed.add(where, counted)
	} else if counted != (sum{1, long}) {
		p.early.add(where, sum{1 - counted.count, long - counted.time})
	}
}

func isListed(st trace.StateTransition) bool {
	from, _ := st.Goroutine()
	return from == trace.GoUndetermined
}

// goToolTrace returns the path of the program that go tool trace is.
func goToolTrace(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "tool", "-n", "trace").Output()
	require.NoError(t, err, "the go command runs this test")
	return strings.TrimSpace(string(out))
}

// TestGoToolTrace compares with go tool trace, with all the differences that the package's
// documentation has and no other.
func TestGoToolTrace(t *testing.T) {
	t.Parallel()
	program := goToolTrace(t)
	traces := map[string][]byte{
		"listed": listed(),
		"random": tracegen.Random(1, tracegen.Shape{Threads: 4, Goroutines: 30, Events: 3_000}),
	}
	for _, tr := range []recorded.Trace{
		{Go: "1.22", Name: "network"}, {Go: "1.22", Name: "syscalls"}, {Go: "1.23", Name: "scheduling"}, {Go: "1.24", Name: "coroutines"},
		{Go: "1.25", Name: "flightrecorder.stream"}, {Go: "1.26", Name: "gcheavy"}, {Go: "1.27", Name: "network"}, {Go: "1.27", Name: "annotations"},
	} {
		data, err := tr.Bytes()
		require.NoError(t, err)
		traces[tr.String()] = data
	}
	for name, data := range traces {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "trace")
			require.NoError(t, os.WriteFile(file, data, 0o600))
			f := readReference(t, data)
			for i := range comparisons {
				c := &comparisons[i]
				out, err := exec.Command(program, "-pprof="+c.name, file).Output()
				require.NoError(t, err)
				p, err := profile.Parse(bytes.NewReader(out))
				require.NoError(t, err)
				want := f.profile(c)
				require.Equal(t, want.all.total(), total(p), c.name)
				require.Empty(t, want.all.sub(placesOf(p)), c.name)
			}
		})
	}
}

// TestReference compares with the same definition, for each recorded trace and for made ones, in which
// goroutines are also met that never run, and threads of C.
func TestReference(t *testing.T) {
	t.Parallel()
	differs := make(map[string]int)
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		compare(t, tr.String(), data, differs)
	}
	require.Positive(t, differs["sched early"])
	require.Positive(t, differs["syscall early"])
	for seed := range uint64(8) {
		shape := tracegen.Shape{Version: []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}[seed%4], Threads: 4, Goroutines: 30, Events: 3_000}
		compare(t, fmt.Sprintf("random %d", seed), tracegen.Random(seed, shape), differs)
	}
	require.Zero(t, differs["syscall listed"])
	compare(t, "listed", listed(), differs)
	require.Equal(t, 1, differs["syscall listed"])
	t.Logf("traces with a difference: %v", differs)
}

// TestOldReference: in traces of the first format as many are counted, at the same stacks. The reference
// puts what happened in one tick of the clock in another order each time it reads, a nanosecond
// apart, so that times are not compared here; TestTotals does that. System calls that kept their P
// have a nanosecond there, and are of unknown length here.
func TestOldReference(t *testing.T) {
	t.Parallel()
	for _, tr := range recorded.Old() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		f := readReference(t, data)
		ours := collect(t, data, nil, Kinds()...)
		for i := range comparisons {
			c := &comparisons[i]
			if c.name == "syscall" {
				continue
			}
			want := f.profile(c)
			require.Zero(t, want.listed.total())
			for stack, x := range want.early {
				want.all.add(stack, x)
			}
			var got []*profile.Profile
			for _, k := range c.ours {
				got = append(got, ours.Profile(k))
			}
			require.Equal(t, want.all.total().count, total(got...).count, "%v %s", tr, c.name)
			if c.stacks {
				for stack, x := range want.all.sub(placesOf(got...)) {
					require.Zero(t, x.count, "%v %s: %s", tr, c.name, stack)
				}
			}
		}
		theirs, known := f.profile(&comparisons[2]).all.total().count, total(ours.Profile(Syscall)).count
		require.LessOrEqual(t, known, theirs)
		require.LessOrEqual(t, theirs, known+int64(ours.unknown[syscall]))
	}
}

// listed returns a trace in which a goroutine is in a system call from the beginning, returns from it,
// and never runs; and another waits for a channel and then runs.
func listed() []byte {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, n := w.Thread(100, w.Proc(0)), w.Thread(101)
	g, calls, waits := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0), w.Goroutine(3, wire.GoWaiting, 0)
	m.Running(g)
	n.InSyscall(calls)
	m.Unblock(1_000, waits, 0)
	n.SyscallEndBlocked(5_000)
	m.Block(6_000, "select", w.Stack("main.wait"))
	m.Start(6_500, waits)
	m.Unblock(6_600, g, 0)
	return w.Bytes()
}

// compare compares with the definition of go tool trace, and notes what differs.
func compare(t *testing.T, name string, data []byte, differs map[string]int) {
	t.Helper()
	f := readReference(t, data)
	ours := collect(t, data, nil, Kinds()...)
	for i := range comparisons {
		c := &comparisons[i]
		want := f.profile(c)
		var got []*profile.Profile
		for _, k := range c.ours {
			got = append(got, written(t, ours.Profile(k)))
		}
		sums := want.all.total()
		if x := want.listed.total(); x != (sum{}) {
			sums.count, sums.time = sums.count-x.count, sums.time-x.time
			differs[c.name+" listed"]++
		}
		if x := want.early.total(); x != (sum{}) {
			sums.add(x)
			differs[c.name+" early"]++
		}
		require.Equal(t, sums, total(got...), "%v %s", name, c.name)
		if c.stacks {
			for stack, x := range want.early {
				want.all.add(stack, x)
			}
			require.Empty(t, want.all.sub(want.listed).sub(placesOf(got...)), "%v %s", name, c.name)
		}
	}
}

package sick

import (
	"bytes"
	"errors"
	"io"
	"runtime/trace"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	xtrace "golang.org/x/exp/trace"
)

// A start is a goroutine's start after it was ready for so long.
type start struct {
	of   string // the function the goroutine began in
	late time.Duration
}

// A stay is how long a goroutine was in a state, and the stacks that belong to it.
type stay struct {
	of     string // the function the goroutine began in
	d      time.Duration
	reason string
	stack  []string // where it waited, or where it stopped running
	waker  []string // who ended a wait, nil if that was no goroutine
	over   bool     // false of a wait that went on when the trace ended
}

// A reading is what the reference reader says of a trace, of all goroutines but the runtime's own.
type reading struct {
	elapsed     time.Duration
	starts      []start
	waits       []stay
	runs        []stay
	preemptions []stay
	assists     []stay
	marks       []time.Duration   // mark phases of the collector
	pauses      map[string][]stay // by kind
	created     map[string]int    // by a function of the creator's stack
	ended       map[string]int
	alarms      int                 // goroutines that a timer created
	alarmsOf    map[string]int      // by the function they begin in
	seen        map[string]int      // events, by a function of this package in their stack
	silences    []time.Duration     // times without an event, of 5 ms and more
	begun       map[string]struct{} // functions that goroutines began in

	first, last xtrace.Time
	bytes       int
}

const markPhase = "GC concurrent mark phase"

// known is what the reading remembers of a goroutine between two events.
type known struct {
	of      string
	creator []string
	since   xtrace.Time
	sure    bool // since is the time of a transition
	waiting bool
	reason  string
	stack   []string
	assist  xtrace.Time
	at      []string // the assist's stack
}

// record runs the execution tracer for d and reads what it wrote.
func record(t *testing.T, d time.Duration) *reading {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, trace.Start(&buf))
	time.Sleep(d)
	trace.Stop()
	return read(t, &buf)
}

func read(t *testing.T, in *bytes.Buffer) *reading {
	t.Helper()
	r := &reading{
		pauses: map[string][]stay{}, created: map[string]int{}, ended: map[string]int{},
		alarmsOf: map[string]int{}, seen: map[string]int{}, begun: map[string]struct{}{}, bytes: in.Len(),
	}
	all := map[xtrace.GoID]*known{}
	pauses := map[string]stay{}
	began := map[string]xtrace.Time{}
	reader, err := xtrace.NewReader(in)
	require.NoError(t, err)
	for {
		e, err := reader.ReadEvent()
		if errors.Is(err, io.EOF) {
			r.elapsed = r.last.Sub(r.first)
			for _, g := range all {
				if g.sure && g.waiting { // still
					r.waits = append(r.waits, stay{of: g.of, d: r.last.Sub(g.since), reason: g.reason, stack: g.stack})
				}
			}
			return r
		}
		require.NoError(t, err)
		if r.first == 0 {
			r.first = e.Time()
		} else if d := e.Time().Sub(r.last); d >= 5*time.Millisecond {
			r.silences = append(r.silences, d)
		}
		r.last = e.Time()
		switch e.Kind() {
		case xtrace.EventRangeBegin, xtrace.EventRangeEnd:
			switch name := e.Range().Name; {
			case name == "GC mark assist":
				r.assist(e, goroutine(all, e.Range().Scope.Goroutine()))
			case name == markPhase && e.Kind() == xtrace.EventRangeBegin:
				began[name] = e.Time()
			case name == markPhase && began[name] != 0:
				r.marks = append(r.marks, e.Time().Sub(began[name]))
			case strings.HasPrefix(name, "stop-the-world") && e.Kind() == xtrace.EventRangeBegin:
				pauses[name], began[name] = stay{stack: r.frames(e.Stack())}, e.Time()
			case strings.HasPrefix(name, "stop-the-world") && began[name] != 0:
				p := pauses[name]
				p.d = e.Time().Sub(began[name])
				r.pauses[name] = append(r.pauses[name], p)
			}
		case xtrace.EventStateTransition:
			if e.StateTransition().Resource.Kind == xtrace.ResourceGoroutine {
				r.transition(e, all)
			}
		}
	}
}

func goroutine(all map[xtrace.GoID]*known, id xtrace.GoID) *known {
	g := all[id]
	if g == nil {
		g = new(known)
		all[id] = g
	}
	return g
}

// began takes the outermost function of this module for the one that a goroutine began in, once one
// has been seen: sync.WaitGroup.Go and servers begin all of theirs in the same.
func (g *known) began(stack []string) {
	if strings.HasPrefix(g.of, module) || len(stack) == 0 {
		return
	}
	g.of = stack[len(stack)-1]
	for _, f := range stack {
		if strings.HasPrefix(f, module) {
			g.of = f
		}
	}
}

// module is how the names of this module's functions begin.
const module = "github.com/gotracewatch/"

// frames returns a stack's functions, innermost first.
func (r *reading) frames(s xtrace.Stack) []string {
	var all []string
	for f := range s.Frames() {
		all = append(all, f.Func)
		if strings.HasPrefix(f.Func, site("")) {
			r.seen[f.Func]++
		}
	}
	return all
}

func (r *reading) assist(e xtrace.Event, g *known) {
	if e.Kind() == xtrace.EventRangeBegin {
		g.assist, g.at = e.Time(), r.frames(e.Stack())
	} else if g.assist != 0 {
		r.assists = append(r.assists, stay{of: g.of, d: e.Time().Sub(g.assist), stack: g.at})
		g.assist = 0
	}
}

func (r *reading) transition(e xtrace.Event, all map[xtrace.GoID]*known) {
	st := e.StateTransition()
	from, to := st.Goroutine()
	g := goroutine(all, st.Resource.Goroutine())
	stack := r.frames(st.Stack)
	g.began(stack)
	r.begun[g.of] = struct{}{}
	if from == to {
		return // the list of goroutines that begins every generation
	}
	if from == xtrace.GoNotExist {
		g.creator = r.frames(e.Stack())
		for _, f := range g.creator {
			r.created[f]++
		}
		if len(g.creator) == 0 {
			r.alarms++
			r.alarmsOf[g.of]++
		}
	}
	system := strings.HasPrefix(g.of, "runtime.") && g.of != "runtime.main" || strings.HasPrefix(g.of, "runtime/trace.")
	if g.sure && !system {
		r.left(e, g, from, to, stack)
	}
	g.sure = from != xtrace.GoUndetermined
	g.since, g.reason, g.stack, g.waiting = e.Time(), st.Reason, stack, to == xtrace.GoWaiting
	if to == xtrace.GoNotExist {
		for _, f := range g.creator {
			r.ended[f]++
		}
		delete(all, st.Resource.Goroutine())
	}
}

// left takes note that g left a state.
func (r *reading) left(e xtrace.Event, g *known, from, to xtrace.GoState, stack []string) {
	d, st := e.Time().Sub(g.since), e.StateTransition()
	switch from {
	case xtrace.GoRunnable:
		if g.reason != "preempted" && !strings.HasPrefix(g.reason, "runtime.Gosched") {
			r.starts = append(r.starts, start{g.of, d})
		}
	case xtrace.GoWaiting:
		r.waits = append(r.waits, stay{of: g.of, d: d, reason: g.reason, stack: g.stack, waker: r.frames(e.Stack()), over: true})
	case xtrace.GoRunning:
		s := stay{of: g.of, d: d, reason: st.Reason, stack: stack}
		r.runs = append(r.runs, s)
		if to == xtrace.GoRunnable && st.Reason == "preempted" {
			r.preemptions = append(r.preemptions, s)
		}
	}
}

// at reports whether one of the functions is in a stack.
func at(stack, sites []string) bool {
	return slices.ContainsFunc(stack, func(f string) bool { return slices.Contains(sites, f) })
}

// perSecond returns the rate of what happened n times.
func (r *reading) perSecond(n int) float64 { return float64(n) / r.elapsed.Seconds() }

// late counts the starts of other code than what began in a function that were late.
func (r *reading) late(least time.Duration, but string) int {
	n := 0
	for _, s := range r.starts {
		if s.late >= least && s.of != but {
			n++
		}
	}
	return n
}

// occupant returns the function whose goroutines ran longest, and how long.
func (r *reading) occupant() (of string, total time.Duration) {
	sums := map[string]time.Duration{}
	for _, s := range r.runs {
		sums[s.of] += s.d
		if sums[s.of] > total {
			of, total = s.of, sums[s.of]
		}
	}
	return of, total
}

// quantile returns the q-quantile, or zero of nothing.
func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	d = slices.Sorted(slices.Values(d))
	return d[min(int(q*float64(len(d))), len(d)-1)]
}

func durations[T any](all []T, of func(T) time.Duration) []time.Duration {
	var d []time.Duration
	for _, x := range all {
		d = append(d, of(x))
	}
	return d
}

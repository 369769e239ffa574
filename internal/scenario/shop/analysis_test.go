package shop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	xtrace "golang.org/x/exp/trace"
)

// The runtime's names for a mark assist and for the wait inside one.
const (
	assistRange = "GC mark assist"
	assistPark  = "GC mark assist wait for work"
)

// bucket is the width in which allocation rate and assist time are compared.
const bucket = 500 * time.Millisecond

// analysis is the state of reading one trace.
type analysis struct {
	m           *measurement
	goroutines  map[xtrace.GoID]*goroutine
	pauses      map[string]xtrace.Time
	first, last xtrace.Time

	heap           uint64
	allocated      []float64 // bytes by bucket
	assisted       []float64 // seconds by bucket
	assistedAtSite []float64
	longest        time.Duration
}

// goroutine is what the analysis remembers of one between two events.
type goroutine struct {
	start  string // its start function
	since  xtrace.Time
	known  bool     // since is the time of a transition, not of a snapshot
	reason string   // why it waits
	stack  []string // where it waits
	assist xtrace.Time
	atSite bool // the assist was for an allocation at GCAssist's site
}

func newAnalysis() *analysis {
	return &analysis{
		m: &measurement{
			preemptions: map[string]int{},
			created:     map[string]int{},
			ended:       map[string]int{},
			pauses:      map[string][]time.Duration{},
			stacks:      map[string]string{},
		},
		goroutines: map[xtrace.GoID]*goroutine{},
		pauses:     map[string]xtrace.Time{},
	}
}

func (a *analysis) finish() *measurement {
	a.m.elapsed = a.last.Sub(a.first)
	a.m.assistR = pearson(a.allocated, a.assisted)
	a.m.assistRAtSite = pearson(a.allocated, a.assistedAtSite)
	return a.m
}

func (a *analysis) event(e xtrace.Event) {
	a.last = e.Time()
	if a.first == 0 {
		a.first = a.last
	}
	switch e.Kind() {
	case xtrace.EventMetric:
		a.metric(e)
	case xtrace.EventRangeBegin, xtrace.EventRangeEnd:
		if r := e.Range(); r.Name == assistRange {
			a.assist(e, a.goroutine(r.Scope.Goroutine()))
		} else if strings.HasPrefix(r.Name, "stop-the-world") {
			a.pause(e, r.Name)
		}
	case xtrace.EventStateTransition:
		if e.StateTransition().Resource.Kind == xtrace.ResourceGoroutine {
			a.transition(e)
		}
	}
}

// metric takes the growth of the live heap for allocation: only a collection makes it shrink.
func (a *analysis) metric(e xtrace.Event) {
	m := e.Metric()
	if m.Name != "/memory/classes/heap/objects:bytes" {
		return
	}
	now := m.Value.Uint64()
	if a.heap != 0 && now > a.heap {
		addTo(&a.allocated, a.bucket(e.Time()), float64(now-a.heap))
	}
	a.heap = now
}

func (a *analysis) bucket(t xtrace.Time) int { return int(t.Sub(a.first) / bucket) }

func (a *analysis) assist(e xtrace.Event, g *goroutine) {
	if e.Kind() == xtrace.EventRangeBegin {
		stack := frames(e.Stack())
		g.assist = e.Time()
		g.atSite = slices.Contains(stack, GCAssist.Site())
		a.example("assist by "+site(stack), stack)
		return
	}
	if g.assist == 0 {
		return // begun before the trace
	}
	d := e.Time().Sub(g.assist)
	a.m.assists = append(a.m.assists, d)
	a.spread(&a.assisted, g.assist, e.Time())
	if g.atSite {
		a.m.assistsAtSite = append(a.m.assistsAtSite, d)
		a.spread(&a.assistedAtSite, g.assist, e.Time())
	}
	g.assist = 0
}

// spread adds the time from one instant to another to every bucket it touches.
func (a *analysis) spread(series *[]float64, from, to xtrace.Time) {
	for from < to {
		i := a.bucket(from)
		end := min(to, a.first+xtrace.Time(i+1)*xtrace.Time(bucket))
		addTo(series, i, end.Sub(from).Seconds())
		from = end
	}
}

func (a *analysis) pause(e xtrace.Event, kind string) {
	if e.Kind() == xtrace.EventRangeBegin {
		a.pauses[kind] = e.Time()
	} else if begin, ok := a.pauses[kind]; ok {
		a.m.pauses[kind] = append(a.m.pauses[kind], e.Time().Sub(begin))
	}
}

func (a *analysis) goroutine(id xtrace.GoID) *goroutine {
	g := a.goroutines[id]
	if g == nil {
		g = &goroutine{}
		a.goroutines[id] = g
	}
	return g
}

func (a *analysis) transition(e xtrace.Event) {
	st := e.StateTransition()
	from, to := st.Goroutine()
	g := a.goroutine(st.Resource.Goroutine())
	stack := frames(st.Stack)
	if g.start == "" && len(stack) > 0 {
		g.start = stack[len(stack)-1]
	}
	if from == to {
		return // the list of goroutines that begins every generation
	}
	if from == xtrace.GoNotExist {
		a.m.created[g.start]++
		if strings.HasPrefix(g.start, sitePrefix) {
			a.example("creation of "+g.start, frames(e.Stack()))
		}
	}
	if g.known && !g.system() {
		a.left(g, from, to, st.Reason, stack, e.Time().Sub(g.since))
	}
	g.known = from != xtrace.GoUndetermined
	g.since, g.reason, g.stack = e.Time(), st.Reason, stack
	if to == xtrace.GoNotExist {
		a.m.ended[g.start]++
		delete(a.goroutines, st.Resource.Goroutine())
	}
}

// system reports whether g is the runtime's own.
func (g *goroutine) system() bool {
	return strings.HasPrefix(g.start, "runtime.") && g.start != "runtime.main" ||
		strings.HasPrefix(g.start, "runtime/trace.")
}

// left takes note that g was in a state for d. The reason and the stack are those of the transition
// out of it; g still has those of the one into it.
func (a *analysis) left(g *goroutine, from, to xtrace.GoState, reason string, stack []string, d time.Duration) {
	m := a.m
	switch from {
	case xtrace.GoRunnable:
		m.delays = append(m.delays, d)
	case xtrace.GoWaiting:
		switch {
		case g.reason == assistPark:
			m.assistParks = append(m.assistParks, d)
		case g.reason == "network" && slices.Contains(g.stack, Netpoll.Site()):
			m.inFlight = append(m.inFlight, d)
			a.example("in flight", g.stack)
		}
	case xtrace.GoRunning:
		a.ran(g, to, reason, stack, d)
	}
}

// ran takes note that g ran for d and then stopped.
func (a *analysis) ran(g *goroutine, to xtrace.GoState, reason string, stack []string, d time.Duration) {
	m := a.m
	m.runs = append(m.runs, d)
	if slices.Contains(stack, Preempt.Site()) {
		m.runsAtSite = append(m.runsAtSite, d)
	}
	if d > a.longest {
		a.longest = d
		m.longestRun = fmt.Sprintf("%v of %s, to %v %q in %s", d, g.start, to, reason, join(stack))
	}
	switch {
	case to == xtrace.GoRunnable && reason == "preempted":
		m.preemptions[site(stack)]++
		a.example("preemption of "+site(stack), stack)
	case to == xtrace.GoWaiting && reason == "chan send":
		a.example("send by "+g.start, stack)
	}
}

// example keeps the first stack of its kind.
func (a *analysis) example(what string, stack []string) {
	if _, ok := a.m.stacks[what]; !ok {
		a.m.stacks[what] = join(stack)
	}
}

// frames returns a stack's functions, the leaf first.
func frames(s xtrace.Stack) []string {
	var all []string
	for f := range s.Frames() {
		all = append(all, f.Func)
	}
	return all
}

// site returns the top frame of this package, or else the leaf.
func site(stack []string) string {
	for _, f := range stack {
		if strings.HasPrefix(f, sitePrefix) {
			return f
		}
	}
	if len(stack) > 0 {
		return stack[0]
	}
	return "no stack"
}

// join returns the top of a stack in one line.
func join(stack []string) string {
	return strings.Join(stack[:min(len(stack), 8)], " < ")
}

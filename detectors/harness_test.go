package detectors_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// versions are all that write the format differently.
var versions = []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}

// base is when the traces begin: a multiple of whatever detectors cut time into.
const base = int64(100 * time.Second)

// window is the length of a generation here, as the runtime's.
const window = time.Second

// A world is a synthetic trace of which the author says what happens in any order,
// so that what goes on at once can be told one after the other. Its clock has units of
// a nanosecond: all numbers are exact.
type world struct {
	*tracegen.World
	p     []*tracegen.Thread  // p[i] has P i
	none  *tracegen.Thread    // has no P: the poller and timers wake through it
	main  *tracegen.Goroutine // creates the others, on P 0
	begun bool
	up    bool // main is running
	steps []step
}

type step struct {
	at time.Duration
	do func(at int64)
}

func newWorld(v wire.Version, procs int) *world {
	w := &world{World: tracegen.NewWorld(v)}
	w.ClockUnit(1)
	for i := range procs {
		w.p = append(w.p, w.Thread(uint64(100+i), w.Proc(uint64(i))))
	}
	w.none = w.Thread(99)
	return w
}

// tick is the next moment of what happens at once, before the steps.
func (w *world) tick() int64 {
	if !w.begun {
		w.begun = true
		w.Begin(base)
	}
	return w.Now() + int64(time.Microsecond)
}

// spawn lets main create a goroutine, at once.
func (w *world) spawn(begins, creator tracegen.Stack) *tracegen.Goroutine {
	at := w.tick()
	if w.main == nil {
		w.main = w.Goroutine(1, wire.GoWaiting, 0)
	}
	if !w.up {
		w.none.NetpollUnblock(at, w.main)
		w.p[0].Start(w.tick(), w.main)
		w.up = true
	}
	return w.p[0].Create(w.tick(), begins, creator)
}

// begin runs a new goroutine on P 0 for a microsecond, at once, up to its first wait.
func (w *world) begin(g *tracegen.Goroutine, reason string, stack tracegen.Stack) {
	w.rest()
	w.p[0].Start(w.tick(), g)
	w.p[0].Block(w.tick(), reason, stack)
}

// rest parks main.
func (w *world) rest() {
	if w.up {
		w.p[0].Block(w.tick(), "sleep", w.Stack("time.Sleep", "main.main"))
		w.up = false
	}
}

// at plans what is to happen at a time after the trace's beginning. Nothing may be
// planned for the first 10 µs of a window: the lists of goroutines are there.
func (w *world) at(d time.Duration, do func(at int64)) {
	w.steps = append(w.steps, step{d, do})
}

// turn plans a run on P p: g, which is runnable then, starts and after a while parks.
func (w *world) turn(p int, g *tracegen.Goroutine, at, run time.Duration, reason string, stack tracegen.Stack) {
	w.at(at, func(at int64) { w.p[p].Start(at, g) })
	w.at(at+run, func(at int64) { w.p[p].Block(at, reason, stack) })
}

// wake plans that the poller or a timer wakes g.
func (w *world) wake(g *tracegen.Goroutine, at time.Duration) {
	w.at(at, func(at int64) { w.none.NetpollUnblock(at, g) })
}

// play lets all happen that was planned, in windows of a second, and returns the trace.
func (w *world) play(windows int) []byte {
	w.rest()
	for i := 1; i <= windows; i++ {
		end := time.Duration(i) * window
		w.at(end-time.Microsecond, func(at int64) { w.p[0].HeapGoal(at, 0) }) // so that the last one, too, is as long
		if i < windows {
			w.at(end, w.NextGeneration)
		}
	}
	slices.SortStableFunc(w.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	for _, s := range w.steps {
		s.do(base + int64(s.at))
	}
	return w.Bytes()
}

// A judgement is what a detector said of a window.
type judgement struct {
	detectors.Window
	findings []detectors.Finding
	verdict  detectors.Verdict
}

// watch lets a detector watch a trace. Generations of the numbers in lost do not reach it.
func watch(t *testing.T, d detectors.Detector, trace []byte, lost ...uint64) []judgement {
	t.Helper()
	code := detectors.NewCode()
	state, err := d.New(code)
	if err != nil {
		t.Fatal(err)
	}
	spec := d.Spec()
	tl := timeline.New(code, []timeline.Observer{{Observes: spec.Observes, Observe: state.Observe, Long: spec.Long, AtLeast: spec.AtLeast, Reasons: spec.Reasons}})
	tl.OnPanic = func(_ int, v any, stack []byte) { t.Fatalf("%v\n%s", v, stack) }
	var all []judgement
	split := wire.Splitter{
		Want: func(number uint64) bool { return !slices.Contains(lost, number) },
		Emit: func(raw wire.Raw) {
			g, err := wire.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			w, err := tl.Feed(g)
			if err != nil {
				t.Fatal(err)
			}
			j := judgement{Window: w}
			j.findings, j.verdict = state.Judge(&w)
			all = append(all, j)
		},
	}
	if _, err := split.Write(trace); err != nil {
		t.Fatal(err)
	}
	if err := split.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// silent fails for every finding.
func silent(t *testing.T, all []judgement) {
	t.Helper()
	for i, j := range all {
		for _, f := range j.findings {
			t.Errorf("window %d: found at %v: %s", i, j.Code.Site(f.Site), f.Summary)
		}
	}
}

// one returns the only finding of a window.
func one(t *testing.T, j judgement) detectors.Finding {
	t.Helper()
	if len(j.findings) != 1 {
		t.Fatalf("%d findings in generation %d, want one (verdict: %+v)", len(j.findings), j.Generation, j.verdict)
	}
	return j.findings[0]
}

// found returns the functions at which something was found, window by window.
func found(all []judgement) (sites []string) {
	for _, j := range all {
		var fns []string
		for _, f := range j.findings {
			fns = append(fns, j.Code.Site(f.Site).String())
		}
		sites = append(sites, strings.Join(fns, ","))
	}
	return sites
}

// measure returns the measure of a name.
func measure(t *testing.T, f detectors.Finding, name string) detectors.Measure {
	t.Helper()
	for _, m := range f.Evidence.Measures {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no measure %q among %+v", name, f.Evidence.Measures)
	return detectors.Measure{}
}

// near reports whether two numbers are the same but for rounding.
func near(a, b float64) bool { return a-b <= 1e-9 && b-a <= 1e-9 }

// in returns the function of a piece of evidence.
func (j judgement) in(s detectors.SiteEvidence) string { return j.Code.Site(s.Site).Func }

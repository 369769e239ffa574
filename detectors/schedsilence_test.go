package detectors_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestSchedDelaySilence(t *testing.T) {
	preempt := func(m *tracegen.Thread, at int64, s tracegen.Stack) { m.Preempt(at, s) }
	yield := func(m *tracegen.Thread, at int64, s tracegen.Stack) { m.Yield(at, s) }
	for _, c := range []struct {
		name string
		contention
		note     string        // a part of the last verdict's
		from, to time.Duration // the last verdict's value
	}{
		{"a queue of the hog's own", contention{windows: 3, late: late, victim: hogBegins},
			"0 starts of other work than main.(*pool).worker were late, which used 78% of the Ps", 29 * time.Millisecond, 31 * time.Millisecond},
		{"after preemptions", contention{windows: 3, late: prompt, leave: preempt}, "", time.Microsecond, 1100},
		{"after yielding", contention{windows: 3, late: prompt, leave: yield}, "", time.Microsecond, 1100},
		{"goroutines of the runtime", contention{windows: 3, late: late, victim: "runtime.gcBgMarkWorker"}, "", time.Microsecond, 1100},
		{"a long mean with a short tail", contention{windows: 3, late: func(_, i int) time.Duration { return time.Duration(1+i%5) * time.Millisecond }},
			"", 5 * time.Millisecond, 5400 * time.Microsecond},
		{"a machine that stood still", contention{windows: 3, late: late, run: 10 * time.Millisecond},
			"50 starts of other work than main.(*pool).worker were late, which used 25% of the Ps", 29 * time.Millisecond, 31 * time.Millisecond},
		{"one bad window", contention{windows: 4, late: func(win, i int) time.Duration {
			if win == 1 {
				return late(win, i)
			}
			return prompt(win, i)
		}}, "", time.Microsecond, 1100},
		{"few victims", contention{windows: 3, late: func(win, i int) time.Duration {
			if i < 9 {
				return 35 * time.Millisecond
			}
			return prompt(win, i)
		}}, "9 starts of other work", 35 * time.Millisecond, 35 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			trace, _ := c.play(wire.Go126)
			all := watch(t, detectors.SchedDelay{}, trace)
			silent(t, all)
			v := all[len(all)-1].verdict
			if d := time.Duration(v.Value * 1e9); !v.Applicable || d < c.from || d > c.to || !strings.Contains(v.Note, c.note) || c.note == "" && v.Note != "" {
				t.Errorf("verdict %+v, want a value from %v to %v and the note %q", v, c.from, c.to, c.note)
			}
		})
	}
}

// Both Ps are busy all the time, with runs so short that everybody gets a turn soon.
func TestSchedDelayBusy(t *testing.T) {
	w := newWorld(wire.Go126, 2)
	wait := w.Stack("runtime.chanrecv1", "main.serve")
	var gs [8]*tracegen.Goroutine
	for i := range gs {
		begins := "main.serve"
		if i >= 4 {
			begins = "main.other"
		}
		gs[i] = w.spawn(w.Stack(begins), w.Stack("main.main"))
	}
	for _, g := range gs {
		w.begin(g, "chan receive", wait)
	}
	const run = 100 * time.Microsecond
	for i := range int(3*window/run) - 100 {
		at := time.Duration(i+100) * run
		if at%window < slot { // the beginning of a window
			continue
		}
		for p := range 2 {
			g := gs[i%4*2+p]
			w.wake(g, at-299*time.Microsecond) // when it has just parked
			w.turn(p, g, at+time.Duration(p)*time.Microsecond, run-10*time.Microsecond, "chan receive", wait)
		}
	}
	all := watch(t, detectors.SchedDelay{}, w.play(3))
	silent(t, all)
	if v := all[2].verdict; v.Value < 0.000299 || v.Value > 0.00032 {
		t.Errorf("verdict %+v, want a P99 of 300 µs", v)
	}
}

func TestSchedDelayGap(t *testing.T) {
	trace, _ := contention{windows: 4, late: late}.play(wire.Go126)
	all := watch(t, detectors.SchedDelay{}, trace, 2)
	if got, want := found(all), []string{"", "", hogSite}; !reflect.DeepEqual(got, want) {
		t.Fatalf("found %q, want %q: what was before the gap must not count", got, want)
	}
	if !all[1].Fresh || all[2].findings[0].Start != all[1].Start {
		t.Errorf("the finding begins at %d, want %d, after the gap", all[2].findings[0].Start, all[1].Start)
	}
}

// After the gap comes a window in which nothing starts. The gap is still one.
func TestSchedDelayGapBeforeRest(t *testing.T) {
	at := func(win int) time.Duration { return time.Duration(win) * window }
	w := newWorld(wire.Go126, 1)
	hog := w.spawn(w.Stack(hogBegins), w.Stack("main.main"))
	var victims []*tracegen.Goroutine
	for range 10 {
		victims = append(victims, w.spawn(w.Stack("main.serve"), w.Stack("main.main")))
	}
	wait, work := w.Stack("main.serve"), w.Stack(hogSite)
	w.begin(hog, "chan receive", work)
	for _, g := range victims {
		w.begin(g, "chan receive", wait)
	}
	for _, win := range []int{0, 3} {
		w.wake(hog, at(win)+10*time.Millisecond)
		w.turn(0, hog, at(win)+10*time.Millisecond+hogDelay, 700*time.Millisecond, "chan receive", work)
		for i, g := range victims {
			d := time.Duration(i) * time.Millisecond
			w.wake(g, at(win)+600*time.Millisecond+d)
			w.turn(0, g, at(win)+720*time.Millisecond+d, 100*time.Microsecond, "chan receive", wait)
		}
	}
	all := watch(t, detectors.SchedDelay{LookBack: 10 * time.Second}, w.play(4), 2)
	silent(t, all)
	if v := all[1].verdict; !all[1].Fresh || v.Applicable || v.Note == "" {
		t.Errorf("the window after the gap: %+v, want one that cannot be judged", v)
	}
}

// Other goroutines run a little of the hog's code, last. That does not make it theirs.
func TestSchedDelaySharedCode(t *testing.T) {
	w := newWorld(wire.Go126, 1)
	creator := w.Stack("main.main")
	hog := w.spawn(w.Stack(hogBegins), creator)
	other := w.spawn(w.Stack("main.report"), creator)
	victim := w.spawn(w.Stack("main.serve"), creator)
	work, wait := w.Stack(hogSite, hogBegins), w.Stack("main.serve")
	shared := w.Stack(hogSite, "main.report")
	w.begin(hog, "chan receive", work)
	w.begin(other, "chan receive", shared)
	w.begin(victim, "chan receive", wait)
	for i := range 2 * slots {
		at := time.Duration(i)*slot + 5*time.Millisecond
		w.wake(hog, at-hogDelay)
		w.turn(0, hog, at, 30*time.Millisecond, "chan receive", work)
		w.wake(victim, at+5*time.Millisecond)
		w.turn(0, victim, at+30*time.Millisecond+time.Microsecond, time.Millisecond, "chan receive", wait)
		w.wake(other, at+32*time.Millisecond)
		w.turn(0, other, at+32*time.Millisecond+time.Microsecond, 10*time.Microsecond, "chan receive", shared)
	}
	all := watch(t, detectors.SchedDelay{}, w.play(2))
	if got, want := found(all), []string{"", hogSite}; !reflect.DeepEqual(got, want) {
		t.Errorf("found %q, want %q", got, want)
	}
}

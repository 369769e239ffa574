package detectors_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A contention is two Ps, on each of which every 40 ms one goroutine runs and then
// another one, the victim, gets its turn.
type contention struct {
	windows int
	late    func(window, i int) time.Duration
}

// A start is one that counts.
type start struct {
	proc  int
	at    time.Duration
	delay time.Duration
}

const (
	slot      = 40 * time.Millisecond
	slots     = int(window / slot)
	hogDelay  = time.Microsecond
	hogRun    = 30 * time.Millisecond
	hogSite   = "main.crunch"
	hogBegins = "main.(*pool).worker"
)

// late is 20 ms to 29 ms, and once in a window 35 ms.
func late(_, i int) time.Duration {
	if i == 3 {
		return 35 * time.Millisecond
	}
	return time.Duration(20+i%10) * time.Millisecond
}

// play returns the trace, and the starts in it by window, without those of setting up.
func (c contention) play(v wire.Version) (trace []byte, starts [][]start) {
	w := newWorld(v, 2)
	creator := w.Stack("main.main")
	work := w.Stack(hogSite, hogBegins)
	wait := w.Stack("runtime.chanrecv1", "main.serve")
	var hogs, victims [2]*tracegen.Goroutine
	for p := range 2 {
		hogs[p] = w.spawn(w.Stack(hogBegins), creator)
		victims[p] = w.spawn(w.Stack("main.serve"), creator)
	}
	for p := range 2 {
		w.begin(hogs[p], "chan receive", work)
		w.begin(victims[p], "chan receive", wait)
	}
	starts = make([][]start, c.windows)
	for i := 2; i < c.windows*slots*2; i++ { // the first slot is for setting up
		win, n, p := i/(2*slots), i%(2*slots), i%2
		at := time.Duration(i/2)*slot + 5*time.Millisecond + time.Duration(p)*7*time.Microsecond
		w.wake(hogs[p], at-hogDelay)
		w.turn(p, hogs[p], at, hogRun, "chan receive", work)
		starts[win] = append(starts[win], start{p, at, hogDelay})

		turn, delay := at+hogRun+time.Microsecond, c.late(win, n)
		w.wake(victims[p], turn-delay)
		w.turn(p, victims[p], turn, time.Millisecond, "chan receive", wait)
		starts[win] = append(starts[win], start{p, turn, delay})
	}
	return w.play(c.windows), starts
}

func TestSchedDelay(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprint("go1.", v), func(t *testing.T) {
			trace, starts := contention{windows: 3, late: late}.play(v)
			all := watch(t, detectors.SchedDelay{}, trace)
			if got, want := found(all), []string{"", hogSite, hogSite}; !reflect.DeepEqual(got, want) {
				t.Fatalf("found %q, want %q", got, want)
			}
			for i, j := range all[1:] {
				checkSchedDelay(t, all[0].Start, j, starts[i+1])
			}
		})
	}
}

// checkSchedDelay compares a finding with the window's starts: 50 of hogs and 50 of
// victims, of which one percent waited longer than 29 ms.
func checkSchedDelay(t *testing.T, from detectors.Time, j judgement, starts []start) {
	t.Helper()
	f := one(t, j)
	var sum, victims time.Duration
	for _, s := range starts {
		sum += s.delay
		if s.delay > hogDelay {
			victims += s.delay
		}
	}
	if len(starts) != 100 {
		t.Fatalf("%d starts, want 100", len(starts))
	}
	if f.Severity != detectors.Warning || f.Start != from || f.End != j.End {
		t.Errorf("%v from %d to %d, want a warning from %d to %d", f.Severity, f.Start, f.End, from, j.End)
	}
	mean := measure(t, f, "scheduling delay mean")
	if want := (sum / 100).Seconds(); mean.Value != want || mean.Threshold != 250e-6 {
		t.Errorf("mean %+v, want %v judged against 250 µs", mean, want)
	}
	p99 := measure(t, f, "scheduling delay P99")
	if p99.Value < 0.029 || p99.Value > 0.029*17/16 || p99.Threshold != 0.020 {
		t.Errorf("P99 %+v, want 29 ms and at most a sixteenth more, judged against 20 ms", p99)
	}
	want := detectors.Verdict{Applicable: true, Value: p99.Value, Threshold: 0.020, Unit: "s"}
	if j.verdict != want {
		t.Errorf("verdict %+v, want %+v", j.verdict, want)
	}
	if !near(f.Score, p99.Value/0.020) {
		t.Errorf("score %v, want %v", f.Score, p99.Value/0.020)
	}
	share := measure(t, f, "share of the Ps used by the site")
	if want := 50 * 0.030 / (2 * j.Duration().Seconds()); !near(share.Value, want) {
		t.Errorf("share %v, want %v", share.Value, want)
	}
	if n := measure(t, f, "late starts of other work"); n.Value != 50 || n.Threshold != 10 {
		t.Errorf("late starts %+v, want 50 judged against 10", n)
	}

	for _, m := range f.Evidence.Measures {
		if m.Name == "P with the longest P99" {
			t.Errorf("%+v, want none: no P has enough starts to have one", m)
		}
	}

	sites := f.Evidence.Sites
	if len(sites) != 2 || j.in(sites[0]) != hogSite || j.in(sites[1]) != "main.serve" {
		t.Fatalf("sites %+v, want the hog's and the victims'", sites)
	}
	if s := sites[0]; s.Count != 50 || s.Total != 50*30*time.Millisecond || s.Max != 30*time.Millisecond {
		t.Errorf("the hog: %+v, want 50 runs of 30 ms", s)
	}
	if s := sites[1]; s.Count != 50 || s.Total != victims || s.Max != 35*time.Millisecond {
		t.Errorf("the victims: %+v, want 50 waits, %v together, 35 ms at most", s, victims)
	}
	worst := starts[0]
	for _, s := range starts {
		if s.delay > worst.delay {
			worst = s
		}
	}
	at := detectors.Time(base + int64(worst.at)).Add(-worst.delay)
	if g := f.Evidence.Goroutines; len(g) != 1 || g[0].Duration != worst.delay || g[0].Proc != detectors.ProcID(worst.proc) || g[0].At != at {
		t.Errorf("goroutines %+v, want the one that waited 35 ms, since %d, for P %d", g, at, worst.proc)
	}
	if got, want := f.Evidence.HeatMap, heatMap(j.Start, starts); !reflect.DeepEqual(got, want) {
		t.Errorf("heat map %+v, want %+v", got, want)
	}
}

// heatMap is the heat map of a window's starts, made from its definition.
func heatMap(begins detectors.Time, starts []start) *detectors.HeatMap {
	begins -= begins % detectors.Time(detectors.HeatBucket)
	h := &detectors.HeatMap{Start: begins, Procs: make([][]detectors.HeatCell, 2)}
	for _, s := range starts {
		column := int(detectors.Time(base+int64(s.at)).Sub(begins) / detectors.HeatBucket)
		for len(h.Procs[s.proc]) <= column {
			h.Procs[s.proc] = append(h.Procs[s.proc], detectors.HeatCell{})
		}
		c := &h.Procs[s.proc][column]
		c.Starts++
		c.Sum += s.delay
		c.Max = max(c.Max, s.delay)
	}
	return h
}

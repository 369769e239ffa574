package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// everyWay reads a world in every way. Whatever way it is, the goroutines of those numbers have the
// stays that are told.
func everyWay(t *testing.T, w *tracegen.World, lives map[detectors.GoID][]string, also func(*recollection)) {
	t.Helper()
	gens := generationsOf(t, w.Bytes())
	for _, group := range recollections() {
		for _, r := range group {
			r.readAll(t, gens)
			for id, want := range lives {
				require.Equal(t, want, r.life(id), "%s: goroutine %d", r.name, id)
			}
			if also != nil {
				also(r)
			}
		}
	}
}

// life returns a goroutine's stays, also if it has ended: then there must be no other one that its
// number's lower half stands for.
func (w *recollection) life(id detectors.GoID) []string {
	last, now := lastStay(w.tl, id)
	if now == nil {
		for stay, s := range w.past.Since(0) {
			if s.G == uint32(id) {
				last = stay
			}
		}
	}
	return w.backFrom(last, w.past.Begin)
}

// TestPastCoroutines: whoever switches to a goroutine ends its wait, and waits from then on.
func TestPastCoroutines(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	main := w.Goroutine(1, wire.GoRunnable, 0)
	m.Start(1_000, main)
	co := m.CreateBlocked(2_000, w.Stack("iter.Pull"), w.Stack("main.main"))
	m.Switch(5_000, co)
	m.Switch(7_000, main)
	m.Switch(10_000, co)
	m.SwitchEnd(14_000, main)
	m.Block(15_000, "sync", w.Stack("main.main"))
	everyWay(t, w, map[detectors.GoID][]string{
		1: {
			"undetermined until it begins",
			"runnable until 1000",
			"running until 5001 on P 0",
			"waiting until 7000, ended by 2's stay 3",
			"runnable until 7002",
			"running until 10001 on P 0",
			"waiting until 14000, ended by 2's stay 6", // by the one that ends
			"runnable until 14002",
			"running until 15000 (sync) on P 0 at main.main",
		},
		2: {
			"not-exist until 2000 at iter.Pull, ended by 1's stay 2 at main.main",
			"waiting until 5000, ended by 1's stay 2",
			"runnable until 5002",
			"running until 7001 on P 0",
			"waiting until 10000, ended by 1's stay 5",
			"runnable until 10002",
			"running until 14001 on P 0",
		},
	}, nil)
}

// TestPastSyscalls: a call that kept its P, one that lost it, and one of which another goroutine
// took the P meanwhile.
func TestPastSyscalls(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	p, q := w.Proc(0), w.Proc(3)
	m, other := w.Thread(100, p), w.Thread(101)
	g, next := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
	m.Running(g)
	m.Syscall(1_000, w.Stack("main.kept"))
	m.SyscallEnd(1_500)
	m.Syscall(2_000, w.Stack("main.lost"))
	other.Steal(2_500, p)
	other.StartP(2_600, p)
	other.Start(2_700, next)
	m.SyscallEndBlocked(3_000)
	m.StartP(3_200, q)
	m.Start(3_500, g)
	m.Syscall(4_000, w.Stack("main.again"))
	other.Unblock(4_100, w.Goroutine(9, wire.GoWaiting, 0), w.Stack("main.wake"))
	everyWay(t, w, map[detectors.GoID][]string{
		1: {
			"undetermined until it begins",
			"running until 1000 on P 0 at main.kept",
			"syscall until 1500 at main.kept",
			"running until 2000 on P 0 at main.lost",
			"syscall until 3000 at main.lost",
			"runnable until 3500 at main.lost",
			"running until 4000 on P 3 at main.again",
		},
		9: {
			"undetermined until it begins",
			"waiting until 4100, ended by 2's stay 2 at main.wake",
		},
	}, func(r *recollection) {
		_, now := lastStay(r.tl, 1)
		require.Equal(t, detectors.Syscall, now.State, r.name)
		var changes []ProcChange
		for _, c := range r.past.Procs {
			if c.At >= 2_000 {
				changes = append(changes, c)
			}
		}
		require.Contains(t, changes, ProcChange{2_500, 0, true}, r.name)
		require.Contains(t, changes, ProcChange{2_600, 0, false}, r.name)
		require.Contains(t, changes, ProcChange{3_200, 3, false}, r.name)
	})
}

// TestPastCgo: a goroutine that a thread of C was given, and the P that it leaves behind.
func TestPastCgo(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	p := w.Proc(0)
	m, other := w.Thread(100), w.Thread(101)
	w.Begin(500)
	g := m.CgoCall(1_000)
	m.StartP(1_100, p)
	m.SyscallEndBlocked(1_200)
	m.Start(1_300, g)
	m.Syscall(2_000, w.Stack("main.callback"))
	m.CgoReturn(2_500)
	other.Steal(4_000, p)
	other.StartP(5_000, p)
	everyWay(t, w, map[detectors.GoID][]string{
		detectors.GoID(g.ID()): {
			"not-exist until 1000", // nobody's goroutine created it
			"syscall until 1200",
			"runnable until 1300",
			"running until 2000 on P 0 at main.callback",
			"syscall until 2501 at main.callback", // after its P
		},
	}, func(r *recollection) {
		n := len(r.past.Procs)
		require.Equal(t, []ProcChange{{1_100, 0, false}, {2_500, 0, true}, {5_000, 0, false}}, r.past.Procs[n-3:], r.name)
	})
}

// TestPastLowerHalves: of two goroutines whose numbers have the same lower half, each has its own
// stays, and is led to by those whose waits it ended.
func TestPastLowerHalves(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, other := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	const upper = 1 << 32
	low, a, b := w.Goroutine(7, wire.GoRunnable, 0), w.Goroutine(8, wire.GoWaiting, 0), w.Goroutine(9, wire.GoWaiting, 0)
	high := w.Goroutine(upper+7, wire.GoRunnable, 0)
	m.Running(low)
	other.Start(1_000, high)
	m.Unblock(2_000, a, w.Stack("main.low"))
	other.Unblock(3_000, b, w.Stack("main.high"))
	m.Block(4_000, "sync", w.Stack("main.low"))
	other.Unblock(5_000, low, w.Stack("main.high"))
	everyWay(t, w, map[detectors.GoID][]string{
		7: {
			"undetermined until it begins",
			"running until 4000 (sync) on P 0 at main.low",
			"waiting until 5000 (sync) at main.low, ended by 7's stay 2 at main.high", // the other 7's
		},
		upper + 7: {"undetermined until it begins", "runnable until 1000"},
		8:         {"undetermined until it begins", "waiting until 2000, ended by 7's stay 1 at main.low"},
		9:         {"undetermined until it begins", "waiting until 3000, ended by 7's stay 2 at main.high"},
	}, func(r *recollection) {
		link := func(id detectors.GoID) StayID {
			last, _ := lastStay(r.tl, id)
			return r.past.At(last).Link
		}
		last, _ := lastStay(r.tl, upper+7)
		require.Equal(t, last, link(9), r.name)
		require.Equal(t, last, link(7), r.name)
		require.NotEqual(t, last, link(8), r.name)
	})
}

// TestPastPlacesAreUsedAgain: a goroutine has nothing of the one that was in its place.
func TestPastPlacesAreUsedAgain(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	first := w.Goroutine(1, wire.GoRunnable, 0)
	m.Start(1_000, first)
	m.STWBegin(1_100, "GOMAXPROCS", w.Stack("main.stop"))
	m.STWEnd(1_200)
	m.AssistBegin(1_300, w.Stack("main.alloc"))
	m.AssistEnd(1_400)
	m.End(2_000)
	second := m.Create(3_000, w.Stack("main.second"), 0) // by a timer
	m.Start(4_000, second)
	place := uint32(1 << 31)
	everyWay(t, w, map[detectors.GoID][]string{
		1: {
			"undetermined until it begins",
			"runnable until 1000",
			"running until 1100 on P 0 at main.stop",
			"running until 1200 on P 0 at main.stop, the world stopped",
			"running until 1300 on P 0 at main.alloc",
			"running until 1400 on P 0 at main.alloc, assisting",
			"running until 2000 on P 0 at main.alloc", // where it was last seen
		},
		2: {"not-exist until 3000 at main.second", "runnable until 4000"},
	}, func(r *recollection) { place = min(place, r.tl.gs.find(2).place) })
	require.Zero(t, place, "it is in another place, so this test is none")
}

// TestPastSplits: an assist and a stop of the world split a run. What the one at the split was stopped for
// before stands there too, as it does where a goroutine ends.
func TestPastSplits(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, other := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	g, waker := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
	m.Running(g)
	other.Running(waker)
	m.AssistBegin(1_000, w.Stack("main.alloc"))
	m.Block(1_500, "GC mark assist wait for work", w.Stack("main.parked"))
	other.Unblock(2_000, g, w.Stack("runtime.wake"))
	m.Start(2_500, g)
	m.AssistEnd(3_000)
	m.STWBegin(4_000, "GOMAXPROCS", w.Stack("main.stop"))
	m.STWEnd(4_500)
	m.Block(5_000, "sync", w.Stack("main.lock"))
	const why = " (GC mark assist wait for work)"
	everyWay(t, w, map[detectors.GoID][]string{1: {
		"undetermined until it begins",
		"running until 1000 on P 0 at main.alloc",
		"running until 1500" + why + " on P 0 at main.parked, assisting",
		"waiting until 2000" + why + " at main.parked, assisting, ended by 2's stay 1 at runtime.wake",
		"runnable until 2500" + why + " at main.parked, assisting",
		"running until 3000" + why + " on P 0 at main.alloc, assisting",
		"running until 4000" + why + " on P 0 at main.stop",
		"running until 4500" + why + " on P 0 at main.stop, the world stopped",
		"running until 5000 (sync) on P 0 at main.lock",
	}}, func(r *recollection) {
		require.Len(t, r.past.Stops, 1, r.name)
		s := r.past.Stops[0]
		require.Equal(t, "main.stop", r.code.Frames(s.Stack)[0].Func, r.name)
		s.Stack = 0
		require.Equal(t, Range{From: 4_000, To: 4_500}, s, r.name)
	})
}

// TestPastByNobody: what a timer and the network poller do leads to nobody.
func TestPastByNobody(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, sysmon := w.Thread(100, w.Proc(0)), w.Thread(101)
	g, polled := w.Goroutine(1, wire.GoWaiting, w.Stack("main.sleep")), w.Goroutine(2, wire.GoWaiting, 0)
	m.NetpollUnblock(1_000, g)
	made := m.Create(2_000, w.Stack("main.timer"), 0)
	sysmon.NetpollUnblock(3_000, polled)
	m.Start(4_000, g)
	byIt := m.Create(5_000, w.Stack("main.child"), w.Stack("main.sleep"))
	everyWay(t, w, map[detectors.GoID][]string{
		1:                         {"undetermined until it begins", "waiting until 1000", "runnable until 4000"},
		2:                         {"undetermined until it begins", "waiting until 3000"},
		detectors.GoID(made.ID()): {"not-exist until 2000 at main.timer"},
		detectors.GoID(byIt.ID()): {"not-exist until 5000 at main.child, ended by 1's stay 3 at main.sleep"},
	}, nil)
}

// TestPastSpans: a task that one goroutine begins and another one ends, regions in it, and what was not seen
// to begin or to end.
func TestPastSpans(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, other := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	g, worker := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
	m.Start(1_000, g)
	other.Start(1_100, worker)
	task := m.TaskBegin(2_000, 0, "request", w.Stack("main.handle"))
	sub := m.TaskBegin(2_100, task, "query", w.Stack("main.query"))
	m.RegionBegin(2_200, sub, "outer", w.Stack("main.outer"))
	m.RegionBegin(2_300, sub, "inner", w.Stack("main.inner"))
	m.RegionEnd(2_400, sub, "inner", w.Stack("main.inner"))
	m.Block(3_000, "chan receive", w.Stack("main.handle"))
	other.TaskEnd(4_000, task, w.Stack("main.worker"))
	other.RegionBegin(4_100, 0, "left open", w.Stack("main.worker"))
	other.Unblock(5_000, g, w.Stack("main.worker"))
	other.End(5_500)
	m.Start(6_000, g)
	m.RegionEnd(6_500, sub, "outer", w.Stack("main.outer"))
	everyWay(t, w, nil, func(r *recollection) {
		h := r.history(t)
		on := func(g uint32, n int) place { return place{life{g: g}, n} }
		stack := func(fn string) string {
			for _, s := range r.past.Spans {
				if f := r.code.Frames(s.Stack); f[0].Func == fn {
					return r.text(s.Stack)
				}
			}
			return ""
		}
		require.Len(t, h.spans, 3, r.name)
		begun := h.spans[1].BeginStack
		require.Contains(t, begun, "main.handle")
		require.Equal(t, []spanned{
			{Span: Span{Name: "inner", Region: true, Begin: 2_300, End: 2_400, BeganOn: 1, EndOn: 1, Near: 1}, Last: on(1, 2), Stack: stack("main.inner")},
			{Span: Span{Name: "request", Begin: 2_000, End: 4_000, BeganOn: 1, EndOn: 2, Near: 2}, First: on(1, 2), BeginStack: begun, Last: on(2, 2), Stack: stack("main.worker")},
			{Span: Span{Name: "outer", Region: true, Begin: 2_200, End: 6_500, BeganOn: 1, EndOn: 1, Near: 1}, Last: on(1, 5), Stack: stack("main.outer")},
		}, h.spans, r.name)
		require.EqualValues(t, 2_100, r.tl.OpenSince(), "%s: the query's task", r.name)
	})
}

// TestPastMarks: mark phases, and under how many requests they began.
func TestPastMarks(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, other := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	m.Running(w.Goroutine(1, wire.GoRunnable, 0))
	other.Running(w.Goroutine(2, wire.GoRunnable, 0))
	w.GCRunning()
	m.RegionBegin(1_000, 0, "a", 0)
	m.GCEnd(2_000)
	const slice = 5_000_000 // more than what threads go ahead
	m.RegionBegin(2_500, 0, "b", 0)
	other.RegionBegin(2_600, 0, "a", 0)
	m.GCBegin(slice, 0)
	m.GCEnd(slice + 1_000)
	task := m.TaskBegin(slice+2_000, 0, "t", 0)
	m.TaskBegin(slice+2_100, task, "t", 0)
	m.GCBegin(2*slice, 0)
	m.GCEnd(2*slice + 1_000)
	m.TaskEnd(2*slice+2_000, task, 0)
	m.GCBegin(3*slice, 0)
	everyWay(t, w, nil, func(r *recollection) {
		require.Equal(t, []Range{
			{From: r.past.Begin, To: 2_000, Load: r.past.Marks[0].Load}, // of its beginning nothing is known
			{From: slice, To: slice + 1_000, Load: 2},                   // goroutines in regions
			{From: 2 * slice, To: 2*slice + 1_000, Load: 1},             // tasks that have no parent
			{From: 3 * slice, Load: 0},                                  // the other goes on
		}, r.past.Marks, r.name)
	})
}

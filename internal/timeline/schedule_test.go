package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestSchedulingDelay: a goroutine is woken, created and preempted, and each time has to
// wait for the P. GoStart's duration is exactly that.
func TestSchedulingDelay(t *testing.T) {
	for _, v := range versions {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		m := w.Thread(100, w.Proc(3))
		poller := w.Thread(101)
		loop := w.Goroutine(1, wire.GoRunnable, 0)
		serve := w.Goroutine(2, wire.GoWaiting, w.Stack("main.serve"))
		listed := w.Goroutine(3, wire.GoRunnable, 0)
		m.Running(loop)

		poller.NetpollUnblock(1_000, serve)
		child := m.Create(2_000, w.Stack("main.child"), w.Stack("main.loop"))
		m.Preempt(10_000, w.Stack("main.loop"))
		m.Start(10_100, serve)
		m.Block(10_400, "network", w.Stack("main.serve"))
		m.Start(20_000, child)
		m.Yield(20_250, w.Stack("main.child"))
		m.Start(20_300, child)
		m.End(20_370)
		m.Start(30_000, loop)
		m.Block(30_001, "select", 0)
		m.Start(40_000, listed)
		r := readWorld(t, w)

		require.Equal(t, []int64{9_100}, durations(r.of(serve, detectors.GoStart)), "go1.%d", v)
		require.Equal(t, []int64{18_000, 50}, durations(r.of(child, detectors.GoStart)), "created, then yielded")
		require.Equal(t, []int64{20_000}, durations(r.of(loop, detectors.GoStart)), "preempted")
		require.Equal(t, []int64{-1}, durations(r.of(listed, detectors.GoStart)), "runnable since before the trace")

		require.Equal(t, []int64{300}, durations(r.of(serve, detectors.GoPark)), "how long it ran")
		require.Equal(t, []int64{250}, durations(r.of(child, detectors.GoYield)))
		require.Equal(t, []int64{70}, durations(r.of(child, detectors.GoEnd)))
		require.Equal(t, []int64{-1}, durations(r.of(loop, detectors.GoPreempt)), "ran since before the trace")
		require.Equal(t, []int64{-1}, durations(r.of(serve, detectors.GoUnpark)), "waited since before the trace")

		stop := r.one(t, loop, detectors.GoPreempt)
		require.Equal(t, detectors.ReasonPreempted, stop.Reason)
		require.Equal(t, "main.loop", r.top(stop.Stack))
		start := r.one(t, loop, detectors.GoStart)
		require.Equal(t, detectors.ReasonPreempted, start.Reason, "why it had stopped")
		require.Equal(t, "main.loop", r.top(start.Stack), "and where")
		require.Equal(t, detectors.ProcID(3), start.Proc)
		require.Equal(t, detectors.ProcID(3), start.G.LastP)
		require.Equal(t, detectors.ThreadID(100), start.Thread)
	}
}

// TestGoroutineLife follows what is known of one goroutine from its creation to its end.
func TestGoroutineLife(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	parent := w.Goroutine(1, wire.GoRunnable, 0)
	m.Running(parent)
	child := m.Create(2_000, w.Stack("main.child"), w.Stack("main.parent"))
	m.Block(3_000, "sync", w.Stack("main.parent"))
	m.Start(4_000, child)
	m.Block(5_000, "chan receive", w.Stack("runtime.chanrecv1", "main.child"))
	r := readWorld(t, w)

	created := r.one(t, child, detectors.GoCreate)
	require.Equal(t, detectors.NotExist, created.From)
	require.Equal(t, detectors.Runnable, created.To)
	require.Equal(t, detectors.GoID(1), created.By)
	require.Equal(t, "main.child", r.top(created.Stack))
	require.Equal(t, "main.parent", r.top(created.ByStack))

	g := r.one(t, child, detectors.GoPark).G
	require.Equal(t, detectors.GoID(2), g.ID)
	require.Equal(t, detectors.GoID(1), g.Parent)
	require.True(t, g.Born)
	require.EqualValues(t, 2_000, g.CreatedAt)
	require.Equal(t, detectors.Waiting, g.State)
	require.EqualValues(t, 5_000, g.Since)
	require.True(t, g.SinceKnown)
	require.Equal(t, detectors.ReasonChanReceive, g.Reason)
	require.Equal(t, "runtime.chanrecv1", r.top(g.Stack))
	require.Equal(t, "main.child", r.code.Site(g.Start).Func)
	require.Equal(t, "main.parent", r.top(g.Creator))

	require.Len(t, r.alive, 1)
	require.Len(t, r.alive[0], 2)

	require.False(t, r.one(t, parent, detectors.GoPark).G.Born, "it was there before")
}

// TestEndedGoroutine: an observer of the end still sees what ended.
func TestEndedGoroutine(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	g := w.Goroutine(70, wire.GoRunnable, w.Stack("main.f"))
	m.Start(1_000, g)
	m.End(3_000)
	r := readWorld(t, w)
	end := r.one(t, g, detectors.GoEnd)
	require.Equal(t, detectors.NotExist, end.G.State)
	require.Equal(t, detectors.Running, end.From)
	require.Equal(t, detectors.NotExist, end.To)
	require.EqualValues(t, 2_000, end.Duration)
	require.Empty(t, r.alive[0])
}

// TestCoroutineSwitch: the one that is switched to was woken, the other parks, the
// first starts, in this order and without a delay.
func TestCoroutineSwitch(t *testing.T) {
	for _, v := range []wire.Version{wire.Go123, wire.Go126} {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		m := w.Thread(100, w.Proc(0))
		main := w.Goroutine(1, wire.GoRunnable, 0)
		m.Start(1_000, main)
		co := m.CreateBlocked(2_000, w.Stack("iter.Pull"), w.Stack("main.main"))
		m.Switch(5_000, co)
		m.Switch(7_000, main)
		m.Switch(10_000, co)
		m.SwitchEnd(14_000, main)
		r := readWorld(t, w)

		created := r.one(t, co, detectors.GoCreate)
		require.Equal(t, detectors.Waiting, created.To)
		require.Equal(t, []int64{3_000, 2_999}, durations(r.of(co, detectors.GoUnpark)), "go1.%d: created, then switched away at 7,001", v)
		require.Equal(t, []int64{2, 2}, durations(r.of(co, detectors.GoStart)), "the time of the events in between")
		require.Equal(t, []int64{1_999}, durations(r.of(co, detectors.GoPark)))
		require.Equal(t, []int64{3_999}, durations(r.of(co, detectors.GoEnd)))
		require.Equal(t, []int64{4_001, 2_999}, durations(r.of(main, detectors.GoPark)))
		for _, o := range r.of(nil, detectors.GoUnpark) {
			require.False(t, o.FromTimer(), "somebody switched")
			require.Zero(t, o.ByStack)
		}
		for _, o := range r.of(nil, detectors.GoPark) {
			require.Equal(t, detectors.ReasonNone, o.Reason)
			require.Zero(t, o.Stack)
		}
		var kinds []detectors.Kind
		for _, o := range r.all {
			if o.Time >= 5_000 && o.Time < 6_000 {
				kinds = append(kinds, o.Kind)
			}
		}
		require.Equal(t, []detectors.Kind{detectors.GoUnpark, detectors.GoPark, detectors.GoStart}, kinds)
	}
}

// TestClocksThatDisagree: a goroutine starts, on a thread whose clock is behind, before
// it was made. The sequence numbers tell the order, and moments still increase.
func TestClocksThatDisagree(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, late := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	late.Skew(-3_000)
	m.Running(w.Goroutine(1, wire.GoRunnable, 0))
	g := m.Create(5_000, 0, 0)
	late.Start(6_000, g)
	r := readWorld(t, w)
	require.Equal(t, []int64{1}, durations(r.of(g, detectors.GoStart)))
	for i := 1; i < len(r.all); i++ {
		require.Greater(t, r.all[i].Time, r.all[i-1].Time)
	}
}

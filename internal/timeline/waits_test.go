package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestBlockTime: how long, on what, where and ended by whom.
func TestBlockTime(t *testing.T) {
	for _, test := range []struct {
		reason string
		want   detectors.Reason
		cause  detectors.Cause
	}{
		{"sync", detectors.ReasonSync, detectors.CauseLock},
		{"sync.(*Cond).Wait", detectors.ReasonCond, detectors.CauseLock},
		{"chan receive", detectors.ReasonChanReceive, detectors.CauseChanReceive},
		{"chan send", detectors.ReasonChanSend, detectors.CauseChanSend},
		{"select", detectors.ReasonSelect, detectors.CauseSelect},
		{"GC mark assist wait for work", detectors.ReasonAssist, detectors.CauseGC},
		{"a reason of the future", detectors.ReasonOther, detectors.CauseOther},
		{"", detectors.ReasonNone, detectors.CauseOther},
	} {
		w := tracegen.NewWorld(wire.Go126)
		w.ClockUnit(1)
		m, other := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
		g, waker := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
		m.Running(g)
		other.Running(waker)
		m.Block(1_000, test.reason, w.Stack("sync.runtime_SemacquireMutex", "main.wait"))
		other.Unblock(8_765, g, w.Stack("sync.(*Mutex).Unlock", "main.wake"))
		r := newHearing().read(w.Bytes()) // the reference keeps reasons as text, whatever they are
		require.NoError(t, r.err)

		o := r.one(t, g, detectors.GoUnpark)
		require.Equal(t, test.want, o.Reason, test.reason)
		require.Equal(t, test.cause, o.Reason.Cause(), test.reason)
		require.True(t, o.Known)
		require.EqualValues(t, 7_765, o.Duration)
		require.Equal(t, "sync.runtime_SemacquireMutex", r.top(o.Stack), "where it waited")
		require.Equal(t, detectors.GoID(2), o.By)
		require.Equal(t, "sync.(*Mutex).Unlock", r.top(o.ByStack), "where it was woken")
		require.Equal(t, detectors.ThreadID(101), o.Thread)
		require.Equal(t, detectors.ProcID(1), o.Proc)
		require.False(t, o.FromTimer())
	}
}

// TestTimers: what timers and the network poller wake or create has nobody's name on it.
func TestTimers(t *testing.T) {
	for _, v := range versions {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		m := w.Thread(100, w.Proc(0))
		sysmon := w.Thread(101)
		sleeper := w.Goroutine(1, wire.GoWaiting, 0)
		reader := w.Goroutine(2, wire.GoWaiting, 0)
		asked := w.Goroutine(3, wire.GoWaiting, 0)
		waker := w.Goroutine(4, wire.GoRunnable, 0)

		m.NetpollUnblock(1_000, sleeper)
		sysmon.NetpollUnblock(2_000, reader)
		after := m.Create(3_000, w.Stack("main.afterFunc"), 0)
		m.Start(4_000, waker)
		m.Unblock(5_000, asked, 0) // the stack may be missing: a goroutine did it all the same
		child := m.Create(6_000, w.Stack("main.child"), w.Stack("main.waker"))
		r := readWorld(t, w)

		require.True(t, r.one(t, sleeper, detectors.GoUnpark).FromTimer(), "go1.%d", v)
		require.True(t, r.one(t, reader, detectors.GoUnpark).FromTimer())
		require.True(t, r.one(t, after, detectors.GoCreate).FromTimer())
		require.Equal(t, detectors.NoGoroutine, r.one(t, after, detectors.GoCreate).G.Parent)
		require.False(t, r.one(t, asked, detectors.GoUnpark).FromTimer())
		require.False(t, r.one(t, child, detectors.GoCreate).FromTimer())
		require.Equal(t, detectors.GoID(waker.ID()), r.one(t, child, detectors.GoCreate).G.Parent)
		require.False(t, r.one(t, waker, detectors.GoStart).FromTimer(), "a start is nobody's doing anyway")
	}
}

// TestSyscalls: a short one, and one that loses its P.
func TestSyscalls(t *testing.T) {
	for _, v := range versions {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		p := w.Proc(0)
		m, thief := w.Thread(100, p), w.Thread(101)
		g, next := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
		m.Start(1_000, g)
		m.Syscall(2_000, w.Stack("syscall.read", "main.f"))
		m.SyscallEnd(2_500)
		m.Syscall(3_000, w.Stack("syscall.fsync", "main.f"))
		thief.Steal(4_000, p)
		thief.StartP(4_100, p)
		thief.Start(4_200, next)
		m.SyscallEndBlocked(9_000)
		thief.Block(9_500, "sync", 0)
		thief.Start(9_600, g)
		r := readWorld(t, w)

		require.Equal(t, []int64{1_000, 500}, durations(r.of(g, detectors.GoSyscall)), "go1.%d: it ran, call to call", v)
		ends := r.of(g, detectors.GoSyscallEnd)
		require.Equal(t, []int64{500, 6_000}, durations(ends))
		require.Equal(t, detectors.Running, ends[0].To)
		require.Equal(t, "syscall.read", r.top(ends[0].Stack))
		require.Equal(t, detectors.Runnable, ends[1].To, "its P is gone")
		require.Equal(t, "syscall.fsync", r.top(ends[1].Stack))
		require.Equal(t, detectors.NoProc, ends[1].Proc)
		require.Equal(t, []int64{-1, 600}, durations(r.of(g, detectors.GoStart)), "the wait for another P")

		var stolen []*seen
		for _, o := range r.of(nil, detectors.ProcChange) {
			if o.ProcFrom == detectors.ProcRunning && o.ProcTo == detectors.ProcIdle {
				stolen = append(stolen, o)
			}
		}
		require.Len(t, stolen, 1)
		require.Equal(t, detectors.ProcID(0), stolen[0].Subject)
		require.Equal(t, detectors.ThreadID(101), stolen[0].Thread)
		require.EqualValues(t, 4_000, stolen[0].Time)
	}
}

// TestCgo: a C thread that calls into Go has a goroutine meanwhile.
func TestCgo(t *testing.T) {
	for _, v := range versions {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		p := w.Proc(0)
		m, thief := w.Thread(100), w.Thread(101)
		g := m.CgoCall(1_000)
		m.StartP(2_000, p)
		m.SyscallEndBlocked(3_000)
		m.Start(4_000, g)
		m.Syscall(5_000, 0)
		m.CgoReturn(6_000)
		thief.Steal(7_000, p)
		again := m.CgoCall(8_000) // the same thread, another goroutine
		r := readWorld(t, w)

		require.Equal(t, detectors.Syscall, r.one(t, g, detectors.GoCreate).To, "go1.%d", v)
		require.False(t, r.one(t, g, detectors.GoCreate).FromTimer(), "C did it")
		require.Equal(t, []int64{2_000}, durations(r.of(g, detectors.GoSyscallEnd)))
		end := r.one(t, g, detectors.GoEnd)
		require.Equal(t, detectors.Syscall, end.From)
		require.EqualValues(t, 1_001, end.Duration, "the P goes idle first, at 6,000")
		require.Equal(t, detectors.Syscall, r.one(t, again, detectors.GoCreate).To)
		require.Len(t, r.alive[0], 1)
	}
}

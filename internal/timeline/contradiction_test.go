package timeline

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// ev is an event of a thread; a trace of them has one every 10 ns.
type ev struct {
	thread uint64
	typ    wire.EventType
	args   []uint64
}

func on(thread uint64, typ wire.EventType, args ...uint64) ev { return ev{thread, typ, args} }

// Statuses, as arguments.
const (
	goRunnable = uint64(wire.GoRunnable)
	goRunning  = uint64(wire.GoRunning)
	goSyscall  = uint64(wire.GoSyscall)
	goWaiting  = uint64(wire.GoWaiting)

	procRunning   = uint64(wire.ProcRunning)
	procIdle      = uint64(wire.ProcIdle)
	procSyscall   = uint64(wire.ProcSyscall)
	procAbandoned = uint64(wire.ProcSyscallAbandoned)
)

// running lists P 0 with thread 1, and goroutine 1 running there.
var running = []ev{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoStatus, 1, 1, goRunning)}

// calling is that in a system call.
var calling = []ev{on(1, wire.EvProcStatus, 0, procSyscall), on(1, wire.EvGoStatus, 1, 1, goSyscall)}

// write writes generations, numbered from 1, of the events told.
func write(generations ...[]ev) []byte {
	tr := tracegen.New(wire.Go126)
	at := uint64(1_000)
	for i, events := range generations {
		g := tr.Generation(uint64(i + 1))
		g.Sync(1e9, tracegen.Snapshot{Time: at})
		batches := make(map[uint64]*tracegen.Batch)
		last := make(map[uint64]uint64)
		for _, e := range events {
			at += 10
			b := batches[e.thread]
			if b == nil {
				b = g.Batch(e.thread, at)
				batches[e.thread], last[e.thread] = b, at
			}
			b.Event(e.typ, at-last[e.thread], e.args...)
			last[e.thread] = at
		}
	}
	return tr.Bytes()
}

// then is a few lists one after another.
func then(lists ...[]ev) []ev {
	var all []ev
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// TestContradictions: what cannot be true is an error that says which event of which
// generation, and the reference does not take it either.
func TestContradictions(t *testing.T) {
	no := wire.NoThread
	for _, test := range []struct {
		says        string
		generations [][]ev
	}{
		// Statuses.
		{"goroutine 1 in status 5", [][]ev{{on(1, wire.EvGoStatus, 1, 1, 5)}}},
		{"goroutine 1 in status 1000", [][]ev{{on(1, wire.EvGoStatus, 1, 1, 1000)}}},
		{"goroutine 1 is listed as waiting, but was running", [][]ev{then(running, []ev{on(no, wire.EvGoStatus, 1, no, goWaiting)})}},
		{"goroutine 9 is listed, but was never created", [][]ev{running, {on(no, wire.EvGoStatus, 9, no, goWaiting)}}},
		{"goroutine 1 is in a system call on no thread", [][]ev{{on(no, wire.EvGoStatus, 1, no, goSyscall)}}},
		{"goroutine 1 is in a system call on thread 2, which runs goroutine 2", [][]ev{then(calling, []ev{on(2, wire.EvGoStatus, 2, 2, goSyscall), on(no, wire.EvGoStatus, 1, 2, goSyscall)})}},
		{"goroutine 1 is in a system call on thread 2, which runs goroutine 0", [][]ev{calling, {on(2, wire.EvGoStatus, 1, 2, goSyscall)}}},
		{"P 0 in status 300", [][]ev{{on(1, wire.EvProcStatus, 0, 300)}}},
		{"P 0 is listed as idle, but was running", [][]ev{then(running, []ev{on(2, wire.EvProcStatus, 0, procIdle)})}},
		{"P 0 is about to be stolen from a thread that is not known", [][]ev{{on(1, wire.EvProcStatus, 0, procSyscall), on(1, wire.EvProcStatus, 1, procRunning), on(2, wire.EvProcStatus, 0, procAbandoned)}}},

		// Goroutines.
		{"goroutine 1 is created, but exists already", [][]ev{then(running, []ev{on(1, wire.EvGoCreate, 1, 0, 0)})}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvGoCreate, 1, 0, 0)}}},
		{"it is on no thread", [][]ev{{on(no, wire.EvGoCreate, 1, 0, 0)}}},
		{"goroutine 1 creates one while it is not running", [][]ev{then(calling, []ev{on(1, wire.EvGoCreate, 2, 0, 0)})}},
		{"thread 1 already runs a goroutine", [][]ev{then(running, []ev{on(no, wire.EvGoStatus, 2, no, goRunnable), on(1, wire.EvGoStart, 2, 1)})}},
		{"thread 2 has no P", [][]ev{{on(no, wire.EvGoStatus, 2, no, goRunnable), on(2, wire.EvGoStart, 2, 1)}}},
		{"the earliest is GoStart", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoStart, 2, 1)}}},
		{"the earliest is GoStart", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoStatus, 2, 1, goWaiting), on(1, wire.EvGoStart, 2, 1)}}},
		{"the earliest is GoStart", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoStatus, 2, 1, goRunnable), on(1, wire.EvGoStart, 2, 2)}}},
		{"the earliest is GoUnblock", [][]ev{then(running, []ev{on(1, wire.EvGoUnblock, 2, 1, 0)})}},
		{"thread 1 runs no goroutine", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoBlock, 0, 0)}}},
		{"goroutine 1 is not in the state", [][]ev{then(calling, []ev{on(1, wire.EvGoBlock, 0, 0)})}},
		{"goroutine 1 is not in the state", [][]ev{then(calling, []ev{on(1, wire.EvGoDestroy)})}},
		{"the earliest is GoSwitch", [][]ev{then(running, []ev{on(1, wire.EvGoSwitch, 2, 1)})}},
		{"thread 1 runs no goroutine", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoSwitch, 2, 1)}}},
		{"goroutine 1 is not in the state", [][]ev{then(calling, []ev{on(1, wire.EvGoSwitchDestroy, 2, 1)})}},

		// System calls.
		{"P 0's events are out of sequence: 7 after 0", [][]ev{then(running, []ev{on(1, wire.EvGoSyscallBegin, 7, 0)})}},
		{"goroutine 1 is not in the state", [][]ev{then(calling, []ev{on(1, wire.EvGoSyscallBegin, 1, 0)})}},
		{"goroutine 1 is not in the state", [][]ev{then(running, []ev{on(1, wire.EvGoSyscallEnd)})}},
		{"the earliest is GoSyscallEndBlocked", [][]ev{then(calling, []ev{on(1, wire.EvGoSyscallEndBlocked)})}},
		{"thread 1 runs no goroutine", [][]ev{{on(1, wire.EvGoSyscallEndBlocked)}}},
		{"goroutine 1 is not in the state", [][]ev{then(running, []ev{on(1, wire.EvGoSyscallEndBlocked)})}},
		{"thread 1 already runs a goroutine", [][]ev{then(calling, []ev{on(1, wire.EvGoCreateSyscall, 2)})}},
		{"goroutine 1 is created, but exists already", [][]ev{then(calling, []ev{on(2, wire.EvGoCreateSyscall, 1)})}},
		{"thread 1 runs no goroutine", [][]ev{{on(1, wire.EvGoDestroySyscall)}}},
		{"goroutine 1 is not in the state", [][]ev{then(running, []ev{on(1, wire.EvGoDestroySyscall)})}},
		{"P 0 is not in a system call", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoStatus, 1, 1, goSyscall), on(1, wire.EvGoDestroySyscall)}}},
		{"P 0 is not in a system call", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGoStatus, 1, 1, goSyscall), on(1, wire.EvGoSyscallEnd)}}},

		// Ps.
		{"the earliest is ProcStart", [][]ev{{on(1, wire.EvProcStart, 0, 1)}}},
		{"the earliest is ProcStart", [][]ev{then(running, []ev{on(2, wire.EvProcStart, 0, 1)})}},
		{"the earliest is ProcStart", [][]ev{then(running, []ev{on(2, wire.EvProcStatus, 1, procIdle), on(1, wire.EvProcStart, 1, 1)})}},
		{"thread 1 has no P to stop", [][]ev{{on(1, wire.EvProcStop)}}},
		{"the earliest is ProcSteal", [][]ev{then(running, []ev{on(2, wire.EvProcSteal, 0, 1, 1)})}},
		{"P 0 is stolen from thread 7, which does not exist", [][]ev{then(calling, []ev{on(2, wire.EvProcSteal, 0, 1, 7)})}},
		{"P 0 is stolen from thread 2, which has P -1", [][]ev{then(calling, []ev{on(2, wire.EvProcSteal, 0, 1, 2)})}},

		// Ranges.
		{"GCBegin at 1040: it begins while it is running", [][]ev{then(running, []ev{on(1, wire.EvGCActive, 1), on(1, wire.EvGCBegin, 2, 0)})}},
		{"GCEnd at 1050: it is not running", [][]ev{then(running, []ev{on(1, wire.EvGCActive, 1), on(1, wire.EvGCEnd, 2), on(1, wire.EvGCEnd, 3)})}},
		{"it is listed as running, but began or ended here before", [][]ev{then(running, []ev{on(1, wire.EvGCBegin, 1, 0), on(1, wire.EvGCActive, 2)})}},
		{"the earliest is GCEnd", [][]ev{then(running, []ev{on(1, wire.EvGCActive, 1), on(1, wire.EvGCEnd, 5)})}},
		{"GCSweepBegin at 1040: it begins while it is going on", [][]ev{then(running, []ev{on(1, wire.EvGCSweepBegin, 0), on(1, wire.EvGCSweepBegin, 0)})}},
		{"GCSweepEnd at 1030: it ends, but never began", [][]ev{then(running, []ev{on(1, wire.EvGCSweepEnd, 0, 0)})}},
		{"GCSweepActive at 1040: it is listed as going on, but has begun here", [][]ev{then(running, []ev{on(1, wire.EvGCSweepActive, 0), on(1, wire.EvGCSweepActive, 0)})}},
		{"it is listed as going on, but never began", [][]ev{running, then(running, []ev{on(1, wire.EvGCSweepActive, 0)})}},
		{"P 9 is not known", [][]ev{{on(1, wire.EvGCSweepActive, 9)}}},
		{"goroutine 9 is not known", [][]ev{{on(1, wire.EvGCMarkAssistActive, 9)}}},
		{"GCMarkAssistEnd at 1030: it ends, but never began", [][]ev{then(running, []ev{on(1, wire.EvGCMarkAssistEnd)})}},
		{"GCMarkAssistBegin at 1040: it begins while it is going on", [][]ev{then(running, []ev{on(1, wire.EvGCMarkAssistBegin, 0), on(1, wire.EvGCMarkAssistBegin, 0)})}},
		{"thread 1 runs no goroutine", [][]ev{{on(1, wire.EvProcStatus, 0, procRunning), on(1, wire.EvGCMarkAssistBegin, 0)}}},
		{"STWEnd at 1030: it ends, but never began", [][]ev{then(running, []ev{on(1, wire.EvSTWEnd)})}},
		{"STWBegin at 1040: it begins while it is going on", [][]ev{then(running, []ev{on(1, wire.EvSTWBegin, 0, 0), on(1, wire.EvSTWBegin, 0, 0)})}},

		// The rest.
		{"thread 1 has no P", [][]ev{{on(1, wire.EvHeapAlloc, 1)}}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvProcsChange, 1, 0)}}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvGoLabel, 0)}}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvUserLog, 0, 0, 0, 0)}}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvUserTaskBegin, 1, 0, 0, 0)}}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvUserTaskEnd, 1, 0)}}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvUserRegionBegin, 1, 0, 0)}}},
		{"thread 1 has no P", [][]ev{{on(1, wire.EvUserRegionEnd, 1, 0, 0)}}},
		{"task 3 begins a second time", [][]ev{then(running, []ev{on(1, wire.EvUserTaskBegin, 3, 0, 0, 0), on(1, wire.EvUserTaskBegin, 3, 0, 0, 0)})}},
		{`region "" of goroutine 1 ends inside region ""`, [][]ev{then(running, []ev{on(1, wire.EvUserRegionBegin, 3, 0, 0), on(1, wire.EvUserRegionEnd, 4, 0, 0)})}},
		{"it is on no thread", [][]ev{{on(no, wire.EvSpanFree, 1)}}},
	} {
		t.Run(test.says, func(t *testing.T) {
			data := write(test.generations...)
			r := newHearing().read(data)
			require.ErrorContains(t, r.err, test.says)
			var e *wire.Error
			require.ErrorAs(t, r.err, &e)
			require.EqualValues(t, len(test.generations), e.Generation)
			_, err := skeletons(data, readReference)
			require.Error(t, err)

			// The loop of fast takes an event only if there is room behind it.
			last := len(test.generations) - 1
			at := test.generations[last][len(test.generations[last])-1].thread
			test.generations[last] = then(test.generations[last], slices.Repeat([]ev{on(at, wire.EvHeapAlloc, 1)}, wire.Room))
			data = write(test.generations...)
			for _, way := range []func(*Timeline){func(*Timeline) {}, (*Timeline).ByTime, (*Timeline).Exact} {
				r := &hearing{code: detectors.NewCode()}
				r.tl = New(r.code, nil)
				way(r.tl)
				require.ErrorContains(t, r.read(data).err, test.says)
			}
		})
	}
}

// TestNoThread: what is said of no thread leaves it with nothing, in whichever way it is read.
func TestNoThread(t *testing.T) {
	no := wire.NoThread
	data := write([]ev{
		on(no, wire.EvGoStatus, 1, no, goRunning), on(no, wire.EvGoStatus, 2, no, goWaiting),
		on(no, wire.EvProcStatus, 0, procRunning),
		on(no, wire.EvGoUnblock, 2, 1, 0), // by nobody
		on(no, wire.EvGoStatus, 3, no, goWaiting), on(no, wire.EvGoStatus, 4, no, goWaiting), on(no, wire.EvGoStatus, 5, no, goWaiting),
	})
	for _, slowly := range []bool{false, true} {
		var woken []detectors.Observation
		tl := New(detectors.NewCode(), []Observer{{
			Observes: detectors.Set(detectors.GoUnpark),
			Observe:  func(o *detectors.Observation) { woken = append(woken, *o) },
		}})
		tl.slowly = slowly
		r := &hearing{code: tl.code, tl: tl}
		require.NoError(t, r.read(data).err)
		require.Len(t, woken, 1)
		require.Equal(t, detectors.NoGoroutine, woken[0].By)
		require.Equal(t, detectors.NoProc, woken[0].Proc)
		require.Zero(t, tl.nothing.gid)
	}
}

// TestStricter: numbers that are errors for this module only.
func TestStricter(t *testing.T) {
	for says, events := range map[string][]ev{
		"goroutine 1 in status 0":                   {on(1, wire.EvGoStatus, 1, 1, 0)},
		"P 0 in status 0":                           {on(1, wire.EvProcStatus, 0, 0)},
		"a goroutine of number 0":                   {on(1, wire.EvGoStatus, 0, 1, goWaiting)},
		"a P of number 65536":                       {on(1, wire.EvProcStatus, limits.Procs, procIdle)},
		"a P of number 18446744073709551615":        {on(1, wire.EvProcStatus, 1<<64-1, procIdle)},
		"a goroutine of number 9223372036854775808": {on(1, wire.EvGoStatus, 1<<63, 1, goWaiting)},
	} {
		r := newHearing().read(write(events))
		require.ErrorContains(t, r.err, says)
	}
}

// TestAfterAnError: what was told stands, the rest of the generation is lost, and the
// next one starts from nothing.
func TestAfterAnError(t *testing.T) {
	wait := []ev{on(1, wire.EvGoBlock, 0, 0)}
	data := write(
		then(running, []ev{on(wire.NoThread, wire.EvGoStatus, 2, wire.NoThread, goWaiting)}),
		then(running, wait, []ev{on(1, wire.EvGoBlock, 0, 0), on(1, wire.EvProcStop)}),
		then([]ev{on(2, wire.EvProcStatus, 0, procRunning), on(2, wire.EvGoStatus, 5, 2, goRunning)}),
	)
	r := newHearing().read(data)
	require.ErrorContains(t, r.err, "generation 2: its events contradict each other: GoBlock at 1070: thread 1 runs no goroutine")
	require.Len(t, r.windows, 3)
	require.True(t, r.windows[2].Fresh)
	require.Len(t, r.of(nil, detectors.GoPark), 1)
	require.Len(t, r.alive[0], 2)
	require.Empty(t, r.alive[1])
	require.Len(t, r.alive[2], 1)
	require.EqualValues(t, 5, r.alive[2][0].ID)
	require.Greater(t, r.windows[2].Start, r.windows[1].Start)
}

// TestBrokenBatch: what is not an event is an error when its turn comes, not before.
func TestBrokenBatch(t *testing.T) {
	tr := tracegen.New(wire.Go126)
	g := tr.Generation(4)
	g.Sync(1e9, tracegen.Snapshot{Time: 1})
	b := g.Batch(1, 10)
	b.Event(wire.EvProcStatus, 1, 0, procRunning)
	b.Event(wire.EvProcStop, 1)
	b.Raw(99)
	r := newHearing().read(tr.Bytes())
	require.ErrorContains(t, r.err, "trace broken at byte 16, generation 4")
	require.ErrorContains(t, r.err, "Invalid (99) among thread 1's events")
	require.Len(t, r.of(nil, detectors.ProcChange), 2, "what came before it stands")

	tr = tracegen.New(wire.Go126)
	g = tr.Generation(4)
	g.Sync(1e9, tracegen.Snapshot{Time: 1})
	g.Batch(1, 10).Raw(99)
	r = newHearing().read(tr.Bytes())
	require.ErrorContains(t, r.err, "Invalid (99) among thread 1's events")
}

// TestMissingTexts: references that lead nowhere are counted, and are no error.
func TestMissingTexts(t *testing.T) {
	r := newHearing().read(write(then(running, []ev{
		on(1, wire.EvUserLog, 0, 77, 0, 0),
		on(1, wire.EvGoStop, 400, 1<<40),
		on(1, wire.EvGoStart, 1, 1),
		on(1, wire.EvGoBlock, 400, 1<<40),
	})))
	require.NoError(t, r.err)
	stop := r.of(nil, detectors.GoYield)[0]
	require.Zero(t, stop.Stack)
	references, dropped := r.tl.Unknown()
	require.EqualValues(t, 5, references, "a text, and a reason and a stack twice")
	require.Zero(t, dropped)
}

// TestBounds: what programs may have without end is not followed without end.
func TestBounds(t *testing.T) {
	var events []ev
	for range limits.Regions + 10 {
		events = append(events, on(1, wire.EvUserRegionBegin, 1, 0, 0))
	}
	for range limits.Regions + 10 {
		events = append(events, on(1, wire.EvUserRegionEnd, 1, 0, 0))
	}
	r := newHearing().read(write(then(running, events)))
	require.NoError(t, r.err)
	_, dropped := r.tl.Unknown()
	require.EqualValues(t, 10, dropped)
	known := 0
	for _, o := range r.of(nil, detectors.RegionEnd) {
		if o.Known {
			known++
		}
	}
	require.Equal(t, limits.Regions, known)
}

// TestThreadsAreForgotten: a thread that has nothing is no longer known once there are
// many of those. One that is in a system call is.
func TestThreadsAreForgotten(t *testing.T) {
	var events []ev
	for i := range uint64(3_000) {
		events = append(events, on(10+i, wire.EvGoStatus, 10+i, wire.NoThread, goWaiting))
	}
	r := newHearing().read(write(then(calling, events), calling, calling))
	require.NoError(t, r.err)
	require.Len(t, r.tl.threads, 1)
	require.EqualValues(t, 1, r.tl.threads[1].gid)
}

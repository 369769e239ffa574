package tracegen

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestMisusePanics makes mistakes in a world where thread 100 runs goroutine 1
// on P 0, thread 101 has nothing, and goroutine 2 waits.
func TestMisusePanics(t *testing.T) {
	type scene struct {
		w       *World
		m, free *Thread
		p       *Proc
		waiting *Goroutine
	}
	for _, test := range []struct {
		want string
		do   func(scene)
	}{
		{"tracegen: at 50 ns: Start: thread 100: it has goroutine 1", func(s scene) { s.m.Start(50, s.waiting) }},
		{"Start: thread 101: it has no running P", func(s scene) { s.free.Start(50, s.waiting) }},
		{"Start: thread 100: goroutine 2 is waiting, not runnable", func(s scene) { s.m.Block(50, "", 0); s.m.Start(50, s.waiting) }},
		{"Block: thread 101: it runs no goroutine", func(s scene) { s.free.Block(50, "", 0) }},
		{"Unblock: thread 100: goroutine 2 is runnable, not waiting", func(s scene) { s.m.Unblock(50, s.waiting, 0); s.m.Unblock(50, s.waiting, 0) }},
		{"NetpollUnblock: thread 100: it has goroutine 1", func(s scene) { s.m.NetpollUnblock(50, s.waiting) }},
		{"10 ns is before the latest moment", func(s scene) { s.m.Label(50, "x"); s.m.Label(10, "x") }},
		{"StartP: thread 101: P 0 is not idle", func(s scene) { s.free.StartP(50, s.p) }},
		{"Steal: thread 101: P 0 is not in a syscall", func(s scene) { s.free.Steal(50, s.p) }},
		{"StopP: thread 100: it is not in a syscall", func(s scene) { s.m.StopP(50) }},
		{"SyscallEnd: thread 100: it is not in a syscall", func(s scene) { s.m.SyscallEnd(50) }},
		{"SyscallEnd: thread 100: its P is gone", func(s scene) { s.m.Syscall(50, 0); s.free.Steal(50, s.p); s.m.SyscallEnd(50) }},
		{"SyscallEndBlocked: thread 100: nobody took its P 0", func(s scene) { s.m.Syscall(50, 0); s.m.SyscallEndBlocked(50) }},
		{"CgoCall: thread 100: it has goroutine 1", func(s scene) { s.m.CgoCall(50) }},
		{"End: goroutine 1 ends while it assists", func(s scene) { s.m.AssistBegin(50, 0); s.m.End(50) }},
		{"AssistEnd: thread 100: goroutine 1 is not assisting", func(s scene) { s.m.AssistEnd(50) }},
		{"SweepEnd: thread 100: P 0 is not sweeping", func(s scene) { s.m.SweepEnd(50, 0, 0) }},
		{"GCEnd: thread 100: no GC is running", func(s scene) { s.m.GCEnd(50) }},
		{"STWBegin: thread 100: goroutine 1 has stopped the world", func(s scene) { s.m.STWBegin(50, "", 0); s.m.STWBegin(50, "", 0) }},
		{"NextGeneration: goroutine 1 has stopped the world", func(s scene) { s.m.STWBegin(50, "", 0); s.w.NextGeneration(50) }},
		{`RegionEnd: thread 100: region "b" of task 0 is not the innermost`, func(s scene) { s.m.RegionBegin(50, 0, "a", 0); s.m.RegionEnd(50, 0, "b", 0) }},
		{"Switch: is of Go 1.23, and this trace is of Go 1.22", func(s scene) { s.m.Switch(50, s.waiting) }},
		{"AllocFree: is of Go 1.23", func(s scene) { s.m.AllocFree(50, wire.EvSpanFree, 1) }},
		{"Distinct: the trace has begun", func(s scene) { s.m.Label(50, ""); s.w.Distinct() }},
		{"Skew: thread 101: times that all differ are times of one clock", func(s scene) { s.w.Distinct(); s.free.Skew(1) }},
		{"Distinct: thread 101 has a clock of its own", func(s scene) { s.free.Skew(1); s.w.Distinct() }},
		{"Close: the trace goes nowhere", func(s scene) { _ = s.w.Close() }},
		{"Bytes: the trace goes to a writer", func(s scene) { s.w.To(io.Discard); s.w.Bytes() }},
		{"Skew: the trace has begun", func(s scene) { s.m.Label(50, ""); s.m.Skew(1) }},
		{"Proc: there is a P 0", func(s scene) { s.w.Proc(0) }},
		{"Thread: there is a thread 100", func(s scene) { s.w.Thread(100) }},
		{"goroutine 2 after goroutine 2", func(s scene) { s.w.Goroutine(2, wire.GoWaiting, 0) }},
		{"Bytes: the trace has ended", func(s scene) { s.w.Bytes(); s.w.Bytes() }},
	} {
		w := NewWorld(wire.Go122)
		s := scene{w: w, p: w.Proc(0)}
		s.m, s.free = w.Thread(100, s.p), w.Thread(101)
		s.m.Running(w.Goroutine(1, wire.GoRunnable, 0))
		s.waiting = w.Goroutine(2, wire.GoWaiting, 0)
		if got := panicOf(func() { test.do(s) }); !strings.Contains(got, test.want) {
			t.Errorf("panic %q, want %q", got, test.want)
		}
	}
}

func panicOf(f func()) (message string) {
	defer func() {
		if p := recover(); p != nil {
			message = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

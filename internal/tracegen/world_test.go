package tracegen

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// describe puts an event in a line: when, what, and by whom.
func describe(e trace.Event) string {
	what := e.Kind().String()
	switch e.Kind() {
	case trace.EventStateTransition:
		what = describeTransition(e.StateTransition())
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		what += " " + e.Range().Name
	case trace.EventMetric:
		what += fmt.Sprintf(" %s=%d", e.Metric().Name, e.Metric().Value.Uint64())
	case trace.EventLabel:
		what += " " + e.Label().Label
	case trace.EventTaskBegin, trace.EventTaskEnd:
		what += fmt.Sprintf(" %d<%d %s", e.Task().ID, int64(e.Task().Parent), e.Task().Type)
	case trace.EventRegionBegin, trace.EventRegionEnd:
		what += fmt.Sprintf(" %d %s", e.Region().Task, e.Region().Type)
	case trace.EventLog:
		what += fmt.Sprintf(" %d %s=%s", e.Log().Task, e.Log().Category, e.Log().Message)
	}
	return fmt.Sprintf("%d %s by m%d p%d g%d%s", e.Time(), what, e.Thread(), e.Proc(), e.Goroutine(), top(e.Stack()))
}

func describeTransition(tr trace.StateTransition) string {
	if tr.Resource.Kind == trace.ResourceProc {
		from, to := tr.Proc()
		return fmt.Sprintf("P%d %s>%s", tr.Resource.Proc(), from, to)
	}
	from, to := tr.Goroutine()
	s := fmt.Sprintf("G%d %s>%s", tr.Resource.Goroutine(), from, to)
	if tr.Reason != "" {
		s += " " + tr.Reason
	}
	return s + top(tr.Stack)
}

func top(s trace.Stack) string {
	for f := range s.Frames() {
		return " at " + f.Func
	}
	return ""
}

// checkWorld compares all events but syncs with the wanted lines.
func checkWorld(t *testing.T, w *World, want string) {
	t.Helper()
	var got []string
	for _, e := range checkReference(t, w.Bytes()) {
		if e.Kind() != trace.EventSync {
			got = append(got, describe(e))
		}
	}
	lines := strings.FieldsFunc(want, func(r rune) bool { return r == '\n' })
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	if lines = slices.DeleteFunc(lines, func(s string) bool { return s == "" }); !slices.Equal(got, lines) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(lines, "\n"))
	}
}

func TestSchedulerWorld(t *testing.T) {
	for _, v := range versions {
		w := NewWorld(v)
		w.ClockUnit(1)
		m := w.Thread(100, w.Proc(0))
		main := w.Goroutine(1, wire.GoRunnable, w.Stack("main.main"))
		m.Running(main)

		worker := m.Create(1000, w.Stack("main.work"), w.Stack("main.main"))
		m.Block(2000, "chan receive", w.Stack("runtime.chanrecv1", "main.main"))
		m.Start(3000, worker)
		m.Unblock(4000, main, w.Stack("main.work"))
		m.Preempt(5000, w.Stack("main.loop"))
		m.Start(6000, main)
		m.Yield(7000, 0)
		m.Start(8000, worker)
		m.End(9000)
		checkWorld(t, w, `
			998 P0 Undetermined>Running by m100 p-1 g-1
			999 G1 Undetermined>Running by m100 p0 g-1
			1000 G2 NotExist>Runnable at main.work by m100 p0 g1 at main.main
			2000 G1 Running>Waiting chan receive at runtime.chanrecv1 by m100 p0 g1 at runtime.chanrecv1
			3000 G2 Runnable>Running by m100 p0 g-1
			4000 G1 Waiting>Runnable by m100 p0 g2 at main.work
			5000 G2 Running>Runnable preempted at main.loop by m100 p0 g2 at main.loop
			6000 G1 Runnable>Running by m100 p0 g-1
			7000 G1 Running>Runnable runtime.Gosched by m100 p0 g1
			8000 G2 Runnable>Running by m100 p0 g-1
			9000 G2 Running>NotExist by m100 p0 g2`)
	}
}

func TestNetpollWorld(t *testing.T) {
	w := NewWorld(wire.Go126) // with the default clock: 64 ns
	p := w.Proc(3)
	m := w.Thread(100)
	g := w.Goroutine(7, wire.GoWaiting, w.Stack("main.serve"))
	m.StartP(64_000, p)
	m.NetpollUnblock(128_000, g)
	m.Start(192_063, g)
	m.Block(256_000, "network", 0)
	m.StopP(256_000)
	checkWorld(t, w, `
		63936 P3 Undetermined>Idle by m100 p-1 g-1
		64000 P3 Idle>Running by m100 p-1 g-1
		127936 G7 Undetermined>Waiting by m100 p3 g-1
		128000 G7 Waiting>Runnable by m100 p3 g-1
		192000 G7 Runnable>Running by m100 p3 g-1
		256000 G7 Running>Waiting network by m100 p3 g7
		256001 P3 Running>Idle by m100 p3 g-1`)
}

func TestSyscallWorld(t *testing.T) {
	w := NewWorld(wire.Go122)
	w.ClockUnit(1)
	p := w.Proc(0)
	m, sysmon := w.Thread(100, p), w.Thread(101)
	g := w.Goroutine(1, wire.GoRunnable, 0)
	m.Start(1000, g)
	m.Syscall(2000, w.Stack("syscall.read"))
	m.SyscallEnd(3000)
	m.Syscall(4000, 0)
	sysmon.Steal(5000, p)
	m.StartP(6000, p)
	m.SyscallEndBlocked(7000)
	m.Start(8000, g)
	checkWorld(t, w, `
		998 P0 Undetermined>Running by m100 p-1 g-1
		999 G1 Undetermined>Runnable by m100 p0 g-1
		1000 G1 Runnable>Running by m100 p0 g-1
		2000 G1 Running>Syscall at syscall.read by m100 p0 g1 at syscall.read
		3000 G1 Syscall>Running by m100 p0 g1
		4000 G1 Running>Syscall by m100 p0 g1
		5000 P0 Running>Idle by m101 p-1 g-1
		6000 P0 Idle>Running by m100 p-1 g1
		7000 G1 Syscall>Runnable by m100 p0 g1
		8000 G1 Runnable>Running by m100 p0 g-1`)
}

func TestCgoWorld(t *testing.T) {
	w := NewWorld(wire.Go126)
	w.ClockUnit(1)
	p := w.Proc(0)
	m := w.Thread(100)
	g := m.CgoCall(1000)
	m.StartP(2000, p)
	m.SyscallEndBlocked(3000)
	m.Start(4000, g)
	m.Syscall(5000, 0)
	m.CgoReturn(6000)
	m.Steal(7000, p)
	checkWorld(t, w, `
		1000 G1 NotExist>Syscall by m100 p-1 g-1
		1999 P0 Undetermined>Idle by m100 p-1 g1
		2000 P0 Idle>Running by m100 p-1 g1
		3000 G1 Syscall>Runnable by m100 p0 g1
		4000 G1 Runnable>Running by m100 p0 g-1
		5000 G1 Running>Syscall by m100 p0 g1
		6000 P0 Running>Idle by m100 p0 g1
		6001 G1 Syscall>NotExist by m100 p0 g1
		7000 P0 Idle>Idle by m100 p-1 g-1`)
}

func TestCoroutineWorld(t *testing.T) {
	w := NewWorld(wire.Go123)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	main := w.Goroutine(1, wire.GoRunnable, 0)
	m.Start(1000, main)
	c := m.CreateBlocked(2000, w.Stack("iter.Pull"), 0)
	m.Switch(3000, c)
	m.SwitchEnd(4000, main)
	checkWorld(t, w, `
		998 P0 Undetermined>Running by m100 p-1 g-1
		999 G1 Undetermined>Runnable by m100 p0 g-1
		1000 G1 Runnable>Running by m100 p0 g-1
		2000 G2 NotExist>Waiting at iter.Pull by m100 p0 g1
		3000 G2 Waiting>Runnable by m100 p0 g1
		3001 G1 Running>Waiting by m100 p0 g1
		3002 G2 Runnable>Running by m100 p0 g-1
		4000 G1 Waiting>Runnable by m100 p0 g2
		4001 G2 Running>NotExist by m100 p0 g2
		4002 G1 Runnable>Running by m100 p0 g-1`)
}

func TestGCWorld(t *testing.T) {
	w := NewWorld(wire.Go125)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	g := w.Goroutine(1, wire.GoRunnable, 0)
	m.Running(g)
	w.GCRunning()
	m.HeapGoal(1000, 8)
	m.AssistBegin(2000, w.Stack("main.alloc"))
	m.SweepBegin(3000, 0)
	w.NextGeneration(4000)
	m.SweepEnd(5000, 2, 1)
	m.AssistEnd(6000)
	m.STWBegin(7000, "GC mark termination", 0)
	m.GCEnd(8000)
	m.STWEnd(9000)
	checkWorld(t, w, `
		997 P0 Undetermined>Running by m100 p-1 g-1
		998 G1 Undetermined>Running by m100 p0 g-1
		999 RangeActive GC concurrent mark phase by m100 p0 g1
		1000 Metric /gc/heap/goal:bytes=8 by m100 p0 g1
		2000 RangeBegin GC mark assist by m100 p0 g1 at main.alloc
		3000 RangeBegin GC incremental sweep by m100 p0 g1
		4995 P0 Running>Running by m100 p0 g1
		4996 RangeActive GC incremental sweep by m100 p0 g1
		4997 G1 Running>Running by m100 p0 g1
		4998 RangeActive GC mark assist by m100 p0 g1
		4999 RangeActive GC concurrent mark phase by m100 p0 g1
		5000 RangeEnd GC incremental sweep by m100 p0 g1
		6000 RangeEnd GC mark assist by m100 p0 g1
		7000 RangeBegin stop-the-world (GC mark termination) by m100 p0 g1
		8000 RangeEnd GC concurrent mark phase by m100 p0 g1
		9000 RangeEnd stop-the-world (GC mark termination) by m100 p0 g1`)
}

func TestUserWorld(t *testing.T) {
	w := NewWorld(wire.Go126)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	m.Running(w.Goroutine(1, wire.GoRunnable, 0))
	site := w.Stack("main.handle")
	m.ProcsChange(1000, 4, 0)
	m.Label(2000, "GC (idle)")
	task := m.TaskBegin(3000, 0, "request", site)
	m.RegionBegin(4000, task, "decode", 0)
	w.NextGeneration(4500)
	m.Log(5000, task, "user", "bob", 0)
	m.Sample(5500, site)
	m.RegionEnd(6000, task, "decode", 0)
	m.TaskEnd(7000, task, 0)
	checkWorld(t, w, `
		998 P0 Undetermined>Running by m100 p-1 g-1
		999 G1 Undetermined>Running by m100 p0 g-1
		1000 Metric /sched/gomaxprocs:threads=4 by m100 p0 g1
		2000 Label GC (idle) by m100 p0 g1
		3000 TaskBegin 1<-1 request by m100 p0 g1 at main.handle
		4000 RegionBegin 1 decode by m100 p0 g1
		4998 P0 Running>Running by m100 p0 g1
		4999 G1 Running>Running by m100 p0 g1
		5000 Log 1 user=bob by m100 p0 g1
		5500 StackSample by m100 p0 g1 at main.handle
		6000 RegionEnd 1 decode by m100 p0 g1
		7000 TaskEnd 1<-1 request by m100 p0 g1`)
}

// TestBoundaryWorld has everything in every state when a generation ends.
func TestBoundaryWorld(t *testing.T) {
	w := NewWorld(wire.Go126)
	w.ClockUnit(1)
	m := w.Thread(100, w.Proc(0))
	w.Proc(1)
	inSyscall := w.Thread(101, w.Proc(2))
	m.Running(w.Goroutine(1, wire.GoRunnable, 0))
	inSyscall.InSyscall(w.Goroutine(2, wire.GoRunnable, w.Stack("syscall.read")))
	w.Goroutine(3, wire.GoWaiting, w.Stack("main.serve"))
	w.Goroutine(4, wire.GoRunnable, 0)
	w.Begin(500)
	w.NextGeneration(1000)
	inSyscall.SyscallEndBlocked(2000)
	checkWorld(t, w, `
		999 P0 Undetermined>Running by m100 p-1 g-1
		1000 P1 Undetermined>Idle by m100 p0 g-1
		1001 P2 Undetermined>Idle by m100 p0 g-1
		1002 G1 Undetermined>Running by m100 p0 g-1
		1003 P2 Idle>Idle by m100 p0 g1
		1004 G2 Undetermined>Syscall at syscall.read by m101 p-1 g-1 at syscall.read
		1005 G3 Undetermined>Waiting at main.serve by m-1 p-1 g-1 at main.serve
		1006 G4 Undetermined>Runnable by m-1 p-1 g-1
		1999 G2 Syscall>Syscall by m101 p-1 g2
		2000 G2 Syscall>Runnable by m101 p-1 g2
		2001 P0 Running>Running by m100 p0 g1
		2002 P1 Idle>Idle by m100 p0 g1
		2003 P2 Idle>Idle by m100 p0 g1
		2004 G1 Running>Running by m100 p0 g1
		2005 G3 Waiting>Waiting at main.serve by m-1 p-1 g-1 at main.serve
		2006 G4 Runnable>Runnable by m-1 p-1 g-1`)
}

func TestSkewedWorld(t *testing.T) {
	w := NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, late := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	late.Skew(-3000)
	m.Running(w.Goroutine(1, wire.GoRunnable, 0))
	g := m.Create(5000, 0, 0)
	late.Start(6000, g)
	checkWorld(t, w, `
		2999 P1 Undetermined>Running by m101 p-1 g-1
		4998 P0 Undetermined>Running by m100 p-1 g-1
		4999 G1 Undetermined>Running by m100 p0 g-1
		5000 G2 NotExist>Runnable by m100 p0 g1
		5001 G2 Runnable>Running by m101 p1 g-1`)
}

func TestClocks(t *testing.T) {
	w := NewWorld(wire.Go125)
	epoch := time.Unix(1_700_000_000, 0)
	w.Clocks(func(at int64) (int64, time.Time) { return 2 * at, epoch.Add(time.Duration(3 * at)) })
	m := w.Thread(1, w.Proc(0))
	w.Begin(6400)
	m.HeapAlloc(10_000, 1)
	w.NextGeneration(64_000)
	m.HeapAlloc(70_000, 1)
	var got []string
	for _, e := range checkReference(t, w.Bytes()) {
		if e.Kind() == trace.EventSync && e.Sync().ClockSnapshot != nil {
			s := e.Sync().ClockSnapshot
			got = append(got, fmt.Sprint(s.Trace, s.Mono, s.Wall.Sub(epoch).Nanoseconds()))
		}
	}
	if want := []string{"6400 12800 19200", "64000 128000 192000"}; !slices.Equal(got, want) {
		t.Errorf("snapshots %q, want %q", got, want)
	}
}

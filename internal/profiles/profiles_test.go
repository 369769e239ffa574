package profiles

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// story is a trace in which one of each happens, to goroutine 1, which serves a request until its
// task ends and then goes on: goroutine 5, which it has created, does a part of that in a region.
func story() []byte {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	p := w.Proc(0)
	m, n := w.Thread(100, p), w.Thread(101, w.Proc(1))
	g, waker := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
	unseen := w.Goroutine(3, wire.GoWaiting, w.Stack("main.unseen"))
	collector := w.Goroutine(4, wire.GoWaiting, w.Stack("runtime.gcBgMarkWorker"))
	m.Running(g)
	n.Running(waker)
	wakes := w.Stack("main.wake")

	task := m.TaskBegin(10_000, 0, "GET /", w.Stack("main.serve"))
	for i, reason := range []string{
		"network", "sync", "sync.(*Cond).Wait", "chan send", "chan receive", "select", "sleep", "GC mark assist wait for work", "preempted", "of the future",
	} {
		at := int64(11_000 + 1_000*i)
		m.Block(at, reason, w.Stack(reason, "main.serve"))
		n.Unblock(at+100+int64(i), g, wakes)
		m.Start(at+300, g)
	}
	m.Syscall(22_000, w.Stack("syscall.kept", "main.serve"))
	m.SyscallEnd(22_050)
	m.Syscall(23_000, w.Stack("syscall.lost", "main.serve"))
	n.Steal(23_010, p)
	m.SyscallEndBlocked(23_700)
	m.StartP(23_710, p)
	m.Start(23_740, g)
	m.Preempt(24_000, w.Stack("main.loop", "main.serve"))
	m.Start(24_400, g)
	m.AssistBegin(25_000, w.Stack("main.allocate", "main.serve"))
	m.AssistEnd(25_077)
	child := m.Create(26_000, w.Stack("main.child"), w.Stack("main.spawn", "main.serve"))
	n.Block(26_100, "forever", wakes)
	n.Start(26_500, child)
	m.TaskEnd(27_000, task, 0)
	m.Yield(27_100, w.Stack("main.yield", "main.serve"))
	m.Start(27_200, g)
	second := m.TaskBegin(27_300, 0, "POST /", 0)
	n.RegionBegin(27_400, second, "part", 0)
	n.Block(27_500, "select", w.Stack("main.child"))
	m.Unblock(27_600, child, wakes)
	n.Start(27_700, child)
	n.RegionEnd(27_800, second, "part", 0)
	n.End(28_000)
	m.Unblock(28_100, unseen, wakes)
	m.Unblock(28_200, collector, wakes)
	n.Start(28_300, collector)
	n.Block(28_900, "system goroutine wait", w.Stack("runtime.gopark", "runtime.gcBgMarkWorker"))
	m.End(29_000)
	return w.Bytes()
}

// lines writes the samples of a profile: the stack, the labels, the values.
func lines(p *profile.Profile) (all []string) {
	for _, s := range p.Sample {
		var b strings.Builder
		for _, l := range s.Location {
			b.WriteString(l.Line[0].Function.Name + " ")
		}
		for _, key := range []string{labelGoroutine, labelP} {
			for _, n := range s.NumLabel[key] {
				fmt.Fprintf(&b, "%s=%d ", key, n)
			}
		}
		for _, key := range []string{labelRequest, labelClass} {
			for _, text := range s.Label[key] {
				fmt.Fprintf(&b, "%s=%s ", key, text)
			}
		}
		all = append(all, fmt.Sprintf("%s%d %d", b.String(), s.Value[0], s.Value[1]))
	}
	slices.Sort(all)
	return all
}

// TestStory: each profile to the nanosecond, with all labels.
func TestStory(t *testing.T) {
	t.Parallel()
	c := collect(t, story(), nil, Kinds()...)
	const get = "goroutine=1 p=0 request=GET / "
	for kind, want := range map[Kind][]string{
		Sched: {
			"GC mark assist wait for work main.serve " + get + "1 193",
			"chan receive main.serve " + get + "1 196",
			"chan send main.serve " + get + "1 197",
			"main.child goroutine=5 p=1 1 500", // it has stopped nowhere yet
			"main.child goroutine=5 p=1 request=POST / 1 100",
			"main.loop main.serve " + get + "1 400",
			"main.yield main.serve goroutine=1 p=0 1 100",
			"network main.serve " + get + "1 200",
			"of the future main.serve " + get + "1 191",
			"preempted main.serve " + get + "1 192",
			"select main.serve " + get + "1 195",
			"sleep main.serve " + get + "1 194",
			"sync main.serve " + get + "1 199",
			"sync.(*Cond).Wait main.serve " + get + "1 198",
			"syscall.lost main.serve " + get + "1 40",
			"unknown goroutine=4 p=1 1 100", // the trace tells later what it began in
		},
		Network:      {"network main.serve goroutine=1 request=GET / 1 100"}, // it is not known on which P it had run
		NetworkQueue: {"network main.serve " + get + "1 200"},
		Mutex:        {"sync main.serve " + get + "1 101", "sync.(*Cond).Wait main.serve " + get + "1 102"},
		Channel:      {"chan receive main.serve " + get + "1 104", "chan send main.serve " + get + "1 103"},
		Select:       {"main.child goroutine=5 p=1 request=POST / 1 100", "select main.serve " + get + "1 105"},
		Sleep:        {"sleep main.serve " + get + "1 106"},
		Syscall:      {"syscall.kept main.serve " + get + "1 50", "syscall.lost main.serve " + get + "1 700"},
		GC:           {"GC mark assist wait for work main.serve " + get + "1 107", "preempted main.serve " + get + "1 108"},
		Assist:       {"main.allocate main.serve " + get + "1 77"},
		Preempt:      {"main.loop main.serve " + get + "1 400"},
		Running: {
			"GC mark assist wait for work main.serve " + get + "1 700",
			"chan receive main.serve " + get + "1 700",
			"chan send main.serve " + get + "1 700",
			"main.child goroutine=5 p=1 1 300",
			"main.child goroutine=5 p=1 request=POST / 1 1000",
			"main.loop main.serve " + get + "1 260",
			"main.serve goroutine=1 p=0 request=POST / 1 1800", // its end
			"main.yield main.serve goroutine=1 p=0 1 2700",
			"of the future main.serve " + get + "1 700",
			"preempted main.serve " + get + "1 700",
			"runtime.gopark runtime.gcBgMarkWorker goroutine=4 p=1 class=runtime 1 600",
			"select main.serve " + get + "1 700",
			"sleep main.serve " + get + "1 700",
			"sync main.serve " + get + "1 700",
			"sync.(*Cond).Wait main.serve " + get + "1 700",
			"syscall.kept main.serve " + get + "1 1700",
			"syscall.lost main.serve " + get + "1 950",
		},
		Goroutines: {"main.child main.spawn main.serve goroutine=5 request=GET / 1 2000"},
	} {
		p := written(t, c.Profile(kind))
		require.Equal(t, want, lines(p), kind)
		require.Equal(t, p.SampleType[1].Type, p.DefaultSampleType)
		require.Equal(t, "nanoseconds", p.SampleType[1].Unit)
		require.Contains(t, p.Comments[0], kind.Doc())
	}
	require.Contains(t, c.Profile(Running).Comments, "2 of 19 (10.5 %) are not in it: the trace did not see them begin.")
	require.Contains(t, c.Profile(Goroutines).Comments, "The lifetimes of 1 goroutines are not in it: they were there when the trace began.")
}

// TestBetween: what ends in a time, with the labels of what began before.
func TestBetween(t *testing.T) {
	t.Parallel()
	c := collect(t, story(), func(c *Collector) { c.Between(23_700, 26_500) }, Syscall, Sched, Goroutines)
	require.Equal(t, []string{"syscall.lost main.serve goroutine=1 p=0 request=GET / 1 700"}, lines(c.Profile(Syscall)))
	require.Equal(t, []string{
		"main.loop main.serve goroutine=1 p=0 request=GET / 1 400", "syscall.lost main.serve goroutine=1 p=0 request=GET / 1 40",
	}, lines(c.Profile(Sched)))
	require.Equal(t, []string{"main.child main.spawn main.serve goroutine=5 request=GET / 1 0"}, lines(c.Profile(Goroutines)))
	require.EqualValues(t, 2_800, c.Profile(Sched).DurationNanos)
	require.EqualValues(t, int64(1_780_000_000_000_023_700), c.Profile(Sched).TimeNanos)
}

func TestPeriod(t *testing.T) {
	t.Parallel()
	data, err := recorded.Trace{Go: "1.26", Name: "network"}.Bytes()
	require.NoError(t, err)
	var first, last detectors.Window
	c := collect(t, data, nil, Sched)
	require.NoError(t, read(data, detectors.NewCode(), nil, func(w *detectors.Window) {
		if last = *w; first.End == 0 {
			first = *w
		}
	}))
	p := c.Profile(Sched)
	require.Equal(t, last.End.Sub(first.Start).Nanoseconds(), p.DurationNanos)
	require.True(t, first.Clocks.Known)
	require.InDelta(t, first.Clocks.Wall.UnixNano(), p.TimeNanos, float64(time.Second))

	data, err = recorded.Trace{Go: "1.22", Name: "network"}.Bytes()
	require.NoError(t, err)
	require.Zero(t, collect(t, data, nil, Sched).Profile(Sched).TimeNanos, "such a trace does not tell")
}

func TestKinds(t *testing.T) {
	t.Parallel()
	docs := make(map[string]bool)
	for _, k := range Kinds() {
		require.NotEmpty(t, k.Doc())
		require.NotContains(t, k.Doc(), "\n")
		docs[k.Doc()] = true
	}
	require.Len(t, docs, int(numKinds))
	require.Empty(t, Kind("heap").Doc())

	_, err := New(detectors.NewCode(), Sched, "heap")
	require.ErrorContains(t, err, `"heap"`)
	require.ErrorContains(t, err, "sched, network, network-queue")
	c, err := New(detectors.NewCode(), Assist)
	require.NoError(t, err)
	require.Nil(t, c.Profile(Sched), "it was not asked for")
	require.Nil(t, c.Profile("heap"))
	require.Empty(t, c.Profile(Assist).Sample)
	require.NoError(t, c.Profile(Assist).CheckValid())
	require.False(t, c.Observer().Observes.Has(detectors.GoStart), "nobody needs it")
}

// TestListedStacks: a wait that is longer than a generation is at the stack where it began, and not
// at that of the list, which has the scheduler's frames.
func TestListedStacks(t *testing.T) {
	t.Parallel()
	data, err := recorded.Trace{Go: "1.26", Name: "flightrecorder.stream"}.Bytes()
	require.NoError(t, err)
	c := collect(t, data, nil, Kinds()...)
	require.NotEmpty(t, c.stacks.same)
	for listed, stack := range c.stacks.same {
		require.NotEqual(t, c.code.Frames(listed)[0], c.code.Frames(stack)[0])
		require.Contains(t, c.code.Frames(listed)[0].Func, "runtime.")
	}
}

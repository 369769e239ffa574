package tracewatch

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// TestTotals counts by hand: what is a span, what is not, and under which name.
func TestTotals(t *testing.T) {
	for _, v := range versions {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		p := w.Proc(0)
		m, nobody := w.Thread(100, p), w.Thread(101)
		main := w.Stack("time.Sleep", "main.work", "main.main")
		was := w.Goroutine(1, wire.GoRunnable, 0)   // its delay began before the trace
		reader := w.Goroutine(2, wire.GoWaiting, 0) // so did its wait
		closing := w.Goroutine(3, wire.GoRunnable, 0)

		m.Start(10_000, was)
		m.STWBegin(11_000, "GC mark termination", main)
		m.STWEnd(11_250)
		task := m.TaskBegin(12_000, 0, "order", main)
		m.TaskBegin(12_100, 0, "for ever", main)
		m.TaskEnd(12_700, task, main)
		m.TaskEnd(12_800, task, main) // a second end is not one
		worker := m.Create(13_000, w.Stack("main.worker"), main)
		m.AssistBegin(14_000, main)
		m.Preempt(14_300, main) // in the assist
		m.Start(14_400, worker) // created 1,400 ago
		m.Yield(15_000, main)
		m.Start(15_010, worker) // yielded 10 ago
		m.Block(16_000, "preempted", main)
		nobody.NetpollUnblock(16_500, reader)
		m.Start(17_000, was) // preempted 2,700 ago
		m.Unblock(17_500, worker, main)
		m.AssistEnd(18_000) // 4,000 after it began
		m.Block(19_000, "sleep", main)
		m.Start(19_100, worker) // woken 1,600 ago
		w.NextGeneration(20_000)
		nobody.NetpollUnblock(21_000, was) // slept for 2,000, over the generation's list
		m.End(23_000)
		timer := m.Create(23_020, w.Stack("time.goFunc"), 0)
		m.Start(23_050, timer) // 30
		m.Block(23_100, "network", main)
		m.Start(23_200, was)                 // 2,200
		nobody.NetpollUnblock(23_400, timer) // 300, and no timer: the network
		m.Block(23_500, "chan send", main)   // goes on when the trace ends
		m.Start(23_600, timer)               // 200
		m.End(23_700)
		m.Start(23_800, closing)     // whoever it is
		m.TaskEnd(23_850, 777, main) // of a task that began before the trace
		m.End(23_900)

		data := w.Bytes()
		report, err := Analyze(context.Background(), bytes.NewReader(data))
		require.NoError(t, err)
		require.Equal(t, Totals{
			SchedDelay: Spans{7, 1_400 + 10 + 2_700 + 1_600 + 30 + 2_200 + 200, 2_700},
			GCAssist:   Spans{1, 4_000, 4_000},
			Tasks:      Spans{1, 700, 700},
			Block: map[string]Spans{
				"preempted": {1, 1_500, 1_500},
				"sleep":     {1, 2_000, 2_000},
				"network":   {1, 300, 300},
			},
			STW:       map[string]Spans{"GC mark termination": {1, 250, 250}},
			Preempted: 1, GCSuspended: 1, TimerWakeups: 1, TimerCreates: 1,
			Created: map[string]uint64{"main.worker": 1, "time.goFunc": 1},
			Ended:   map[string]uint64{"main.worker": 1, "time.goFunc": 1, "": 1},
		}, report.Totals, "go1.%d", v)
		want, err := modelTotals(data)
		require.NoError(t, err)
		require.Equal(t, want, report.Totals, "go1.%d", v)
	}
}

// plus adds two traces' totals up.
func plus(a, b Totals) Totals {
	spans := func(a, b Spans) Spans { return Spans{a.Count + b.Count, a.Sum + b.Sum, max(a.Max, b.Max)} }
	all := func(a, b map[string]Spans) map[string]Spans {
		for k, s := range b {
			a[k] = spans(a[k], s)
		}
		return a
	}
	counts := func(a, b map[string]uint64) map[string]uint64 {
		for k, n := range b {
			a[k] += n
		}
		return a
	}
	return Totals{
		SchedDelay: spans(a.SchedDelay, b.SchedDelay), GCAssist: spans(a.GCAssist, b.GCAssist), Tasks: spans(a.Tasks, b.Tasks),
		Block: all(a.Block, b.Block), STW: all(a.STW, b.STW),
		Preempted: a.Preempted + b.Preempted, GCSuspended: a.GCSuspended + b.GCSuspended,
		TimerWakeups: a.TimerWakeups + b.TimerWakeups, TimerCreates: a.TimerCreates + b.TimerCreates,
		Created: counts(a.Created, b.Created), Ended: counts(a.Ended, b.Ended),
	}
}

// TestTotalsAroundABreak: a generation that is not there, that cannot be parsed, or that
// contradicts itself halfway, adds nothing; what is before it and what is after it count as
// two traces would.
func TestTotalsAroundABreak(t *testing.T) {
	for _, v := range versions {
		data := tracegen.Random(3, tracegen.Shape{Version: v, Generations: 5, Events: 3_000})
		raws := split(t, data)
		bad := raws[2]
		end := int(bad.Offset) + len(bad.Data)
		before, err := modelTotals(data[:bad.Offset])
		require.NoError(t, err)
		after, err := modelTotals(slices.Concat(data[:wire.HeaderSize], data[end:]))
		require.NoError(t, err)
		want := plus(before, after)

		totals := func(broken []byte) (Totals, Stats, error) {
			report, err := Analyze(context.Background(), bytes.NewReader(broken))
			require.NotNil(t, report, "go1.%d", v)
			return report.Totals, report.Stats, err
		}
		if v >= wire.Go126 { // without a mark at its end, a generation has to follow the one before
			got, _, err := totals(slices.Concat(data[:bad.Offset], data[end:]))
			require.NoError(t, err, "go1.%d", v)
			require.Equal(t, want, got, "go1.%d: it is not there", v)
		}
		got, _, err := totals(slices.Concat(data[:bad.Offset], data[int(bad.Offset)+firstBatch(bad.Data):]))
		require.Error(t, err)
		require.Equal(t, want, got, "go1.%d: it has no clock", v)

		contradictions := 0
		for at := int(bad.Offset) + 200; at < end; at += 97 {
			broken := slices.Clone(data)
			broken[at] ^= 1
			got, stats, err := totals(broken)
			if err == nil || stats.BrokenGenerations != 1 || stats.Windows != 4 {
				continue
			}
			contradictions++
			require.ErrorContains(t, err, "generation")
			require.Equal(t, want, got, "go1.%d: byte %d: %v", v, at, err)
		}
		require.Greater(t, contradictions, 5)
	}
}

// TestTotalsOfWhatIsLeft: of a trace that is cut, the whole generations count.
func TestTotalsOfWhatIsLeft(t *testing.T) {
	data := tracegen.Random(4, tracegen.Shape{Generations: 3, Events: 3_000})
	last := split(t, data)[2]
	want, err := modelTotals(data[:last.Offset])
	require.NoError(t, err)
	report, err := Analyze(context.Background(), bytes.NewReader(data[:len(data)-10]))
	require.ErrorContains(t, err, "it ends in the middle")
	require.Equal(t, want, report.Totals)
}

// TestManyStopKinds: a forged trace does not make the table grow without end.
func TestManyStopKinds(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	m := w.Thread(100, w.Proc(0))
	m.Start(10_000, w.Goroutine(1, wire.GoRunnable, 0))
	for i := range int64(100) {
		m.STWBegin(20_000+1_000*i, string(rune('A'+i)), 0)
		m.STWEnd(20_500 + 1_000*i)
	}
	report, err := Analyze(context.Background(), bytes.NewReader(w.Bytes()))
	require.NoError(t, err)
	require.Len(t, report.Totals.STW, 33)
	require.EqualValues(t, 68, report.Totals.STW["other"].Count)
}

// TestAnalyzeLeavesNoGoroutine, whatever ends it.
func TestAnalyzeLeavesNoGoroutine(t *testing.T) {
	leaktest.Check(t)
	data := tracegen.Random(5, tracegen.Shape{Events: 30_000})
	ctx, cancel := context.WithCancel(context.Background())
	for range 20 {
		_, _ = Analyze(ctx, bytes.NewReader(data))
		_, _ = Analyze(ctx, bytes.NewReader(data[:len(data)/2]))
		require.Panics(t, func() { _, _ = Analyze(ctx, &panicking{bytes.NewReader(data[:len(data)-10])}) })
	}
	cancel()
	_, err := Analyze(ctx, bytes.NewReader(data))
	require.ErrorIs(t, err, context.Canceled)
}

// panicking is a reader that panics at its end.
type panicking struct{ *bytes.Reader }

func (p *panicking) Read(b []byte) (int, error) {
	if p.Len() == 0 {
		panic("nothing is left")
	}
	return p.Reader.Read(b)
}

// TestExactPanics: what panics on the totals' goroutine panics where Analyze was called.
func TestExactPanics(t *testing.T) {
	x := newExact()
	x.tl = nil
	x.start(split(t, tracegen.Random(1, tracegen.Shape{}))[0])
	defer func() { require.Contains(t, recover(), "exact.go", "it says where") }()
	x.wait()
}

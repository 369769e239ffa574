package timeline

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
)

// sums are some of the totals of a whole trace.
type sums struct {
	delays, requeued, ran, syscalls       detectors.Sum
	waits                                 [detectors.NumClasses][detectors.NumReasons]detectors.Sum
	others                                [detectors.NumClasses]detectors.Sum
	preempted, timerWakeups, timerCreates uint64
	created, ended                        uint64
}

func (s *sums) add(t *detectors.Totals) {
	s.delays.Merge(t.Delays.Sum())
	s.requeued.Merge(t.Requeued.Sum())
	s.requeued.Merge(t.Yielded.Sum())
	s.ran.Merge(t.Ran.Sum())
	s.syscalls.Merge(t.Syscalls)
	for c := range t.Waits {
		s.others[c].Merge(t.Others[c])
		for r := range t.Waits[c] {
			s.waits[c][r].Merge(t.Waits[c][r])
		}
	}
	for _, b := range t.Births {
		s.created += b.Created
		s.ended += b.Ended
	}
	s.preempted += t.Preempted
	s.timerWakeups += t.TimerWakeups
	s.timerCreates += t.TimerCreates
}

// oldModel computes the same from events as the reference has them, with a map for each
// thing that is to be known of a goroutine.
type oldModel struct {
	sums
	since   map[int64]int64
	unknown map[int64]bool // it was not seen when its state began
	reason  map[int64]string
	class   map[int64]detectors.Class
	named   map[int64]bool // its class is known
}

func newOldModel() *oldModel {
	return &oldModel{since: make(map[int64]int64), unknown: make(map[int64]bool), reason: make(map[int64]string),
		class: make(map[int64]detectors.Class), named: make(map[int64]bool)}
}

// name tells the class of a goroutine by the outermost function of a stack as written by
// stackTexts.
func (m *oldModel) name(g int64, stack string) {
	frames := strings.Split(strings.TrimSuffix(stack, ";"), ";")
	if fn, _, ok := strings.Cut(frames[len(frames)-1], " "); ok && !m.named[g] {
		m.named[g], m.class[g] = true, detectors.ClassOf(fn)
	}
}

func (m *oldModel) event(e event) {
	if e.kind != "StateTransition" {
		return
	}
	g := e.subject
	if e.from == "NotExist" {
		m.name(g, e.own)
	} else if e.from == "Running" {
		m.name(g, e.stack)
	}
	user, d, known := m.class[g] == detectors.ClassUser, time.Duration(e.time-m.since[g]), !m.unknown[g]
	nobody := e.g == 0 && e.stack == ""
	switch e.from + "→" + e.to {
	case "NotExist→Runnable":
		if user {
			m.created++
			if nobody {
				m.timerCreates++
			}
		}
	case "Runnable→Running":
		if user && known {
			if r := m.reason[g]; r == "preempted" || r == "runtime.Gosched" {
				m.requeued.Add(d)
			} else {
				m.delays.Add(d)
			}
		}
	case "Waiting→Runnable":
		if r := m.reason[g]; user && nobody && (r == "sleep" || r == "select" || r == "chan receive") {
			m.timerWakeups++
		}
		if known {
			m.waits[m.class[g]][detectors.ParseReason(m.reason[g])].Add(d)
		}
	case "Syscall→Runnable":
		if user && known {
			m.syscalls.Add(d)
		}
	case "Running→NotExist":
		if user {
			m.ended++
		}
	case "Running→Runnable":
		if user && e.reason == "preempted" {
			m.preempted++
		}
	}
	if e.from == "Running" {
		m.reason[g] = e.reason
		if known && user {
			m.ran.Add(d)
		} else if known {
			m.others[m.class[g]].Add(d)
		}
	}
	m.since[g], m.unknown[g] = e.time, e.from == "Undetermined"
}

// TestTotalsOld compares the totals of traces of the first format with a model, made of
// events that [TestDifferentialOld] has compared with the reference's, and those of each
// window with what is told in it.
func TestTotalsOld(t *testing.T) {
	for name, data := range oldTraces(t) {
		t.Run(name, func(t *testing.T) {
			want := newOldModel()
			require.NoError(t, readOld(data, want.event))

			code := detectors.NewCode()
			m := newModel(code)
			var got sums
			tl := New(code, []Observer{{Observes: allKinds, Observe: func(o *detectors.Observation) { m.observe(o) }}})
			require.NoError(t, eachWindow(data, tl, func(w detectors.Window) {
				m.s.equal(t, summarize(w.Totals), fmt.Sprintf("window %d", w.Generation))
				m.s = summarize(new(detectors.Totals))
				got.add(w.Totals)
			}))
			require.Equal(t, want.sums, got)
			require.Positive(t, got.delays.Count)
			t.Logf("%d delays, %d runs, %d preemptions, %d wake-ups by timers", got.delays.Count, got.ran.Count, got.preempted, got.timerWakeups)
		})
	}
}

// oldTraces returns recorded and synthetic traces of all versions of the first format.
func oldTraces(t *testing.T) map[string][]byte {
	all := make(map[string][]byte)
	for _, tr := range recorded.Old() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		all[tr.String()] = data
	}
	for _, v := range oldVersions {
		all[fmt.Sprintf("synthetic go1.%d", v)] = oldgen.Random(7, oldgen.Shape{Version: v, Procs: 4, Goroutines: 20, Events: 5000, Seconds: 5})
	}
	return all
}

// TestWindowsOld: windows are about a second, follow each other, and what is quiet for long
// does not make many.
func TestWindowsOld(t *testing.T) {
	for _, quiet := range []uint64{0, 3600} {
		data := oldgen.Random(1, oldgen.Shape{Version: 21, Procs: 3, Events: 8000, Seconds: 8, Quiet: quiet})
		var windows []detectors.Window
		tl := New(detectors.NewCode(), nil)
		require.NoError(t, eachWindow(data, tl, func(w detectors.Window) { windows = append(windows, w) }))
		require.GreaterOrEqual(t, len(windows), 8)
		require.LessOrEqual(t, len(windows), 10)
		events := uint64(0)
		for i, w := range windows {
			require.Equal(t, uint64(i+1), w.Generation)
			require.Equal(t, i == 0, w.Fresh)
			require.Equal(t, 3, w.Procs)
			if i > 0 {
				require.Equal(t, windows[i-1].End, w.Start)
			}
			if quiet == 0 {
				require.Less(t, w.Duration(), limits.OldWindow+50*time.Millisecond)
			}
			events += w.Events
		}
		var all int
		require.NoError(t, readOld(data, func(event) { all++ }))
		require.EqualValues(t, all, events)
	}
}

// TestShortCallsOld: how long a system call took that kept its P is not known, and is not
// given as a nanosecond.
func TestShortCallsOld(t *testing.T) {
	data, err := recorded.Trace{Go: "1.21", Name: "blocking"}.Bytes()
	require.NoError(t, err)
	short, long := 0, 0
	tl := New(detectors.NewCode(), []Observer{{Observes: detectors.Set(detectors.GoSyscallEnd), Observe: func(o *detectors.Observation) {
		switch o.To {
		case detectors.Running:
			require.False(t, o.Known)
			require.Zero(t, o.Duration)
			short++
		case detectors.Runnable:
			if o.Known {
				require.Greater(t, o.Duration, time.Microsecond)
				long++
			}
			require.Equal(t, detectors.NoProc, o.Proc)
			require.Equal(t, detectors.NoThread, o.Thread)
		}
	}}})
	require.NoError(t, eachWindow(data, tl, func(detectors.Window) {}))
	require.Greater(t, short, 50)
	require.Greater(t, long, 10)
}

// TestPanicsOld: an observer that panics does not keep others from being told.
func TestPanicsOld(t *testing.T) {
	data := oldgen.Random(1, oldgen.Shape{Version: 21, Events: 300})
	var told, panics, all int
	tl := New(detectors.NewCode(), []Observer{
		{Observes: allKinds, Observe: func(*detectors.Observation) { panic("no") }},
		{Observes: allKinds, Observe: func(*detectors.Observation) { told++ }},
	})
	tl.OnPanic = func(observer int, value any, _ []byte) {
		require.Zero(t, observer)
		require.Equal(t, "no", value)
		if panics++; panics == 3 {
			tl.SwitchOff(observer)
		}
	}
	require.NoError(t, eachWindow(data, tl, func(detectors.Window) {}))
	require.NoError(t, readOld(data, func(event) { all++ }))
	require.Equal(t, all, told)
	require.Equal(t, 3, panics)
}

// TestBrokenOld: after an error nothing is known, and the error says where.
func TestBrokenOld(t *testing.T) {
	w := oldgen.New(21)
	w.Event(0, 1, oldgen.ProcStart, 0)
	w.Event(0, 2, oldgen.Gomaxprocs, 1, 0)
	w.Event(0, 3, oldgen.GoCreate, 1<<63, 0, 0)
	tl := New(detectors.NewCode(), nil)
	err := eachWindow(w.Bytes(), tl, func(w detectors.Window) { require.EqualValues(t, 1, w.Events) })
	var e *tracev1.Error
	require.True(t, errors.As(err, &e), "%v", err)
	require.ErrorContains(t, err, "a goroutine of number 9223372036854775808")
	require.ErrorContains(t, err, "128 ns after its beginning")
}

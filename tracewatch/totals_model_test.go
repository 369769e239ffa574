package tracewatch

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/exp/trace"
)

// modelTotals computes a trace's totals as their documentation says, from nothing but the
// events of golang.org/x/exp/trace.
func modelTotals(data []byte, timers ...trace.GoID) (Totals, error) {
	r, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		return Totals{}, err
	}
	m := newModel()
	m.timers = timers
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return m.Totals, nil
		}
		if err != nil {
			return Totals{}, err
		}
		m.add(&ev)
	}
}

// model is the simplest that could be right.
type model struct {
	Totals
	states map[trace.GoID]state        // that were seen to begin
	starts map[trace.GoID]string       // the function it began in
	ranges map[string]trace.Time       // that were seen to begin, by name and scope
	tasks  map[trace.TaskID]trace.Time // that were seen to begin
	timers []trace.GoID                // that serve timers, in Go 1.13 and older: what they do is a timer's doing
}

type state struct {
	since  trace.Time
	reason string
}

func newModel() *model {
	return &model{
		Totals: Totals{
			Block: map[string]Spans{}, STW: map[string]Spans{},
			Created: map[string]uint64{}, Ended: map[string]uint64{},
		},
		states: map[trace.GoID]state{}, starts: map[trace.GoID]string{},
		ranges: map[string]trace.Time{}, tasks: map[trace.TaskID]trace.Time{},
	}
}

func (s Spans) with(d time.Duration) Spans { return Spans{s.Count + 1, s.Sum + d, max(s.Max, d)} }

func (m *model) add(ev *trace.Event) {
	switch ev.Kind() {
	case trace.EventStateTransition:
		if tr := ev.StateTransition(); tr.Resource.Kind == trace.ResourceGoroutine {
			m.transition(ev, tr)
		}
	case trace.EventRangeBegin:
		m.ranges[ev.Range().Name+" "+ev.Range().Scope.String()] = ev.Time()
	case trace.EventRangeEnd:
		name := ev.Range().Name
		key := name + " " + ev.Range().Scope.String()
		if since, ok := m.ranges[key]; ok {
			delete(m.ranges, key)
			m.ranged(name, ev.Time().Sub(since))
		}
	case trace.EventTaskBegin:
		m.tasks[ev.Task().ID] = ev.Time()
	case trace.EventTaskEnd:
		if since, ok := m.tasks[ev.Task().ID]; ok {
			delete(m.tasks, ev.Task().ID)
			m.Tasks = m.Tasks.with(ev.Time().Sub(since))
		}
	}
}

func (m *model) ranged(name string, d time.Duration) {
	if name == "GC mark assist" {
		m.GCAssist = m.GCAssist.with(d)
	}
	if kind, ok := strings.CutPrefix(name, "stop-the-world ("); ok {
		kind = strings.TrimSuffix(kind, ")")
		m.STW[kind] = m.STW[kind].with(d)
	}
}

func (m *model) transition(ev *trace.Event, tr trace.StateTransition) {
	g := tr.Resource.Goroutine()
	from, to := tr.Goroutine()
	if m.starts[g] == "" {
		for f := range tr.Stack.Frames() {
			m.starts[g] = f.Func // the last one stays
		}
	}
	if from == trace.GoUndetermined || from == to {
		return // listed
	}
	was, known := m.states[g]
	d := ev.Time().Sub(was.since)
	nobody := ev.Goroutine() <= 0 && ev.Stack() == trace.NoStack || slices.Contains(m.timers, ev.Goroutine())
	switch {
	case from == trace.GoRunnable && to == trace.GoRunning && known:
		m.SchedDelay = m.SchedDelay.with(d)
	case from == trace.GoWaiting && known:
		m.Block[was.reason] = m.Block[was.reason].with(d)
		if nobody && to == trace.GoRunnable && (was.reason == "sleep" || was.reason == "chan receive" || was.reason == "select") {
			m.TimerWakeups++
		}
	case from == trace.GoRunning && to == trace.GoRunnable && tr.Reason == "preempted":
		m.Preempted++
	case from == trace.GoRunning && to == trace.GoWaiting && tr.Reason == "preempted":
		m.GCSuspended++
	case from == trace.GoNotExist:
		m.Created[m.starts[g]]++
		if nobody && to == trace.GoRunnable {
			m.TimerCreates++
		}
	case to == trace.GoNotExist:
		m.Ended[m.starts[g]]++
	}
	m.states[g] = state{ev.Time(), tr.Reason}
	if to == trace.GoNotExist {
		delete(m.states, g)
		delete(m.starts, g)
	}
}

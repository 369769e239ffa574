package tracev1

import (
	"fmt"
	"strings"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Numbers of Ps that do not exist. That reader puts there what belongs to no P, or what it
// knows no P of (golang.org/x/exp/trace/internal/tracev1.FakeP and what follows it).
const (
	fakeProc  = 1_000_000
	timerProc = fakeProc + 1
)

// convert makes ev the event that the reader stands on.
func (r *Reader) convert(ev *trace.Event) error {
	r.event = Event{
		Time: int64(ev.Time()),
		P:    realProc(ev.Proc()),
		M:    int64(ev.Thread()),
		G:    goroutine(ev.Goroutine()),
	}
	e := &r.event
	if e.Time < 0 || e.Time >= limits.Nanoseconds {
		return fmt.Errorf("an event at %d ns", e.Time)
	}
	e.Stack = r.stack(ev.Stack())
	switch ev.Kind() {
	case trace.EventStateTransition:
		return r.transition(ev)
	case trace.EventRangeBegin, trace.EventRangeEnd:
		return e.bounds(ev)
	case trace.EventMetric:
		return e.metric(ev.Metric())
	case trace.EventLabel:
		e.Kind, e.Text = Label, ev.Label().Label
	case trace.EventTaskBegin, trace.EventTaskEnd:
		e.Kind = TaskBegin
		if ev.Kind() == trace.EventTaskEnd {
			e.Kind = TaskEnd
		}
		k := ev.Task()
		e.Task, e.Text = task(k.ID), k.Type
		e.Parent = task(k.Parent)
	case trace.EventRegionBegin, trace.EventRegionEnd:
		e.Kind = RegionBegin
		if ev.Kind() == trace.EventRegionEnd {
			e.Kind = RegionEnd
		}
		e.Task, e.Text = task(ev.Region().Task), ev.Region().Type
	case trace.EventLog:
		l := ev.Log()
		e.Kind, e.Task, e.Text, e.Text2 = Log, task(l.Task), l.Category, l.Message
	case trace.EventStackSample:
		e.Kind = CPUSample
	default:
		return fmt.Errorf("an event of the kind %v", ev.Kind())
	}
	return nil
}

func (r *Reader) transition(ev *trace.Event) error {
	e := &r.event
	t := ev.StateTransition()
	if t.Resource.Kind == trace.ResourceProc {
		from, to := t.Proc()
		e.Kind, e.Subject = ProcTransition, int64(t.Resource.Proc())
		e.ProcFrom, e.ProcTo = procStates[from], procStates[to]
		return nil
	}
	if t.Resource.Kind != trace.ResourceGoroutine {
		return fmt.Errorf("a change of state of %v", t.Resource)
	}
	from, to := t.Goroutine()
	e.Kind, e.Goroutine = GoTransition, goroutine(t.Resource.Goroutine())
	e.From, e.To, e.Reason = goStates[from], goStates[to], t.Reason
	switch {
	case e.From == GoUndetermined || e.From == GoRunnable:
		e.G = 0 // that reader puts Goroutine there, which did not run until now
	case e.From == GoNotExist:
		e.Start = r.stack(t.Stack)
		e.Timer = r.timers[e.G]
	case e.From == GoWaiting && e.To == GoRunnable:
		e.Timer = ev.Proc() == timerProc
	case e.From == GoSyscall && e.To == GoRunning:
		// The first format has an event for the end of a call only if that lost its P.
		e.Instant = true
	}
	if e.Timer {
		e.G, e.Stack = 0, 0
	}
	return nil
}

// bounds converts the beginning or the end of a range. Each kind of end comes right after
// that of the beginning.
func (e *Event) bounds(ev *trace.Event) error {
	rg := ev.Range()
	kind, stops := strings.CutPrefix(rg.Name, "stop-the-world (")
	switch {
	case stops:
		e.Kind, e.Text = STWBegin, strings.TrimSuffix(kind, ")")
	case rg.Name == "GC concurrent mark phase":
		e.Kind = MarkBegin
	case rg.Name == "GC incremental sweep":
		e.Kind, e.Subject = SweepBegin, realProc(rg.Scope.Proc())
	case rg.Name == "GC mark assist":
		e.Kind = AssistBegin
	default:
		return fmt.Errorf("a range called %q", rg.Name)
	}
	if ev.Kind() == trace.EventRangeBegin {
		return nil
	}
	e.Kind++
	if as := ev.RangeAttributes(); len(as) == 2 {
		e.Value, e.Value2 = as[0].Value.Uint64(), as[1].Value.Uint64()
	}
	return nil
}

func (e *Event) metric(m trace.Metric) error {
	switch m.Name {
	case "/memory/classes/heap/objects:bytes":
		e.Kind = HeapAlloc
	case "/gc/heap/goal:bytes":
		e.Kind = HeapGoal
	case "/sched/gomaxprocs:threads":
		e.Kind = ProcsChange
	default:
		return fmt.Errorf("a metric called %q", m.Name)
	}
	e.Value = m.Value.Uint64()
	return nil
}

var goStates = map[trace.GoState]GoState{
	trace.GoNotExist: GoNotExist,
	trace.GoRunnable: GoRunnable,
	trace.GoRunning:  GoRunning,
	trace.GoWaiting:  GoWaiting,
	trace.GoSyscall:  GoSyscall,
}

var procStates = map[trace.ProcState]ProcState{
	trace.ProcNotExist: ProcNotExist,
	trace.ProcRunning:  ProcRunning,
	trace.ProcIdle:     ProcIdle,
}

// realProc returns a P's number, or None where there is none.
func realProc(p trace.ProcID) int64 {
	if p < 0 || p >= fakeProc {
		return None
	}
	return int64(p)
}

// goroutine returns a goroutine's number, 0 where there is none.
func goroutine(g trace.GoID) uint64 {
	if g == trace.NoGoroutine {
		return 0
	}
	return uint64(g)
}

// task returns a task's number, 0 where there is none. The task of what belongs to none is
// 0 in the trace too.
func task(id trace.TaskID) uint64 {
	if id == trace.NoTask {
		return 0
	}
	return uint64(id)
}

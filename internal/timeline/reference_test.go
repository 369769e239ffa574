package timeline

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// event is what both readers must agree on, for every event.
type event struct {
	kind     string
	time     int64
	thread   int64
	proc     int64
	g        int64 // of the context; 0: none
	subject  int64 // whose state changes, or whose range it is
	from, to string
	reason   string
	stack    string // of the context
	own      string // of the subject, where it is another
	text     string
	num      [3]uint64
}

func (e event) String() string {
	return fmt.Sprintf("%s t=%d m=%d p=%d g=%d subject=%d %s→%s reason=%q text=%q num=%v\n  stack=%s\n  own=%s",
		e.kind, e.time, e.thread, e.proc, e.g, e.subject, e.from, e.to, e.reason, e.text, e.num, e.stack, e.own)
}

// stackTexts remembers how a stack is written; traces have few different ones.
type stackTexts[K comparable] map[K]string

// readReference reads a whole trace with golang.org/x/exp/trace. Of a table that is cut
// short that says only that the trace is over, so the generations are counted.
func readReference(data []byte, each func(event)) error {
	r, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	stacks := make(stackTexts[trace.Stack])
	syncs := 0 // one before each generation and one at the end
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			n, err := generations(data)
			if err == nil && syncs != n+1 {
				err = fmt.Errorf("the end after %d syncs of %d", syncs, n+1)
			}
			return err
		}
		if err != nil {
			return err
		}
		if ev.Kind() == trace.EventSync {
			syncs++
		}
		if e, ok := fromReference(&ev, stacks); ok {
			each(e)
		}
	}
}

// generations returns how many generations a trace has.
func generations(data []byte) (n int, err error) {
	s := wire.Splitter{Emit: func(wire.Raw) { n++ }}
	if _, err = s.Write(data); err == nil {
		err = s.Close()
	}
	return n, err
}

func (c stackTexts[K]) of(k K, frames func(yield func(fn, file string, line int, pc uint64))) string {
	s, ok := c[k]
	if !ok {
		var b strings.Builder
		frames(func(fn, file string, line int, pc uint64) {
			fmt.Fprintf(&b, "%s %s:%d %x;", fn, file, line, pc)
		})
		s = b.String()
		c[k] = s
	}
	return s
}

func fromReference(ev *trace.Event, stacks stackTexts[trace.Stack]) (event, bool) {
	text := func(s trace.Stack) string {
		if s == trace.NoStack {
			return ""
		}
		return stacks.of(s, func(yield func(string, string, int, uint64)) {
			for f := range s.Frames() {
				yield(f.Func, f.File, int(f.Line), f.PC)
			}
		})
	}
	e := event{
		kind:   ev.Kind().String(),
		time:   int64(ev.Time()),
		thread: int64(ev.Thread()),
		proc:   int64(ev.Proc()),
		g:      max(int64(ev.Goroutine()), 0),
		stack:  text(ev.Stack()),
	}
	switch ev.Kind() {
	case trace.EventSync:
		return e, false
	case trace.EventExperimental:
		e.stack = ""
	case trace.EventStateTransition:
		tr := ev.StateTransition()
		e.reason = tr.Reason
		if tr.Resource.Kind == trace.ResourceProc {
			from, to := tr.Proc()
			e.kind, e.subject = "proc", int64(tr.Resource.Proc())
			e.from, e.to = from.String(), to.String()
			break
		}
		from, to := tr.Goroutine()
		e.subject = int64(tr.Resource.Goroutine())
		e.from, e.to = from.String(), to.String()
		e.own = text(tr.Stack)
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		rg := ev.Range()
		e.text = rg.Name
		switch rg.Scope.Kind {
		case trace.ResourceGoroutine:
			e.subject = int64(rg.Scope.Goroutine())
		case trace.ResourceProc:
			e.subject = int64(rg.Scope.Proc())
		}
		if ev.Kind() == trace.EventRangeEnd {
			for i, a := range ev.RangeAttributes() {
				e.num[i] = a.Value.Uint64()
			}
		}
	case trace.EventMetric:
		e.text, e.num[0] = ev.Metric().Name, ev.Metric().Value.Uint64()
	case trace.EventLabel:
		e.text = ev.Label().Label
	case trace.EventTaskBegin, trace.EventTaskEnd:
		e.text, e.num[0], e.num[1] = ev.Task().Type, uint64(ev.Task().ID), parent(ev.Task().Parent)
	case trace.EventRegionBegin, trace.EventRegionEnd:
		e.text, e.num[0] = ev.Region().Type, uint64(ev.Region().Task)
	case trace.EventLog:
		e.text, e.num[0] = ev.Log().Category+"\x00"+ev.Log().Message, uint64(ev.Log().Task)
	}
	return e, true
}

// parent is a task's, 0 for none: for that the reference has a number of its own, which a
// broken trace may name.
func parent(id trace.TaskID) uint64 {
	if id == trace.NoTask {
		return 0
	}
	return uint64(id)
}

// readOurs reads a trace with this package, until the first error as the reference does.
func readOurs(data []byte, each func(event)) error {
	code := detectors.NewCode()
	stacks := make(stackTexts[detectors.StackID])
	all := detectors.Kinds(1<<detectors.NumKinds - 1)
	tl := New(code, []Observer{{Observes: all, Observe: func(o *detectors.Observation) { each(fromOurs(o, code, stacks)) }}})
	tl.OnPanic = func(_ int, v any, stack []byte) { panic(fmt.Sprintf("%v\n%s", v, stack)) }
	var first error
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		if first != nil {
			return
		}
		var g *wire.Generation
		if g, first = wire.Parse(raw); first == nil {
			_, first = tl.Feed(g)
		}
	}}
	_, err := s.Write(data)
	if err == nil {
		err = s.Close()
	}
	return errors.Join(first, err)
}

var goStateNames = map[detectors.GoState]string{
	detectors.Undetermined: "Undetermined",
	detectors.NotExist:     "NotExist",
	detectors.Runnable:     "Runnable",
	detectors.Running:      "Running",
	detectors.Waiting:      "Waiting",
	detectors.Syscall:      "Syscall",
}

var procStateNames = map[detectors.ProcState]string{
	detectors.ProcUndetermined: "Undetermined",
	detectors.ProcNotExist:     "NotExist",
	detectors.ProcRunning:      "Running",
	detectors.ProcIdle:         "Idle",
}

func fromOurs(o *detectors.Observation, code *detectors.Code, stacks stackTexts[detectors.StackID]) event {
	text := func(id detectors.StackID) string {
		if id == 0 {
			return ""
		}
		return stacks.of(id, func(yield func(string, string, int, uint64)) {
			for _, f := range code.Frames(id) {
				yield(f.Func, f.File, f.Line, f.PC)
			}
		})
	}
	e := event{time: int64(o.Time), thread: int64(o.Thread), proc: int64(o.Proc), g: int64(o.By)}
	goroutine := func(kind string) {
		e.kind = kind
		e.subject = int64(o.G.ID)
	}
	e.from, e.to = goStateNames[o.From], goStateNames[o.To]
	switch o.Kind {
	case detectors.GoCreate:
		goroutine("StateTransition")
		e.own, e.stack = text(o.Stack), text(o.ByStack)
	case detectors.GoStart, detectors.GoSyscallEnd, detectors.GoEnd:
		goroutine("StateTransition") // the stack here is what is remembered, not what this event has
	case detectors.GoUnpark:
		goroutine("StateTransition")
		e.stack = text(o.ByStack)
	case detectors.GoPreempt, detectors.GoYield, detectors.GoPark, detectors.GoSyscall, detectors.GoList:
		goroutine("StateTransition")
		e.stack, e.own, e.reason = text(o.Stack), text(o.Stack), o.Reason.String()
	case detectors.ProcChange:
		e.kind, e.subject = "proc", int64(o.Subject)
		e.from, e.to = procStateNames[o.ProcFrom], procStateNames[o.ProcTo]
	default:
		e.from, e.to = "", ""
		e.stack = text(o.Stack)
		fromOursRest(o, &e)
	}
	return e
}

func fromOursRest(o *detectors.Observation, e *event) {
	rng := func(suffix, name string, subject int64) {
		e.kind, e.text, e.subject = "Range"+suffix, name, subject
	}
	switch o.Kind {
	case detectors.MarkBegin:
		rng("Begin", "GC concurrent mark phase", 0)
	case detectors.MarkActive:
		rng("Active", "GC concurrent mark phase", 0)
	case detectors.MarkEnd:
		rng("End", "GC concurrent mark phase", 0)
	case detectors.SweepBegin:
		rng("Begin", "GC incremental sweep", int64(o.Subject))
	case detectors.SweepActive:
		rng("Active", "GC incremental sweep", int64(o.Subject))
	case detectors.SweepEnd:
		rng("End", "GC incremental sweep", int64(o.Subject))
		e.num[0], e.num[1] = o.Value, o.Value2
	case detectors.AssistBegin:
		rng("Begin", "GC mark assist", int64(o.G.ID))
	case detectors.AssistActive:
		rng("Active", "GC mark assist", int64(o.G.ID))
	case detectors.AssistEnd:
		rng("End", "GC mark assist", int64(o.G.ID))
		e.stack = "" // the one it began with
	case detectors.STWBegin:
		rng("Begin", "stop-the-world ("+o.Text+")", int64(o.G.ID))
	case detectors.STWEnd:
		rng("End", "stop-the-world ("+o.Text+")", int64(o.G.ID))
	case detectors.HeapAlloc:
		e.kind, e.text, e.num[0] = "Metric", "/memory/classes/heap/objects:bytes", o.Value
	case detectors.HeapGoal:
		e.kind, e.text, e.num[0] = "Metric", "/gc/heap/goal:bytes", o.Value
	case detectors.ProcsChange:
		e.kind, e.text, e.num[0] = "Metric", "/sched/gomaxprocs:threads", o.Value
	case detectors.GoLabel:
		e.kind, e.text = "Label", o.Text
	case detectors.TaskBegin:
		e.kind, e.text, e.num[0], e.num[1] = "TaskBegin", o.Text, uint64(o.Task), parent(trace.TaskID(o.Parent))
	case detectors.TaskEnd:
		e.kind, e.text, e.num[0], e.num[1] = "TaskEnd", o.Text, uint64(o.Task), parent(trace.TaskID(o.Parent))
	case detectors.RegionBegin:
		e.kind, e.text, e.num[0] = "RegionBegin", o.Text, uint64(o.Task)
	case detectors.RegionEnd:
		e.kind, e.text, e.num[0] = "RegionEnd", o.Text, uint64(o.Task)
	case detectors.Log:
		e.kind, e.text, e.num[0] = "Log", o.Text+"\x00"+o.Text2, uint64(o.Task)
	case detectors.CPUSample:
		e.kind = "StackSample"
	case detectors.Experimental:
		e.kind = "Experimental"
	}
}

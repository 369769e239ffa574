package timeline

import (
	"fmt"
	"iter"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Old feeds a timeline with a trace of the first format. Its events come in order, and each
// says what state came before: that is taken as true. What the events come to is found out
// as it is for the second format.
//
// Such a trace has no generations. It is cut into windows of [limits.OldWindow], so that
// it is judged as it would have been while the program ran; they are numbered from 1.
type Old struct {
	t      *Timeline
	trace  *tracev1.Reader
	stacks []detectors.StackID // by the trace's number plus one; 0: not met yet
	window uint64

	// The event's context, as the functions that follow the second format want it.
	c  cursor
	th thread
}

// NewOld returns what feeds t, which forgets what it has followed so far.
func NewOld(t *Timeline, trace *tracev1.Reader) *Old {
	t.Forget()
	t.ByTime() // which is how they come
	if ev := trace.Event(); ev != nil {
		t.last = detectors.Time(ev.Time) - 1 // the reference's sync event takes a moment of its own
	}
	return &Old{t: t, trace: trace}
}

// More reports whether there is another window.
func (o *Old) More() bool { return o.trace.Event() != nil }

// Feed goes through one window and tells the observers what happened in it. After an error
// the state is forgotten, what was told so far stands, and there is nothing more.
func (o *Old) Feed() (detectors.Window, error) {
	t := o.t
	fresh := o.window == 0
	o.window++
	t.gen, t.initial = o.window, 1
	t.events = 0
	t.resetTotals()
	start, end := t.last, detectors.Time(0)
	if ev := o.trace.Event(); ev != nil {
		end = detectors.Time(ev.Time).Add(limits.OldWindow)
		if fresh {
			start = detectors.Time(ev.Time)
			if t.past != nil {
				t.past.begins(start)
			}
		}
	}
	t.startColumns(start)
	var err error
	for done := false; !done; {
		done, err = o.run(end)
	}
	if err != nil {
		t.Forget()
	}
	t.sumUp()
	return detectors.Window{
		Generation: o.window,
		Start:      start,
		End:        t.last,
		Fresh:      fresh,
		Procs:      t.maxprocs(),
		Events:     t.events,
		Totals:     &t.totals,
		Code:       t.code,
		Goroutines: iter.Seq[*detectors.Goroutine](t.gs.all),
	}, err
}

// run goes through the window until its end, an error, or an observer's panic.
func (o *Old) run(end detectors.Time) (done bool, err error) {
	t := o.t
	defer func() {
		if t.calling < 0 {
			return // a panic of this package's own is for the caller
		}
		if v := recover(); v != nil {
			t.caught(v)
			done, err = false, nil
		}
	}()
	for {
		if t.npending > 0 {
			t.tell()
		}
		ev := o.trace.Event()
		if ev == nil {
			return true, o.trace.Err()
		}
		if detectors.Time(ev.Time) >= end {
			return true, nil
		}
		if err := o.happen(ev); err != nil {
			return true, &tracev1.Error{
				Offset: tracev1.Unplaced, Problem: fmt.Sprintf("what happens %d ns after its beginning cannot be", ev.Time),
				Err: err, Advice: "record it again",
			}
		}
		t.events++
		o.trace.Next()
	}
}

// happen lets an event happen.
func (o *Old) happen(ev *tracev1.Event) error {
	o.c.Time = wire.Time(ev.Time)
	o.th = thread{id: detectors.ThreadID(ev.M), gid: ev.G, p: int(ev.P)}
	if ev.G != 0 {
		o.th.g = o.t.gs.find(ev.G)
	}
	switch ev.Kind {
	case tracev1.GoTransition:
		return o.goroutine(ev)
	case tracev1.ProcTransition:
		return o.proc(ev)
	case tracev1.TaskBegin, tracev1.TaskEnd, tracev1.RegionBegin, tracev1.RegionEnd, tracev1.Log, tracev1.Label:
		return o.user(ev)
	default:
		o.rest(ev)
		return nil
	}
}

// stack returns the lasting number of one of the trace's stacks.
func (o *Old) stack(id tracev1.StackID) detectors.StackID {
	o.stacks = grow(o.stacks, int(id))
	if k := o.stacks[id]; k != 0 {
		return k - 1
	}
	frames := o.trace.Frames(id)
	pcs := make([]uint64, len(frames))
	for i, f := range frames {
		pcs[i] = f.PC
	}
	k := o.t.code.Add(pcs, func(i int) (detectors.Frame, bool) {
		f := frames[i]
		return detectors.Frame{Func: f.Func, File: f.File, Line: f.Line}, true
	})
	o.stacks[id] = k + 1
	return k
}

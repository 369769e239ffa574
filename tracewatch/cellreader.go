package tracewatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// cellReader goes through a piece of trace for those that started on a P in some time.
type cellReader struct {
	code *detectors.Code
	cell *Cell
	was  map[detectors.GoID]readied // of those that are ready

	censored bool // one of them was ready before the trace began
}

// readied is how a goroutine became ready.
type readied struct {
	was     string
	by      detectors.GoID
	byStack detectors.StackID
}

// waiters is how many of those that waited a cell names.
const waiters = 8

// cell says who had waited that started on a P between two moments, and why. It reads the generations that have
// some of that time, and the one before; all of them if that is not enough to know since when somebody waited.
func cell(ctx context.Context, gens []explain.Generation, p detectors.ProcID, from, to detectors.Time) (*Cell, error) {
	last := len(gens)
	for last > 0 && gens[last-1].Start > to {
		last--
	}
	gens = gens[:last]
	first := len(gens)
	for first > 0 && gens[first-1].End >= from {
		first--
	}
	if first == len(gens) || gens[0].Raw.Version.Old() {
		return nil, ErrNoTrace
	}
	first = max(0, first-1)
	if listsNoStacks(gens) {
		first = 0
	}
	r, err := readCell(ctx, gens[first:], p, from, to)
	if err == nil && r.censored && first > 0 {
		r, err = readCell(ctx, gens, p, from, to)
	}
	if err != nil {
		return nil, fmt.Errorf("tracewatch: %w", err)
	}
	c := r.cell
	c.Explanation = &detectors.Explanation{Missing: "nobody of the service started there of whom it is known since when it waited"}
	if len(c.Waited) > 0 {
		g := &c.Waited[0]
		c.Explanation = explain.Question{G: g.Goroutine, From: g.Ready, To: g.Ready.Add(g.Delay)}.Answer(gens)
	}
	return c, nil
}

// listsNoStacks reports whether a trace's lists of goroutines have no stacks: who is the runtime's shows only when it
// stops somewhere.
func listsNoStacks(gens []explain.Generation) bool {
	return len(gens) > 0 && gens[0].Raw.Version < wire.Go123
}

// readCell goes through generations.
func readCell(ctx context.Context, gens []explain.Generation, p detectors.ProcID, from, to detectors.Time) (*cellReader, error) {
	r := &cellReader{
		code: detectors.NewCode(), cell: &Cell{Proc: p, From: from, To: to, Waited: []Waiter{}},
		was: make(map[detectors.GoID]readied),
	}
	tl := timeline.New(r.code, []timeline.Observer{{
		Observes: detectors.Set(detectors.GoCreate, detectors.GoUnpark, detectors.GoStart, detectors.GoSyscallEnd, detectors.GoPreempt, detectors.GoYield),
		Observe:  r.observe,
	}})
	tl.OnPanic = func(_ int, v any, _ []byte) { panic(v) } // it is ours
	for _, g := range gens {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		parsed, err := wire.Parse(g.Raw)
		if err != nil {
			return nil, err
		}
		if _, err := tl.Feed(parsed); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *cellReader) observe(o *detectors.Observation) {
	if o.G.Class != detectors.ClassUser {
		return
	}
	switch o.Kind {
	case detectors.GoCreate:
		r.was[o.G.ID] = readied{"created", o.By, o.ByStack}
	case detectors.GoUnpark:
		r.was[o.G.ID] = readied{o.Reason.String(), o.By, o.ByStack}
	case detectors.GoPreempt, detectors.GoYield:
		r.was[o.G.ID] = readied{was: o.Reason.String()}
	case detectors.GoSyscallEnd:
		if o.To == detectors.Runnable {
			r.was[o.G.ID] = readied{was: "syscall"}
		}
	case detectors.GoStart:
		if o.Proc == r.cell.Proc && o.Time >= r.cell.From && o.Time < r.cell.To {
			r.started(o)
		}
		delete(r.was, o.G.ID)
	}
}

// started takes note of one that started in the cell. As in the heat map, those do not count that were preempted,
// or yielded: they wait by their own doing.
func (r *cellReader) started(o *detectors.Observation) {
	if o.Reason == detectors.ReasonPreempted || o.Reason == detectors.ReasonGosched {
		return
	}
	if !o.Known {
		r.censored = true
		return
	}
	c, was := r.cell, r.was[o.G.ID]
	c.Delay.Count++
	c.Delay.Sum += o.Duration
	c.Delay.Max = max(c.Delay.Max, o.Duration)
	if len(c.Waited) == waiters && o.Duration <= c.Waited[waiters-1].Delay {
		return
	}
	w := Waiter{
		Goroutine: o.G.ID, Ready: o.Time.Add(-o.Duration), Delay: o.Duration, Was: was.was, Waker: was.by,
		Site: r.code.Site(r.code.SeenAt(o.Stack, o.G.Start, o.G.Creator)), Stack: r.code.Frames(o.Stack),
	}
	if was.byStack != 0 {
		w.WakerSite = r.code.Site(r.code.SiteOf(was.byStack))
	}
	c.Waited = append(c.Waited, w)
	slices.SortStableFunc(c.Waited, func(a, b Waiter) int { return cmp.Compare(b.Delay, a.Delay) })
	c.Waited = c.Waited[:min(len(c.Waited), waiters)]
}

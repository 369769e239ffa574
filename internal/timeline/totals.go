package timeline

import (
	"math"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// resetTotals empties the totals for the next window and keeps their memory.
func (t *Timeline) resetTotals() {
	s := &t.totals
	s.Delays.Reset()
	clear(s.DelaysOn)
	s.Requeued.Reset()
	s.Yielded.Reset()
	s.OtherDelays = [detectors.NumClasses]detectors.Sum{}
	for p := range s.Heat.Procs {
		s.Heat.Procs[p] = s.Heat.Procs[p][:0]
	}
	s.Heat.Procs = s.Heat.Procs[:0]
	clear(s.Heat.Waits)
	s.Heat.Waits = s.Heat.Waits[:0]
	clear(t.heat)
	t.resetHeap()
	s.Ran.Reset()
	s.Others = [detectors.NumClasses]detectors.Sum{}
	clear(s.Runs)
	s.Unseen = s.Unseen[:0]
	clear(t.unseen.latest)
	clear(t.unseen.at)
	s.Waits = [detectors.NumClasses][detectors.NumReasons]detectors.Sum{}
	clear(s.Network)
	s.Answers.Reset()
	s.Syscalls = detectors.Sum{}
	clear(s.Locks)
	clear(s.Births)
	clear(s.Timers.Woken)
	clear(s.Timers.Created)
	s.Timers.Columns = s.Timers.Columns[:0]
	s.TimerCreates, s.TimerWakeups, s.Preempted = 0, 0, 0
	clear(s.All.Begun)
	s.All = detectors.AllTotals{Begun: s.All.Begun}
}

// startColumns says when the window begins. Its columns begin at multiples of their length,
// as those of all windows do.
func (t *Timeline) startColumns(at detectors.Time) {
	at -= at % detectors.Time(detectors.HeatBucket)
	t.totals.Heat.Start, t.totals.Heap.Start, t.totals.Timers.Start = at, at, at
	t.totals.Heat.WaitsStart = at - at%detectors.Time(detectors.WaitColumn)
}

// delayed counts the time that g, which starts now on a P, was runnable, and returns it.
func (t *Timeline) delayed(g *goroutine, p int, at detectors.Time) time.Duration {
	d := g.lasted(at)
	switch {
	case d < 0:
	case t.exact:
		t.totals.All.Starts.Add(d)
	case g.Class != detectors.ClassUser:
		t.totals.OtherDelays[g.Class].Add(d)
	case g.Reason == detectors.ReasonPreempted:
		t.totals.Requeued.Add(d)
	case g.Reason == detectors.ReasonGosched:
		t.totals.Yielded.Add(d)
	default:
		if p >= len(t.heat) || at >= t.heat[p].end {
			if p >= limits.HeatRows {
				t.totals.Delays.Add(d)
				break
			}
			t.turnHeat(p, at)
		}
		t.totals.DelaysOn[p].Mark(d) // the sum is the heat map's: see flush
		r := &t.heat[p]
		r.waits[detectors.WaitRow(d)]++
		c := &r.cell
		c.Starts++
		c.Sum = min(c.Sum, math.MaxInt64-d) + d // a broken clock's may be centuries
		c.Max = max(c.Max, d)
	}
	return d
}

// ran counts the time that g, which stops now at its stack, was running, and returns it.
func (t *Timeline) ran(g *goroutine, at detectors.Time) time.Duration {
	d := g.lasted(at)
	switch runs := t.totals.Runs; {
	case d < 0 || t.exact: // and so Runs stays empty
	case g.Class != detectors.ClassUser:
		t.totals.Others[g.Class].Add(d)
	case g.Stack != 0 && int(g.Stack) < len(runs):
		t.totals.Ran.Mark(d) // the sum is made of Runs and Unseen: see sumUp
		runs[g.Stack].Add(d)
	default:
		t.totals.Ran.Mark(d)
		t.ranElsewhere(g, d)
	}
	return d
}

// sumUp completes the totals at the window's end.
func (t *Timeline) sumUp() {
	s := &t.totals
	for p := range t.heat {
		t.flushHeat(p)
		s.Delays.Merge(&s.DelaysOn[p])
	}
	for _, starts := range [...]detectors.Sum{s.Delays.Sum(), s.Requeued.Sum(), s.Yielded.Sum()} {
		s.All.Starts.Merge(starts)
	}
	for _, starts := range s.OtherDelays {
		s.All.Starts.Merge(starts)
	}
	s.All.Preempted += s.Preempted
	s.All.TimerWakeups += s.TimerWakeups
	s.All.TimerCreates += s.TimerCreates
	for _, r := range s.Runs {
		s.Ran.AddSum(r)
	}
	for _, r := range s.Unseen {
		s.Ran.AddSum(r.Sum)
	}
}

// yields returns what it is that g stops but could go on, and counts it.
func (t *Timeline) yields(g *goroutine) detectors.Kind {
	if g.Reason != detectors.ReasonPreempted {
		return detectors.GoYield
	}
	if g.Class == detectors.ClassUser {
		t.totals.Preempted++
	} else {
		t.totals.All.Preempted++ // the user's are added in sumUp, here and below
	}
	return detectors.GoPreempt
}

// ranElsewhere is ran for a stack that is not in the table yet, or for no stack.
func (t *Timeline) ranElsewhere(g *goroutine, d time.Duration) {
	if g.Stack != 0 {
		t.totals.Runs = grow(t.totals.Runs, int(g.Stack))
		t.totals.Runs[g.Stack].Add(d)
		return
	}
	t.unseen.of(&t.totals.Unseen, g.Creator, g.Start).Add(d)
}

// unseenIndex finds an element of [detectors.Totals].Unseen.
type unseenIndex struct {
	latest []int // by creator, of those of it the one that was asked for last, plus one; 0: none
	at     map[unseenKey]int
}

type unseenKey struct {
	creator detectors.StackID
	start   detectors.SiteID
}

// of returns the element for a creator and a start. Nearly always a go statement starts
// one function, the same as last time.
func (x *unseenIndex) of(all *[]detectors.UnseenRuns, creator detectors.StackID, start detectors.SiteID) *detectors.UnseenRuns {
	if int(creator) >= len(x.latest) {
		x.latest = grow(x.latest, int(creator))
	}
	if i := x.latest[creator]; i > 0 && (*all)[i-1].Start == start {
		return &(*all)[i-1]
	}
	key := unseenKey{creator, start}
	i, ok := x.at[key]
	if !ok {
		i = len(*all)
		*all = append(*all, detectors.UnseenRuns{Creator: creator, Start: start})
		x.at[key] = i
	}
	x.latest[creator] = i + 1
	return &(*all)[i]
}

// waited counts the time that g, which is woken now, was waiting, and returns it. Nobody
// says that no goroutine wakes it.
func (t *Timeline) waited(g *goroutine, at detectors.Time, nobody bool) time.Duration {
	d := g.lasted(at)
	if nobody && timers.Has(g.Reason) {
		if g.Class == detectors.ClassUser {
			t.totals.TimerWakeups++
			if !t.exact {
				t.woken(g, at)
			}
		} else {
			t.totals.All.TimerWakeups++
		}
	}
	if d < 0 {
		return d
	}
	t.totals.Waits[g.Class][g.Reason].Add(d)
	if g.sited && g.Class == detectors.ClassUser {
		if g.Reason == detectors.ReasonSync {
			t.totals.Locks = grow(t.totals.Locks, int(g.Stack))
			t.totals.Locks[g.Stack].Add(d)
		} else {
			t.waitedForNetwork(g, d)
		}
	}
	return d
}

// woken counts that a timer wakes g.
func (t *Timeline) woken(g *goroutine, at detectors.Time) {
	s := &t.totals.Timers
	s.Woken = grow(s.Woken, int(g.Stack))
	s.Woken[g.Stack]++
	t.fired(at)
}

// fired counts a timer's firing that shows.
func (t *Timeline) fired(at detectors.Time) {
	s := &t.totals.Timers
	if n := max(0, int(at.Sub(s.Start)/detectors.HeatBucket)); n < limits.HeatColumns {
		s.Columns = grow(s.Columns, n)
		s.Columns[n]++
	}
}

func (t *Timeline) waitedForNetwork(g *goroutine, d time.Duration) {
	if int(g.Stack) >= len(t.totals.Network) {
		t.totals.Network = grow(t.totals.Network, int(g.Stack))
	}
	n := &t.totals.Network[g.Stack]
	if g.Reason != detectors.ReasonNetwork { // for the goroutine that reads the connection
		n.Answers.Add(d)
		return
	}
	n.Waits.Add(d)
	switch {
	case g.OnBehalf:
		n.Answers.Add(d)
		t.totals.Answers.Add(d)
	case g.Asked:
		n.Asked.Add(d)
	}
}

// created counts the creation of g. A timer says that no goroutine did it.
func (t *Timeline) created(g *goroutine, timer bool) {
	t.begun(g).Created++
	if g.Class != detectors.ClassUser {
		if timer {
			t.totals.All.TimerCreates++
		}
		return
	}
	t.births(g).Created++
	if timer {
		t.totals.TimerCreates++
		if !t.exact {
			s := &t.totals.Timers
			s.Created = grow(s.Created, int(g.Start))
			s.Created[g.Start]++
			t.fired(g.CreatedAt)
		}
	}
}

// gone counts the end of g.
func (t *Timeline) gone(g *goroutine) {
	t.begun(g).Ended++
	if g.Class == detectors.ClassUser {
		t.births(g).Ended++
	}
}

// begun returns the counts of goroutines that began where g did.
func (t *Timeline) begun(g *goroutine) *detectors.Births {
	if int(g.Start) >= len(t.totals.All.Begun) {
		t.totals.All.Begun = grow(t.totals.All.Begun, int(g.Start))
	}
	return &t.totals.All.Begun[g.Start]
}

func (t *Timeline) births(g *goroutine) *detectors.Births {
	if int(g.Creator) >= len(t.totals.Births) {
		t.totals.Births = grow(t.totals.Births, int(g.Creator))
	}
	return &t.totals.Births[g.Creator]
}

// returned counts a system call during which g lost its P.
func (t *Timeline) returned(g *goroutine, at detectors.Time) {
	if d := g.lasted(at); d >= 0 && g.Class == detectors.ClassUser {
		t.totals.Syscalls.Add(d)
	}
}

// timers are the waits that end, when nobody's goroutine ends them, because of a timer:
// the network poller is the only other one, and it wakes who waits for the network.
const timers = detectors.Reasons(1<<detectors.ReasonSleep | 1<<detectors.ReasonSelect | 1<<detectors.ReasonChanReceive)

// requeued are the reasons of who waits for a P by its own doing.
const requeued = detectors.Reasons(1<<detectors.ReasonPreempted | 1<<detectors.ReasonGosched)

// heatRow is the heat map's cell that a P is making.
type heatRow struct {
	number int
	end    detectors.Time
	cell   detectors.HeatCell
	waits  [detectors.WaitRows]uint32
}

// turnHeat goes on to a P's cell that a moment is in.
func (t *Timeline) turnHeat(p int, at detectors.Time) {
	t.heat, t.totals.DelaysOn = grow(t.heat, p), grow(t.totals.DelaysOn, p)
	t.flushHeat(p)
	start := t.totals.Heat.Start
	n := max(0, int(at.Sub(start)/detectors.HeatBucket))
	t.heat[p].number, t.heat[p].end = n, start.Add(time.Duration(n+1)*detectors.HeatBucket)
}

// flushHeat puts a P's cell into the map, and its sums into those of all delays.
func (t *Timeline) flushHeat(p int) {
	r, s := &t.heat[p], &t.totals
	if r.cell.Starts == 0 {
		return
	}
	s.DelaysOn[p].AddSum(detectors.Sum{Count: uint64(r.cell.Starts), Total: r.cell.Sum, Max: r.cell.Max})
	if m := &s.Heat; r.number < limits.HeatColumns {
		if p >= len(m.Procs) {
			m.Procs = slices.Grow(m.Procs, p+1-len(m.Procs))[:p+1] // rows of earlier windows, emptied
		}
		m.Procs[p] = grow(m.Procs[p], r.number)
		c := &m.Procs[p][r.number]
		c.Starts += r.cell.Starts
		c.Sum = min(c.Sum, math.MaxInt64-r.cell.Sum) + r.cell.Sum
		c.Max = max(c.Max, r.cell.Max)
		column := int(r.end.Add(-1).Sub(m.WaitsStart) / detectors.WaitColumn)
		m.Waits = grow(m.Waits, column)
		for i, n := range r.waits {
			m.Waits[column][i] += n
		}
	}
	r.cell, r.waits = detectors.HeatCell{}, [detectors.WaitRows]uint32{}
}

// grow makes a slice long enough to have an element i.
func grow[T any](s []T, i int) []T {
	if i < len(s) {
		return s
	}
	return append(s, make([]T, i+1-len(s))...)
}

package detectors

import (
	"cmp"
	"time"
)

// work returns what a goroutine that was seen at a stack is busy with: see [Stack].Work, or
// else it is the function that it began in. An HTTP server's goroutines all begin in one
// function, whatever they are asked for.
func (c *Code) work(stack StackID, start SiteID) SiteID {
	if work := c.Stack(stack).Work; work != 0 {
		return work
	}
	return start
}

// wakers returns what the goroutine was busy with that made one runnable, 0 if none did.
func (c *Code) wakers(g *Goroutine) SiteID {
	s := c.Stack(g.Waker)
	return cmp.Or(s.Work, s.Bottom)
}

// occupant is the work of the service that used the Ps most.
type occupant struct {
	work  SiteID // see Code.work
	start SiteID // the function that its goroutines began in
	runs  Sum    // of all its goroutines
	site  SiteID // where among its code most of the time went
	at    Sum    // what ran there
}

// others reports whether a goroutine that was late is busy with something else than the
// occupant. One that began in the same function and shows no work of its own yet is in doubt: it may
// be about to do just that. One that was woken by the occupant serves it: a queue's other end. Nor is
// one that has not been seen at any stack yet somebody else: in a dump that may be the occupant's.
func (o *occupant) others(l lateWork) bool {
	return l.work != 0 && l.work != o.work && l.work != o.start && (l.by == 0 || l.by != o.work)
}

// lateWork is what a goroutine that was late is busy with, and who made it runnable.
type lateWork struct{ work, by SiteID }

func (c *Code) lateWork(g *Goroutine, stack StackID) lateWork {
	return lateWork{c.work(stack, g.Start), c.wakers(g)}
}

// watchRanMore reports whether the watch itself ran for long in a window, and longer than the code that would be blamed for
// keeping others from running: for who looks at its page a trace may be read again. Then nobody is to blame. (The
// window of some milliseconds in which it takes the trace from the runtime is nearly all its own, always.)
func watchRanMore(w *Window, than time.Duration) bool {
	return w.Totals.Others[ClassWatch].Total > max(than, watchLong)
}

// watchLong is how long the watch has to run in a window to keep others waiting. What it does by itself takes some
// percent of a P.
const watchLong = 100 * time.Millisecond

// watchToBlame is what a verdict says then.
const watchToBlame = "the watch itself used the Ps most, for somebody who asked it"

// occupantOf returns the work that ran longest in a window.
func occupantOf(w *Window) occupant {
	type place struct{ work, site SiteID }
	works, places := make(map[SiteID]Sum), make(map[place]Sum)
	starts := make(map[SiteID]SiteID)
	count := func(work, start, site SiteID, r Sum) {
		all, here := works[work], places[place{work, site}]
		all.Merge(r)
		here.Merge(r)
		works[work], places[place{work, site}], starts[work] = all, here, start
	}
	for id, r := range w.Totals.Runs {
		if r.Count == 0 {
			continue
		}
		s := w.Code.Stack(StackID(id))
		site := s.Site
		if !s.User {
			site = s.Bottom
		}
		count(w.Code.work(StackID(id), s.Bottom), s.Bottom, site, r)
	}
	for _, r := range w.Totals.Unseen {
		count(r.Start, r.Start, w.Code.home(r.Start, r.Creator), r.Sum)
	}
	var top occupant
	delete(works, 0) // what is not known is not one work
	for work, r := range works {
		if r.Total > top.runs.Total || r.Total == top.runs.Total && work < top.work {
			top.work, top.runs, top.start = work, r, starts[work]
		}
	}
	for at, r := range places {
		if at.work == top.work && (r.Total > top.at.Total || r.Total == top.at.Total && at.site < top.site) {
			top.site, top.at = at.site, r
		}
	}
	return top
}

// late counts the starts that were late, by what the goroutine was busy with.
type late map[lateWork]*slowStarts

// slowStarts are the starts of one work's goroutines that were late.
type slowStarts struct {
	n     int
	sum   time.Duration
	worst GoroutineEvidence
}

// add counts that g had been ready for so long at a moment, when it started or the window ended.
func (l late) add(work lateWork, g *Goroutine, proc ProcID, stack StackID, d time.Duration, at Time) {
	v := l.of(work)
	v.n++
	v.sum += d
	if d > v.worst.Duration {
		v.worst = waitedForP(g, proc, stack, d, at)
	}
}

// waitedForP is the evidence that a goroutine started late at a moment.
func waitedForP(g *Goroutine, proc ProcID, stack StackID, d time.Duration, at Time) GoroutineEvidence {
	return GoroutineEvidence{ID: g.ID, Proc: proc, At: at.Add(-d), Duration: d, Stack: stack, What: "waited for a P, was parked here before"}
}

func (l late) of(work lateWork) *slowStarts {
	v := l[work]
	if v == nil {
		v = new(slowStarts)
		l[work] = v
	}
	return v
}

func (v *slowStarts) merge(other *slowStarts) {
	v.n += other.n
	v.sum += other.sum
	if other.worst.Duration > v.worst.Duration {
		v.worst = other.worst
	}
}

// merge adds all that other counted.
func (l late) merge(other late) {
	for work, v := range other {
		l.of(work).merge(v)
	}
}

// others sums up all but the occupant's own.
func (l late) others(o *occupant) (sum slowStarts) {
	for work, v := range l {
		if o.others(work) {
			sum.merge(v)
		}
	}
	return sum
}

// sufferers lists the three works of others whose goroutines waited longest.
func (l late) sufferers(o *occupant) []SiteEvidence {
	all := make(map[SiteID]*slowStarts)
	for work, v := range l {
		if o.others(work) {
			if all[work.work] == nil {
				all[work.work] = new(slowStarts)
			}
			all[work.work].merge(v)
		}
	}
	var top []SiteEvidence
	for id, v := range all {
		top = append(top, SiteEvidence{Site: id, Count: v.n, Total: v.sum, Max: v.worst.Duration, What: "its goroutines waited for a P"})
	}
	return worst(top, 3)
}

// ownDoing reports whether a goroutine that was runnable for this reason waited by its own
// doing: it used its time on the P up, or yielded.
func ownDoing(r Reason) bool { return r == ReasonPreempted || r == ReasonGosched }

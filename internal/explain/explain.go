package explain

import (
	"fmt"
	"math"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A Question is something that happened to a goroutine: what did it do then, and why?
type Question struct {
	G        detectors.GoID
	From, To detectors.Time
}

// A Generation is a generation, and the time that it covers.
type Generation struct {
	Raw        wire.Raw
	Start, End detectors.Time
}

// Answer goes through a trace again, as far as the question needs it, and answers. The generations
// follow each other. It is never nil: what cannot be answered says why.
func (q Question) Answer(gens []Generation) *detectors.Explanation {
	a, alone := q.answer(gens, q.From)
	if alone { // who was seen before may have to do with it
		a, _ = q.answer(gens, math.MinInt64)
	}
	return a
}

// answer is Answer, from what happened since a moment. It reports whether somebody waits, without an
// end, for nobody who was seen since then.
func (q Question) answer(gens []Generation, from detectors.Time) (a *detectors.Explanation, alone bool) {
	x := newExplainer(q, from)
	if err := x.read(gens); err != nil {
		return missing("its trace cannot be read again: %v", err), false
	}
	return x.answer(), x.alone
}

func missing(format string, args ...any) *detectors.Explanation {
	return &detectors.Explanation{Missing: fmt.Sprintf(format, args...)}
}

// explainer is one question's reading.
type explainer struct {
	Question
	namer
	divider
	tl    *timeline.Timeline
	code  *detectors.Code
	last  detectors.Window
	path  []uint32 // of goroutines whose waits have not ended, each waiting for the next
	stays map[uint32]timeline.StayID
	alone bool // a wait has not ended, and who has to do with such was not seen
}

// newExplainer returns one that goes back to a moment at most.
func newExplainer(q Question, from detectors.Time) *explainer {
	code, past := detectors.NewCode(), timeline.NewPast(limits.ExplainedStays)
	x := &explainer{
		Question: q, code: code, tl: timeline.New(code, nil),
		namer:   namer{code: code, near: q.G},
		divider: divider{past: past, code: code, through: true, home: uint32(q.G), followed: limits.FollowedStays},
	}
	x.divider.stuck = x.stuck
	past.From, past.Until = from, q.To
	x.tl.KeepAlone(past)
	return x
}

// read reads the generations that the question is about, and the one before: what goes on through one, who waits
// and for what, who runs, may be said in it at its end only.
func (x *explainer) read(gens []Generation) error {
	for i, g := range gens {
		if i < len(gens)-2 && gens[i+1].End < x.past.From {
			continue
		}
		parsed, err := wire.Parse(g.Raw)
		if err != nil {
			return err
		}
		if x.last.Generation != 0 && !x.tl.Follows(parsed.Number) && detectors.Time(parsed.MinTime) > x.To {
			break // what comes after the gap is not asked for
		}
		if x.last, err = x.tl.Feed(parsed); err != nil {
			return err
		}
		if x.past.Passed {
			x.last.End = max(x.last.End, x.To)
		}
		if x.last.End >= x.To {
			break
		}
	}
	x.tl.KeepOpen(x.last.End)
	x.addStops(x.past)
	return nil
}

// answer answers a question about what was read.
func (x *explainer) answer() *detectors.Explanation {
	from, to := max(x.From, x.past.Horizon()), min(x.To, x.last.End)
	id := x.lastStay()
	if from, to = x.alive(id, from, to); id == 0 || from >= to {
		return missing("the trace in memory tells nothing of goroutine %d in that time", x.G)
	}
	var d Division
	x.Division = &d
	x.own(id, from, to)
	r := &detectors.Explanation{Goroutine: x.G, From: from, To: to, Chain: x.tree(&d)}
	if len(r.Chain) == 0 {
		return missing("the trace in memory tells nothing of goroutine %d in that time", x.G)
	}
	switch main := r.Chain[0]; main.Dimension {
	case detectors.DimLock, detectors.DimChannel, detectors.DimNetwork, detectors.DimSleep:
		if longest, ok := x.longestWait(&d, main); ok {
			r.Alike, r.Longest = x.alike(longest)
		}
	case detectors.DimRunning, detectors.DimStopTheWorld, detectors.DimAssist, detectors.DimSyscall:
		r.Delayed = x.delayed(from, to, uint32(x.G))
	}
	if spans, total := ready(&d); total > 0 && 2*total >= to.Sub(from) {
		r.Instead = x.instead(spans, total, x.last.Procs)
	}
	return r
}

// lastStay returns the goroutine's latest stay.
func (x *explainer) lastStay() timeline.StayID {
	if last := x.tl.LastStay(x.G); last != 0 {
		return last
	}
	var last timeline.StayID
	for id, s := range x.past.Since(x.From) { // it has ended: its stays are somewhere among all
		if s.G == uint32(x.G) {
			last = id
		}
	}
	return last
}

// alive returns the part of a time in which the goroutine was there; id is its latest stay.
func (x *explainer) alive(id timeline.StayID, from, to detectors.Time) (born, dead detectors.Time) {
	s := x.past.At(id)
	if s != nil && x.tl.LastStay(x.G) == 0 {
		to = min(to, s.End)
	}
	for s != nil && s.Prev != 0 && s.End > from {
		s = x.past.At(s.Prev)
	}
	if s != nil && s.State == detectors.NotExist {
		from = max(from, s.End)
	}
	return from, to
}

// own divides what a goroutine did between two moments: its stays, whoever they were for.
func (x *explainer) own(id timeline.StayID, from, to detectors.Time) {
	s := x.past.At(id)
	for s != nil {
		prev := x.past.At(s.Prev)
		if prev == nil || prev.End < to {
			break
		}
		s = prev
	}
	if s != nil {
		x.goroutine(s, from, point{at: to, g: s.G}, -1, 0)
	}
}

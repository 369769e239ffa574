package explain

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// Requests divides the time of every task and every region of a trace, and keeps what it comes to
// for each name. It is used by the goroutine that reads the trace.
type Requests struct {
	tl      *timeline.Timeline
	past    *timeline.Past
	div     divider
	room    Division // of the request at hand
	through Division // of the same, divided through the waits for mutexes too
	names   map[requestName]*request
	cycle   cycles
	each    func(*timeline.Span, *Division) // for tests

	// Counts, if it is set, says whether requests that end at a moment are asked for, and is told when
	// the trace began.
	Counts func(begin, end detectors.Time) bool

	// budget is how many more parts there may be. It grows with the trace.
	budget int

	// Dropped is how many requests were not divided: their name was one too many, or there would
	// be too many parts.
	Dropped uint64
}

type requestName struct {
	name   string
	region bool
}

// request is what is known of the requests of one name.
type request struct {
	requestName
	spared, met distribution // of those that met no GC, and of those that did
	queued      distribution // how long they had been there before
	loads       map[int]*load
	slowest     []detectors.SlowRequest // the slowest first
}

// load is how long requests took that met a GC cycle which began under some load.
type load struct {
	long  detectors.Histogram
	parts detectors.Parts
}

// NewRequests makes a timeline keep its past, and divides what ends in it. It is called before the
// first generation is fed.
func NewRequests(code *detectors.Code, tl *timeline.Timeline) *Requests {
	r := &Requests{tl: tl, past: timeline.NewPast(limits.PastStays), names: make(map[requestName]*request), budget: limits.RequestParts}
	r.div = divider{past: r.past, code: code}
	r.past.Settled = r.settled
	tl.Keep(r.past)
	return r
}

// Window is called at the end of each generation.
func (r *Requests) Window(w *detectors.Window) {
	r.budget = min(r.budget+limits.PartsPerEvent*int(w.Events), limits.RequestParts)
	r.settled(w.End)
}

// since returns the ranges that ended at a moment or later.
func since(all []timeline.Range, at detectors.Time) []timeline.Range {
	return slices.DeleteFunc(all, func(r timeline.Range) bool { return r.To < at })
}

// settled divides what has ended. All that happened before a moment is known.
func (r *Requests) settled(until detectors.Time) {
	r.div.addStops(r.past)
	r.cycle.add(r.past)
	waiting := r.past.Spans[:0]
	for i := range r.past.Spans {
		if s := &r.past.Spans[i]; s.End > until {
			waiting = append(waiting, *s)
		} else {
			r.divide(s)
		}
	}
	clear(r.past.Spans[len(waiting):]) // their names
	r.past.Spans = waiting
	r.forget(until)
}

// forget drops what no request will ask for any more.
func (r *Requests) forget(until detectors.Time) {
	keep := min(r.tl.OpenSince(), until)
	for i := range r.past.Spans {
		s := &r.past.Spans[i]
		if keep = min(keep, s.Begin); s.Arrived != 0 {
			keep = min(keep, s.Arrived)
		}
	}
	r.past.Forget(keep)
	keep = max(keep, r.past.Horizon()) // of what is open for longer the rest has been forgotten
	r.past.Procs = r.past.Procs[:0]    // nobody asks what the Ps did
	r.div.stops = since(r.div.stops, keep)
	r.cycle.forget(keep)
}

// addStops takes over the stops of the world that were met.
func (w *divider) addStops(p *timeline.Past) {
	if len(p.Stops) > 0 {
		w.stops = append(w.stops, p.Stops...)
		slices.SortFunc(w.stops, func(a, b timeline.Range) int { return cmp.Compare(a.From, b.From) })
		p.Stops = p.Stops[:0]
	}
}

// divide divides a task or a region.
func (r *Requests) divide(s *timeline.Span) {
	if r.Counts != nil && !r.Counts(r.past.Begin, s.End) {
		return
	}
	q := r.of(requestName{s.Name, s.Region})
	if q == nil || r.budget < 0 {
		r.Dropped++
		return
	}
	r.div.span(&r.room, s)
	r.budget -= len(r.room.Parts)
	if r.each != nil {
		r.each(s, &r.room)
	}
	d := s.End.Sub(s.Begin)
	if c := r.cycle.first(s.Begin, s.End); c == nil {
		q.spared.add(d, &r.room, r.div.code)
	} else {
		q.met.add(d, &r.room, r.div.code)
		q.under(loadOf(c.load)).add(d, r.room.Parts)
	}
	r.keep(q, s)
	if s.Arrived != 0 {
		r.div.divide(&r.room, s.Arrived, s.BeganOn, point{last: s.First, at: s.Begin, stack: s.BeginStack, g: s.BeganOn})
		q.queued.add(s.Begin.Sub(s.Arrived), &r.room, r.div.code)
	}
}

// span divides a task or a region.
func (w *divider) span(d *Division, s *timeline.Span) {
	w.divide(d, s.Begin, s.BeganOn, point{last: s.Last, at: s.End, stack: s.Stack, g: s.EndOn})
}

// of returns what is known of a name, nil if there is no room for another.
func (r *Requests) of(n requestName) *request {
	q := r.names[n]
	if q == nil && len(r.names) < limits.RequestNames {
		q = &request{requestName: n, loads: make(map[int]*load)}
		r.names[n] = q
	}
	return q
}

func (q *request) under(n int) *load {
	x := q.loads[n]
	if x == nil {
		x = new(load)
		q.loads[n] = x
	}
	return x
}

func (x *load) add(d time.Duration, parts []Part) {
	x.long.Add(d)
	for i := range parts {
		p := &parts[i]
		x.parts[p.Dimension] += p.To.Sub(p.From)
	}
}

// loadOf groups requests in flight: 0, 1, 2 to 3, 4 to 7 and so on.
func loadOf(inFlight int) int { return bits.Len(uint(max(inFlight, 0))) }

// exemplars is how many of the slowest are kept.
const exemplars = 3

// keep keeps the request at hand if it is one of the slowest of its name.
func (r *Requests) keep(q *request, s *timeline.Span) {
	if len(q.slowest) == exemplars {
		if last := &q.slowest[exemplars-1]; s.End.Sub(s.Begin) <= last.End.Sub(last.Begin) {
			return
		}
		q.slowest = q.slowest[:exemplars-1]
	}
	r.div.through = true
	r.div.span(&r.through, s)
	r.div.through = false
	r.budget -= len(r.through.Parts)
	q.slowest = append(q.slowest, slow(namer{code: r.div.code, near: s.Near}, s, r.room.Parts, &r.through))
	slices.SortStableFunc(q.slowest, func(a, b detectors.SlowRequest) int { return cmp.Compare(b.End.Sub(b.Begin), a.End.Sub(a.Begin)) })
}

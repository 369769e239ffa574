package timeline

import (
	"iter"
	"math"
	"slices"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A Past is what the goroutines of a trace have done, for whoever has to go back from a moment
// to what led to it. A timeline that was told to keep one (see [Timeline.Keep]) adds a stay for each
// transition, in one pass and in whatever order it goes through the threads: a goroutine's stays
// are linked to each other and to those of who woke it, so that nothing need be in the order of time.
//
// It keeps as much as it may and then forgets the oldest.
type Past struct {
	// Begin is the moment before which nothing is known, for lack of a trace.
	Begin detectors.Time

	// From is since when what happens is of interest, for [Timeline.KeepAlone].
	From detectors.Time

	// Until is when what happens is of no interest any more, if it is not 0: a generation is not
	// gone through to its end then, and Passed says so: nothing else happened until then.
	Until  detectors.Time
	Passed bool

	// Spans are the tasks and regions that have ended, Stops the stops of the world and Marks the
	// GC's mark phases, in the order in which they were met. The reader takes what it has dealt
	// with out of them.
	Spans []Span
	Stops []Range
	Marks []Range

	// Procs are the changes of Ps, in the order in which they were met.
	Procs []ProcChange

	// Settled, if it is set, is called now and then, when all that happened before a moment is
	// known, and spans may have ended. It is not called for what a generation ends with.
	Settled func(until detectors.Time)

	chunks  []*stayChunk   // the oldest first; the last has room, or is full
	most    int            // chunks
	first   uint32         // the number of the oldest
	latest  *stayChunk     // the last
	start   detectors.Time // of the trace, as far as it has no gap
	next    StayID
	horizon detectors.Time
	told    StayID // the next one when Settled was called
	spare   []*stayChunk

	// reached is the latest moment of the threads whose turn it is not, if threads go ahead of each
	// other: the clock of one may be ahead of the others' by more than a slice.
	reached *detectors.Time
}

// StayID is the number of a stay. 0 is none.
type StayID uint32

// Open stands for who would end what has not ended. One stay of four billion has that number.
const Open StayID = math.MaxUint32

// A Stay is a goroutine's time in one state, which has ended. It began when the one before it
// ended, so that what a goroutine did is found by going back from its latest.
//
// The first stay of a goroutine is the one before it was there: its State is NotExist if it was
// created, and then Link, Stack and By tell by whom, where it begins and the go statement's stack; or
// Undetermined if the past began later, and then Stack is where it began, if that is known.
type Stay struct {
	End  detectors.Time
	Prev StayID // the goroutine's stay before this one, 0 for its first

	// Link leads to who ended the wait (State Waiting) or created the goroutine: to the latest stay
	// of that goroutine that had ended then, which was running since. It is 0 if nobody's
	// goroutine did, and Open if the wait has not ended.
	Link StayID

	// Stack is where the goroutine was: where it stopped running, waited or was in a system call.
	// Of a Runnable one it is where it stopped before.
	Stack detectors.StackID

	// By is the P of a Running stay plus one (0: not known), and the stack of who made it runnable of
	// a Waiting one.
	By uint32

	G     uint32 // its number's lower half
	State detectors.GoState

	// Reason is why it stopped running: of a Running stay at its end, of others before them. Where it
	// did not stop, because the stay was split or it ended, that is why it had stopped before.
	Reason detectors.Reason

	Assist bool // it was in a GC mark assist
	Stops  bool // it had stopped the world
}

// A Span is a task or a region that has ended.
type Span struct {
	Name   string
	Region bool

	Begin, End     detectors.Time
	BeganOn, EndOn uint32         // the lower halves of the goroutines' numbers
	Near           detectors.GoID // the whole of EndOn's

	// Arrived is when what a task without a parent is for was there: when the read of a server's
	// connection ended, or its goroutine was created; 0 if neither led to it. First is that
	// goroutine's latest stay when the task began, and BeginStack where it was then.
	Arrived    detectors.Time
	First      StayID
	BeginStack detectors.StackID

	// Last is the latest stay of the goroutine in which it ended, which was running since, and
	// Stack where it was then.
	Last  StayID
	Stack detectors.StackID
}

// A Range is a time in which something went on for the whole process.
type Range struct {
	From, To detectors.Time    // To is 0 while it goes on
	Stack    detectors.StackID // of who stopped the world

	// Load is how many requests were in flight when a mark phase began: tasks without a parent, or
	// where there are no tasks, goroutines in a region; of these give or take those that entered one or
	// left it within a slice, where threads go ahead of each other.
	Load int
}

// A ProcChange is a P that becomes idle or no longer is.
type ProcChange struct {
	At   detectors.Time
	Proc detectors.ProcID
	Idle bool
}

const (
	stayBits = 14
	stayMask = 1<<stayBits - 1

	chunkNumbers = 1<<(32-stayBits) - 1 // they begin again after these

	// settledStays is after how many stays Settled is called, at the end of a slice. What is read
	// that soon is still in the processor's cache.
	settledStays = 1 << 15

	// settledSpans is after how many spans, if they are in few stays.
	settledSpans = 1 << 13
)

// stayChunk is room for stays of consecutive numbers.
type stayChunk struct {
	stays [1 << stayBits]Stay
	until detectors.Time // none ended later, if it is full
}

// NewPast returns a Past of nothing, which keeps so many stays at the most.
func NewPast(most int) *Past {
	p := &Past{next: 1, most: max(1, most>>stayBits), reached: new(detectors.Time)}
	p.latest = new(stayChunk)
	p.chunks = append(p.chunks, p.latest)
	return p
}

// Keep makes t add to p. It is called before the first generation is fed.
func (t *Timeline) Keep(p *Past) { t.past, p.reached = p, &t.ahead.latest }

// KeepAlone makes t add stays to p, but no spans, and do nothing that is for totals, which are wrong
// then. It begins with that shortly before p.From: what goes on by then is known, and what went
// before costs less than half. It is called before the first generation is fed.
func (t *Timeline) KeepAlone(p *Past) { t.later, t.bare = p, true }

// keepNow begins to add to the past. All that happened before a moment has been gone through.
func (t *Timeline) keepNow(until detectors.Time) {
	p := t.later
	t.later = nil
	t.Keep(p)
	p.Begin = max(p.Begin, min(until, p.From))
	for i := range t.procs {
		if s := t.procs[i].status; s == wire.ProcIdle || s == wire.ProcSyscallAbandoned {
			p.Procs = append(p.Procs, ProcChange{p.Begin, detectors.ProcID(i), true})
		}
	}
}

// divides reports whether spans are kept.
func (t *Timeline) divides() bool { return t.past != nil && !t.bare }

// KeepOpen adds what goroutines do now as stays that end at a moment, and are Open. Nothing is fed
// after that.
func (t *Timeline) KeepOpen(at detectors.Time) {
	if t.later != nil {
		t.keepNow(at)
	}
	for g := range t.gs.all {
		p := uint32(0)
		if g.State == detectors.Running {
			p = uint32(g.LastP + 1)
		}
		t.past.keep(t.gs.find(uint64(g.ID)), max(at, g.Since), Open, p)
	}
}

// LastStay returns the latest stay of a goroutine, 0 if there is none or it does not live.
func (t *Timeline) LastStay(id detectors.GoID) StayID {
	if g := t.gs.find(uint64(id)); g != nil {
		return g.stay
	}
	return 0
}

// OpenSince returns when the oldest task or region began that has not ended, or the end of time.
func (t *Timeline) OpenSince() detectors.Time {
	since := detectors.Time(math.MaxInt64)
	for _, k := range t.tasks {
		since = min(since, k.since)
		if k.arrived != 0 {
			since = min(since, k.arrived)
		}
	}
	for _, open := range t.regions.open {
		since = min(since, open[0].since)
	}
	return since
}

// At returns a stay, or nil if it has been forgotten or there is none of that number. It is good
// until the past is added to.
func (p *Past) At(id StayID) *Stay {
	oldest := p.first << stayBits
	n := uint32(id) - oldest
	if id == 0 || n >= uint32(p.next)-oldest {
		return nil
	}
	return &p.chunks[n>>stayBits].stays[id&stayMask]
}

// Horizon returns the moment since when all stays are kept, but for those of generations that
// were lost. What began before it, and ended later, is kept as well.
func (p *Past) Horizon() detectors.Time { return max(p.Begin, p.horizon) }

// Since returns the stays that are kept and ended after a moment, and some that ended earlier. They come
// in the order in which they ended on each thread; between threads that order may be wrong by a
// slice.
func (p *Past) Since(at detectors.Time) iter.Seq2[StayID, *Stay] {
	first := len(p.chunks) - 1
	for first > 0 && p.chunks[first-1].until >= at {
		first--
	}
	return func(yield func(StayID, *Stay) bool) {
		for i, c := range p.chunks[first:] {
			id := StayID((p.first+uint32(first+i))&chunkNumbers) << stayBits
			for k := range c.stays {
				if id == p.next {
					return
				}
				if id != 0 && !yield(id, &c.stays[k]) {
					return
				}
				id++
			}
		}
	}
}

// Forget drops the stays that ended before a moment, as far as they are not among others.
func (p *Past) Forget(before detectors.Time) {
	n := 0
	for ; n < len(p.chunks)-1; n++ {
		if p.chunks[n].until >= before {
			break
		}
	}
	p.drop(n)
}

// drop forgets the n oldest chunks.
func (p *Past) drop(n int) {
	for _, c := range p.chunks[:n] {
		p.horizon = max(p.horizon, c.until)
		if len(p.spare) < 4 {
			p.spare = append(p.spare, c)
		}
	}
	p.chunks = slices.Delete(p.chunks, 0, n)
	p.first = (p.first + uint32(n)) & chunkNumbers
}

// keep adds that g's stay in its state ends.
func (p *Past) keep(g *goroutine, at detectors.Time, link StayID, by uint32) {
	if g.stay == 0 {
		p.meet(g, at)
	}
	id := p.next
	if id&stayMask == 0 {
		id = p.grow(at)
	}
	s := &p.latest.stays[id&stayMask] // a literal would be made elsewhere and then copied
	s.End, s.Prev, s.Link, s.Stack, s.By, s.G = at, g.stay, link, g.Stack, by, uint32(g.ID)
	s.State, s.Reason, s.Assist, s.Stops = g.State, g.Reason, g.assist.active, g.stops
	p.next = id + 1
	g.stay = id
}

// meet adds, at a moment, the first stay of a goroutine that was there before the past: since when it is
// in its state is all that is known.
func (p *Past) meet(g *goroutine, at detectors.Time) {
	since := p.start
	if g.SinceKnown {
		since = min(g.Since, p.Begin)
	}
	p.begin(g, at, Stay{State: detectors.Undetermined, End: since, Stack: g.begins})
}

// born adds the first stay of g, which by creates, nil for nobody.
func (p *Past) born(by, g *goroutine, at detectors.Time, start, creator detectors.StackID) {
	p.begin(g, at, Stay{State: detectors.NotExist, End: at, Link: p.of(by, at), Stack: start, By: uint32(creator)})
}

func (p *Past) begin(g *goroutine, at detectors.Time, s Stay) {
	id := p.next
	if id&stayMask == 0 {
		id = p.grow(at)
	}
	s.G = uint32(g.ID)
	p.latest.stays[id&stayMask] = s
	p.next = id + 1
	g.stay = id
}

// of returns the latest stay at a moment of g, which may be nil.
func (p *Past) of(g *goroutine, at detectors.Time) StayID {
	if g == nil {
		return 0
	}
	if g.stay == 0 {
		p.meet(g, at)
	}
	return g.stay
}

// grow makes room at a moment for more stays and returns the number of the first.
func (p *Past) grow(at detectors.Time) StayID {
	p.latest.until = max(at, *p.reached)
	if len(p.chunks) == p.most {
		p.drop(1)
	}
	if n := len(p.spare); n > 0 {
		p.latest, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		p.latest = new(stayChunk)
	}
	p.chunks = append(p.chunks, p.latest)
	if p.next == 0 { // the numbers begin again
		p.next = 1
	}
	return p.next
}

// settle tells the reader that all before a moment is known.
func (t *Timeline) settle(until detectors.Time) {
	p := t.past
	if p.Until != 0 && until > p.Until && len(t.frontier) > 0 {
		p.Passed = true
		t.frontier, t.samples = t.frontier[:0], nil
	}
	if p.Settled != nil && (p.next-p.told > settledStays || len(p.Spans) > settledSpans) {
		p.told = p.next
		p.Settled(until)
	}
}

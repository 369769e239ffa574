package timeline

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"runtime/debug"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// An Observer is told what it asked for.
type Observer struct {
	Observes detectors.Kinds
	Observe  func(*detectors.Observation)

	// Long and AtLeast are as in [detectors.Spec].
	Long    detectors.Kinds
	AtLeast time.Duration

	// Reasons is as in [detectors.Spec].
	Reasons detectors.Reasons
}

// listener is one observer of a kind.
type listener struct {
	observe  func(*detectors.Observation)
	observer int
	atLeast  time.Duration
	reasons  detectors.Reasons // of a GoUnpark; see wants
}

// wants reports whether a listener to long ones is told of this one.
func (l *listener) wants(o *detectors.Observation, kind detectors.Kind, long time.Duration) bool {
	return long >= l.atLeast && (l.reasons == 0 || kind != detectors.GoUnpark || l.reasons.Has(o.Reason))
}

const (
	anyLength = math.MinInt64 // an observer that wants all, whatever their duration
	never     = math.MaxInt64 // one that was switched off
)

// A Timeline follows a trace. It is used by one goroutine at a time.
type Timeline struct {
	code      *detectors.Code
	listeners [detectors.NumKinds][]listener    // the observers that want a kind
	heard     detectors.Kinds                   // those that somebody wants
	eager     [detectors.NumKinds]int           // how many of them want it whatever its duration; they come first
	shortest  [detectors.NumKinds]time.Duration // the least that one of the others wants
	least     [detectors.NumKinds]time.Duration // the least that any of them wants
	leastWait [256]time.Duration                // the least that any of them wants of a GoUnpark, by reason

	// OnPanic is told of an observer's panic. It may call SwitchOff.
	OnPanic func(observer int, value any, stack []byte)

	// What is known of the program.
	gs      goroutines
	procs   []proc
	threads map[uint64]*thread
	nothing thread // stands for the thread of events that have none
	tasks   map[detectors.TaskID]task
	roots   int // of the tasks, those that have no parent
	regions regions
	stops   map[detectors.GoID]stop
	gc      gcState
	heap    heap
	nprocs  int // GOMAXPROCS, 0: not said

	// Where it stands.
	gen     uint64         // the last generation fed; 0: none, or state was lost
	initial uint64         // the first generation with events, of those that follow each other; 0: none yet
	last    detectors.Time // the last moment that was given out
	sym     symbols

	// The generation being fed.
	cursors  []cursor
	frontier frontier
	samples  []wire.CPUSample
	events   uint64
	ignored  uint64 // what found no room
	problem  error  // why the last event that was tried is broken
	failed   error  // why the generation is
	totals   detectors.Totals
	readings []detectors.Reading
	heat     []heatRow // by P
	unseen   unseenIndex
	slowly   bool  // for tests: never fast
	exact    bool  // see Exact
	past     *Past // see Keep
	later    *Past // that will be kept, see KeepAlone
	bare     bool  // totals are not wanted
	ahead    ahead

	// What happened and was not told yet: one event makes at most three
	// observations. told counts observations, toldTo observers of the next one,
	// so that telling can go on after an observer's panic.
	pending      [3]detectors.Observation
	kinds        [3]detectors.Kind // theirs, out of the observers' reach
	stained      [3]bool           // has fields set that transitions do not use
	npending     int
	calling      int                   // the observer that is being told, or notCalling
	unheard      detectors.Observation // takes what nobody asked for
	told, toldTo int
	dead         detectors.Goroutine // the one that a pending GoEnd is about
}

type task struct {
	parent detectors.TaskID
	name   string
	since  detectors.Time
	by     uint32 // the lower half of the number of the goroutine that began it

	// For the past, see Span.
	arrived detectors.Time
	first   StayID
	stack   detectors.StackID
}

// stop is a stop of the world that a goroutine has begun.
type stop struct {
	rangeState
	kind  string
	stack detectors.StackID
}

// gcState is what is known of the GC's cycle.
type gcState struct {
	state gcPhase
	seq   uint64
	known bool
	since detectors.Time
}

type gcPhase uint8

const (
	gcUndetermined gcPhase = iota
	gcOff
	gcMarking
)

const notCalling = -1

// New returns a timeline that tells the given observers, in their order; of each
// observation first those that want all of its kind, then those that want long ones.
func New(code *detectors.Code, observers []Observer) *Timeline {
	t := &Timeline{code: code, unseen: unseenIndex{at: make(map[unseenKey]int)}}
	for k := range detectors.NumKinds {
		t.shortest[k] = never
		for i, o := range observers {
			if o.Observes.Has(k) {
				t.listeners[k] = append(t.listeners[k], listener{observe: o.Observe, observer: i, atLeast: anyLength})
			}
		}
		t.eager[k] = len(t.listeners[k])
		for i, o := range observers {
			if o.Long.Has(k) && !o.Observes.Has(k) {
				t.listeners[k] = append(t.listeners[k], listener{o.Observe, i, o.AtLeast, o.Reasons})
				t.shortest[k] = min(t.shortest[k], o.AtLeast)
			}
		}
		if len(t.listeners[k]) > 0 {
			t.heard |= detectors.Set(k)
		}
		if t.least[k] = t.shortest[k]; t.eager[k] > 0 {
			t.least[k] = anyLength
		}
	}
	for r := range t.leastWait {
		t.leastWait[r] = never
		for _, l := range t.listeners[detectors.GoUnpark] {
			if l.reasons == 0 || l.reasons.Has(detectors.Reason(r)) {
				t.leastWait[r] = min(t.leastWait[r], l.atLeast)
			}
		}
	}
	t.ahead.far = patient(observers)
	t.ahead.own = t.ahead.far
	t.sym = symbols{code: code, sparse: make(map[uint64]detectors.StackID)}
	t.nothing = thread{id: detectors.NoThread, p: noProc}
	t.Forget()
	return t
}

// SwitchOff stops telling an observer anything.
func (t *Timeline) SwitchOff(observer int) {
	for k := range t.listeners {
		for i := range t.listeners[k] {
			if l := &t.listeners[k][i]; l.observer == observer {
				l.atLeast = never
			}
		}
	}
}

// Forget drops what is known of the program's state: what comes next does not
// follow what came before. Stacks and sites keep their numbers.
func (t *Timeline) Forget() {
	t.gs = newGoroutines()
	t.procs = t.procs[:0]
	t.threads = make(map[uint64]*thread)
	t.tasks, t.roots = make(map[detectors.TaskID]task), 0
	t.regions = newRegions()
	t.stops = make(map[detectors.GoID]stop)
	t.gc = gcState{}
	t.heap = heap{said: t.heap.said[:0], runs: t.heap.runs[:0], room: t.heap.room}
	t.gen, t.initial = 0, 0
	t.npending, t.told, t.toldTo, t.calling = 0, 0, 0, notCalling
}

// Follows reports whether the generation of that number continues what was fed.
func (t *Timeline) Follows(number uint64) bool { return t.gen != 0 && number == t.gen+1 }

// Unknown returns how many references to stacks and strings led nowhere, and how
// many things found no room.
func (t *Timeline) Unknown() (references, dropped uint64) { return t.sym.unknown, t.ignored }

// Feed goes through one generation and tells the observers what happened in it. A
// generation that does not follow the last one starts from nothing. After an
// error the state is forgotten, and what was told so far stands.
func (t *Timeline) Feed(g *wire.Generation) (detectors.Window, error) {
	fresh := !t.Follows(g.Number)
	if fresh {
		t.Forget()
	}
	start := t.last
	t.gen = g.Number
	t.events = 0
	t.resetTotals()
	t.readings = t.readings[:0]
	t.sym.install(g)
	err := t.install(g)
	if t.initial == 0 && len(t.frontier) > 0 {
		t.initial = g.Number // what is listed here was there before
	}
	if fresh {
		start = t.last
		if p := cmp.Or(t.past, t.later); p != nil {
			p.begins(start)
		}
	}
	t.startColumns(start)
	for done := err != nil; !done; {
		done, err = t.run()
	}
	t.last = max(t.last, t.ahead.latest)
	t.takeSaid()
	if err != nil {
		t.Forget()
		err = &wire.Error{Offset: g.Offset, Generation: g.Number, Problem: "its events contradict each other", Err: err}
	}
	t.sumUp()
	w := detectors.Window{
		Generation: g.Number,
		Start:      start,
		End:        t.last,
		Fresh:      fresh,
		Procs:      t.maxprocs(),
		Events:     t.events,
		Totals:     &t.totals,
		Clocks:     clocks(g),
		Readings:   t.readings,
		Code:       t.code,
		Goroutines: iter.Seq[*detectors.Goroutine](t.gs.all),
	}
	return w, err
}

func (t *Timeline) maxprocs() int {
	if t.nprocs > 0 {
		return t.nprocs
	}
	return len(t.procs)
}

// install puts every thread's first event into the frontier.
func (t *Timeline) install(g *wire.Generation) error {
	t.failed = nil
	t.ahead.horizon = 0
	t.samples = g.Samples
	t.frontier = t.frontier[:0]
	t.cursors = t.cursors[:0]
	if cap(t.cursors) < len(g.Threads) {
		t.cursors = make([]cursor, 0, len(g.Threads)+len(g.Threads)/4) // pointers into it must stay good
	}
	t.prune(g)
	t.stamp(g.MinTime) // the reference's sync event takes a moment of its own
	for i := range g.Threads {
		t.cursors = append(t.cursors, cursor{Cursor: g.Cursor(i), id: g.Threads[i].ID, last: t.last})
		c := &t.cursors[i]
		if c.Next() {
			t.frontier.insert(c)
		} else if c.Err() != nil {
			return c.Err()
		}
	}
	return nil
}

// thread returns a thread's state, making it if it is new.
func (t *Timeline) thread(id uint64) *thread {
	if id == wire.NoThread {
		return &t.nothing
	}
	th := t.threads[id]
	if th == nil {
		th = &thread{id: detectors.ThreadID(id), p: noProc}
		t.threads[id] = th
	}
	return th
}

// prune forgets threads that have nothing once there are many: programs that lock
// goroutines to threads and let both end would otherwise leave one each.
func (t *Timeline) prune(g *wire.Generation) {
	if len(t.threads) < 2*len(g.Threads)+1000 {
		return
	}
	for id, th := range t.threads {
		if th.gid == 0 && th.p == noProc {
			delete(t.threads, id)
		}
	}
}

// run goes through the generation until its end, an error, or an observer's panic.
func (t *Timeline) run() (done bool, err error) {
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
		if t.ahead.far {
			t.turn()
		}
		if !t.slowly {
			if t.fast() == broken {
				t.fail()
				continue
			}
			if t.npending > 0 || t.beyond() {
				continue
			}
		}
		switch t.step() {
		case happened:
			t.keep()
		case finished:
			return true, t.failed
		default:
			t.fail()
		}
	}
}

// fail ends the generation because of a problem. What has happened so far is still told.
func (t *Timeline) fail() {
	t.failed = t.problem
	t.npending = 0 // of the event that is broken
	t.frontier, t.samples = t.frontier[:0], nil
}

// caught passes on that the observer that is being told has panicked.
func (t *Timeline) caught(v any) {
	stack := debug.Stack()
	if len(stack) > limits.PanicStackBytes {
		stack = stack[:limits.PanicStackBytes]
	}
	who := t.calling
	t.calling = notCalling
	if t.OnPanic != nil {
		t.OnPanic(who, v, stack)
	}
}

// tell tells the observers what happened. This is the only place that calls foreign
// code; after a panic there it goes on with the next observer.
func (t *Timeline) tell() {
	for t.told < t.npending {
		o := &t.pending[t.told]
		long := o.Duration
		if !o.Known {
			long = -1
		}
		kind := t.kinds[t.told]
		who := t.listeners[kind]
		if long < t.shortest[kind] {
			who = who[:t.eager[kind]] // nearly always
		}
		for t.toldTo < len(who) {
			to := &who[t.toldTo]
			t.toldTo++
			if to.wants(o, kind, long) {
				t.calling = to.observer
				to.observe(o)
			}
		}
		t.calling = notCalling
		t.told, t.toldTo = t.told+1, 0
	}
	t.npending, t.told = 0, 0
}

// step moves on by one event.
//
//  1. A CPU sample that is earlier than all events goes first.
//  2. The earliest event is tried: nearly always it can happen.
//  3. If it cannot have happened yet, the others are tried in the order of time.
//  4. If none can, the trace contradicts itself.
func (t *Timeline) step() outcome {
	if !t.ahead.far && len(t.samples) > 0 && (len(t.frontier) == 0 || t.samples[0].Time < t.frontier[0].time) {
		t.sample(&t.samples[0])
		t.samples = t.samples[1:]
		return happened
	}
	if len(t.frontier) == 0 {
		return finished
	}
	if out := t.try(0); out != notYet {
		return out
	}
	t.frontier.sort()
	for i := 1; i < len(t.frontier); i++ {
		if out := t.try(i); out != notYet {
			return out
		}
	}
	c := t.frontier[0].c
	return t.broke(fmt.Errorf("no thread's next event can happen; the earliest is %v at %d on thread %d", c.Type, c.Time, c.id))
}

// try lets the event at i of the frontier happen, if it can.
func (t *Timeline) try(i int) outcome {
	c := t.frontier[i].c
	if c.thread == nil {
		c.thread = t.thread(c.id)
	}
	if !c.Load() {
		return t.broke(c.Err())
	}
	t.enter(c)
	if out := t.happen(c); out != happened {
		return out
	}
	t.events++
	t.exit(c)
	t.move(c, i)
	return happened
}

// happen lets c's event happen, if it can. Its arguments are loaded.
func (t *Timeline) happen(c *cursor) outcome {
	t.npending = 0 // of the first attempt, if it was broken
	out := t.advance(c)
	t.nothing.unbind() // whatever was said of no thread, it has nothing
	t.nothing.p = noProc
	if out == broken {
		t.problem = fmt.Errorf("%v at %d: %w", c.Type, c.Time, t.problem)
	}
	return out
}

// move goes on to the next event of the thread at i of the frontier. If there is something
// that is no event, it stays: that is found out when it is tried.
func (t *Timeline) move(c *cursor, i int) {
	if c.Next() {
		t.frontier.update(i)
	} else if c.Err() == nil {
		t.frontier.remove(i)
	}
}

// moment returns the moment that the next observation will have. Moments are strictly
// increasing.
func (t *Timeline) moment(at wire.Time) detectors.Time { return max(detectors.Time(at), t.last+1) }

// stamp gives the next observation its moment.
func (t *Timeline) stamp(at wire.Time) detectors.Time {
	t.last = t.moment(at)
	return t.last
}

// push adds an observation in the context of th at the event's time. It sets every
// field that transitions use; the rest is empty. If nobody wants that kind, only the
// time means something.
func (t *Timeline) push(kind detectors.Kind, at wire.Time, th *thread) *detectors.Observation {
	if !t.heard.Has(kind) {
		t.unheard.Time = t.stamp(at)
		return &t.unheard // whatever else it says, nobody hears it
	}
	n := t.npending
	o := &t.pending[n]
	t.kinds[n] = kind
	t.npending = n + 1
	if t.stained[n] || kind > detectors.GoEnd {
		*o = detectors.Observation{}
		t.stained[n] = kind > detectors.GoEnd
	}
	o.Kind = kind
	o.Known, o.Reason = false, 0
	o.Duration = 0
	o.Stack, o.ByStack = 0, 0
	o.Time = t.stamp(at)
	o.Thread = th.id
	o.Proc = detectors.ProcID(th.p)
	o.By = detectors.GoID(th.gid)
	return o
}

func (t *Timeline) sample(s *wire.CPUSample) {
	if t.ahead.own {
		t.last = detectors.Time(s.Time) - 1 // it is on no thread's
	}
	o := t.push(detectors.CPUSample, s.Time, &t.nothing)
	o.Thread = detectors.ThreadID(s.Thread)
	o.Proc = detectors.ProcID(s.Proc)
	o.By = detectors.GoID(s.Goroutine)
	o.Stack = t.sym.stack(s.Stack)
	t.ahead.latest = max(t.ahead.latest, o.Time)
}

package tracegen

import (
	"fmt"
	"io"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// World is a simulated Go scheduler that writes what it does as a valid trace.
//
// Moments are absolute nanoseconds, never decrease from call to call, and are
// rounded down to the clock's unit. First say what there was when the trace
// began ([World.Proc], [World.Thread], [World.Goroutine], [Thread.Running],
// [Thread.InSyscall], …), then what happens. What is declared later is taken
// as having been there, but not mentioned, from the beginning.
//
// A status is written some units before the event that needs it, so that the
// event keeps its exact moment in readers that make all times differ.
//
// A misuse panics with the moment, the thread and the reason.
type World struct {
	version wire.Version
	trace   *Trace
	gen     *Generation
	number  uint64 // of gen
	lost    bool   // gen will not be in the trace

	dst io.Writer // where generations go that have ended; nil: they are kept
	err error     // dst's first

	unit     int64 // nanoseconds per clock unit
	clocks   func(at int64) (mono int64, wall time.Time)
	distinct bool   // no two events in one unit
	taken    uint64 // the latest unit that has one; only kept if distinct

	begun, ended bool
	start        int64  // when gen began
	now          int64  // the latest moment told
	doing        string // the call that is running, for panics

	procs   []*Proc
	threads []*Thread
	live    []*Goroutine
	lastG   uint64
	task    Task // the latest
	regions map[*Goroutine][]region

	stacks   []stackEntry // by Stack-1
	stackIDs []uint64     // in gen, by Stack-1; 0 when it is not in there yet
	pcs      map[Frame]uint64

	stopper   *Goroutine // who has stopped the world
	gcSeq     uint64     // the next GC event's
	gcRunning bool
	gcUntold  bool  // gcRunning, and gen does not say so yet
	gcTold    int64 // when a generation last said so

	pending []pendingEvent // statuses to be written before the next event
	events  int            // written so far, statuses at generations' ends not counted
}

// NewWorld returns an empty world whose clock has units of 64 ns, as Linux has.
func NewWorld(v wire.Version) *World {
	return &World{
		version: v,
		trace:   New(v),
		number:  1,
		unit:    64,
		clocks:  defaultClocks,
		regions: make(map[*Goroutine][]region),
		pcs:     make(map[Frame]uint64),
		gcSeq:   1,
	}
}

// FirstGeneration sets the first generation's number, 1 by default: a flight
// recorder's snapshot begins with any.
func (w *World) FirstGeneration(number uint64) {
	w.declare("FirstGeneration")
	w.number = number
}

// Begin says when the trace begins. Without it that is a microsecond before
// the first event.
func (w *World) Begin(at int64) {
	w.declare("Begin")
	w.begun = true
	w.now = at
	w.beginGeneration(at)
}

// GCRunning says that a GC was in its mark phase when the trace began.
func (w *World) GCRunning() {
	w.declare("GCRunning")
	w.gcRunning, w.gcUntold = true, true
}

// Now returns the latest moment told.
func (w *World) Now() int64 { return w.now }

// Bytes ends the trace, a unit after the latest moment told, and returns it.
// The world is over then.
func (w *World) Bytes() []byte {
	w.doing = "Bytes"
	if w.dst != nil {
		w.fail("the trace goes to a writer: see Close")
	}
	w.end()
	return w.trace.Bytes()
}

// To makes the trace go to dst, a generation as soon as it has ended, instead of
// being kept in memory. It ends with [World.Close].
func (w *World) To(dst io.Writer) {
	w.declare("To")
	w.dst = dst
}

// Close ends a trace that goes to a writer as [World.Bytes] ends others. It
// returns the writer's first error, after which nothing was written.
func (w *World) Close() error {
	w.doing = "Close"
	if w.dst == nil {
		w.fail("the trace goes nowhere: see Bytes")
	}
	w.end()
	w.handOver()
	return w.err
}

func (w *World) end() {
	if w.ended {
		w.fail("the trace has ended")
	}
	if !w.begun {
		w.beginGeneration(w.now)
	}
	w.now += w.unit
	w.endGeneration()
	w.ended = true
}

// handOver writes what has ended, if it is to be written and can be.
func (w *World) handOver() {
	if w.dst != nil && w.err == nil {
		_, w.err = w.trace.WriteTo(w.dst)
	}
}

// declare is the beginning of every call that says what there was before.
func (w *World) declare(what string) {
	w.doing = what
	if w.begun || w.ended {
		w.fail("the trace has begun")
	}
}

// at is the beginning of every call that says what happens.
func (w *World) at(what string, at int64) {
	w.doing = what
	if w.ended {
		w.fail("the trace has ended")
	}
	if at < w.now {
		w.fail("%d ns is before the latest moment told (for clocks that disagree, see Thread.Skew)", at)
	}
	w.now = at
	if !w.begun {
		w.begun = true
		w.beginGeneration(at - 1000)
	}
}

// since fails unless the trace's version has what is called for.
func (w *World) since(v wire.Version) {
	if w.version < v {
		w.fail("is of Go 1.%d, and this trace is of Go 1.%d", v, w.version)
	}
}

func (w *World) fail(format string, args ...any) {
	panic(fmt.Sprintf("tracegen: at %d ns: %s: %s", w.now, w.doing, fmt.Sprintf(format, args...)))
}

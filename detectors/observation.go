package detectors

import "time"

// Kind is what an observation is about.
type Kind uint8

// The kinds of observations. From and To of an observation say the states, in
// brackets here.
const (
	// GoCreate: a goroutine was created [not-exist → runnable; → waiting for a
	// coroutine; → syscall for a C thread that calls into Go]. Stack is where it
	// will begin, ByStack the go statement. By is NoGoroutine when a timer
	// created it (time.AfterFunc).
	GoCreate Kind = iota

	// GoList: a generation's list says what state a goroutine is in [undetermined →
	// X the first time, X → X later]. A snapshot, not a transition.
	GoList

	// GoStart: it got a P [runnable → running]. Duration is its scheduling delay.
	GoStart

	// GoPreempt: the runtime stopped it, after 10 ms or because the world is to stop, and
	// it is still runnable [running → runnable]. Duration is how long it ran.
	GoPreempt

	// GoYield: it let others go first, by runtime.Gosched [running → runnable].
	// Duration is how long it ran.
	GoYield

	// GoPark: it waits [running → waiting]. Duration is how long it ran.
	// ReasonPreempted here is the GC scanning its stack, not a preemption.
	GoPark

	// GoUnpark: it was woken [waiting → runnable]. Duration is its wait, Reason
	// what it was waiting for, Stack where. By is the goroutine that woke it,
	// NoGoroutine if it was the network poller or a timer.
	GoUnpark

	// GoSyscall: it entered a system call [running → syscall].
	GoSyscall

	// GoSyscallEnd: it left the system call [syscall → running, or → runnable if
	// it lost its P meanwhile]. Duration is the call's; traces of Go 1.21 and older do
	// not tell it where the call kept its P.
	GoSyscallEnd

	// GoEnd: it ended [running → not-exist, syscall → not-exist].
	GoEnd

	// ProcChange: a P started, stopped, was taken from a thread in a system
	// call, or is listed. ProcFrom and ProcTo say which, Subject is the P.
	ProcChange

	// MarkBegin and MarkEnd bound the GC's concurrent mark phase. Duration is
	// with MarkEnd. MarkActive: it was running when the trace began, or is going
	// on when a generation begins.
	MarkBegin
	MarkActive
	MarkEnd

	// SweepBegin and SweepEnd bound one sweep on a P (Subject). Value is the
	// number of bytes swept, Value2 of bytes reclaimed.
	SweepBegin
	SweepActive
	SweepEnd

	// AssistBegin and AssistEnd bound a GC mark assist of goroutine G. Duration,
	// with AssistEnd, includes what it was parked.
	AssistBegin
	AssistActive
	AssistEnd

	// STWBegin and STWEnd bound a stop of the world by goroutine G, nil where a trace of
	// Go 1.21 or older names none. Text is the runtime's kind, e.g. "GC mark termination".
	STWBegin
	STWEnd

	// HeapAlloc and HeapGoal carry the heap's size and goal in bytes, and
	// ProcsChange GOMAXPROCS, as Value. G is the goroutine that runs there, whose
	// allocation it was, if one does.
	HeapAlloc
	HeapGoal
	ProcsChange

	// GoLabel: goroutine G was given the pprof label Text.
	GoLabel

	// TaskBegin and TaskEnd bound a user task (runtime/trace.NewTask; each
	// recording OpenTelemetry span is one). Task, Parent, Text (its name).
	TaskBegin
	TaskEnd

	// RegionBegin and RegionEnd bound a user region on goroutine G. Task, Text.
	RegionBegin
	RegionEnd

	// Log is a user's log (runtime/trace.Log). Task, Text (category), Text2
	// (message).
	Log

	// CPUSample: the CPU profiler found the thread running Stack.
	CPUSample

	// Experimental is an event of an experiment of the runtime. It is only counted.
	Experimental

	NumKinds
)

// Kinds is a set of kinds.
type Kinds uint64

// Set returns the set of the given kinds.
func Set(kinds ...Kind) Kinds {
	var s Kinds
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

// Has reports whether k is in the set.
func (s Kinds) Has(k Kind) bool { return s&(1<<k) != 0 }

// An Observation is one thing that happened, in the order of the trace. The
// engine uses one value for all: a detector copies what it wants to keep, and
// keeps no pointer to it or to the goroutine in it.
type Observation struct {
	Kind Kind
	From GoState // of G, for kinds that are transitions
	To   GoState

	// Known says whether Duration is known. It is not when the trace did not
	// see the state begin: it began before the trace did, or in a gap.
	Known bool

	// Reason is why G stopped running: with GoPreempt, GoYield and GoPark now, with GoUnpark
	// and GoStart then.
	Reason Reason

	ProcFrom, ProcTo ProcState // for ProcChange

	// Thread, Proc and By are the context: the thread that recorded it, the P
	// it had and the goroutine it was running before this happened.
	Thread ThreadID
	Proc   ProcID
	By     GoID

	Time Time

	// Duration is how long the state From, or the range that ends here, lasted.
	Duration time.Duration

	// G is the goroutine that this is about, nil for kinds without one. Its
	// fields are already those after the transition.
	G *Goroutine

	// Stack is G's own stack: where it stopped, parked or entered the system
	// call, where it waited (GoUnpark, GoStart), where it begins (GoCreate).
	// For other kinds, the stack of the goroutine that ran. 0 if not recorded.
	Stack StackID

	// ByStack is the stack of By, where By is not G: the waker's, the
	// creator's.
	ByStack StackID

	Subject ProcID // the P of ProcChange and of sweeps
	Value   uint64
	Value2  uint64
	Task    TaskID
	Parent  TaskID
	Text    string
	Text2   string
}

// FromTimer reports whether a timer or the network poller did this: nobody's
// goroutine woke or created G. A network waiter is woken like this when its
// descriptor is ready or its deadline passes; which of them is not recorded.
func (o *Observation) FromTimer() bool {
	return o.By == NoGoroutine && o.ByStack == 0 &&
		(o.Kind == GoCreate && o.To == Runnable || o.Kind == GoUnpark)
}

// A Goroutine is what is known of one goroutine.
type Goroutine struct {
	ID GoID

	// Since is when it entered State. Where SinceKnown is false it was in it
	// already when the trace first spoke of it, and Since is that moment.
	Since Time

	State      GoState
	Class      Class
	Reason     Reason // why it last stopped running
	SinceKnown bool

	// Born says that its creation was seen, at CreatedAt.
	Born bool

	// OnBehalf says that the network wait it is in, or was in last, is part of
	// something that it was given to do: since it last waited at that place it was
	// handed something by another goroutine, or waited for the network elsewhere, or
	// was just created. A loop around one read, a server's between two
	// requests or a background reader's, is not.
	OnBehalf bool

	// Asked says, of a network wait that is not OnBehalf, that it sent something before, since
	// its last network wait, and did not begin by waiting there: it waits for an answer, or is
	// a loop that asks for news. Only what is usual at the place tells which.
	Asked bool

	// NoPreempt says that it spent part of its run, the one it is in or was in last, where it
	// cannot be preempted by the runtime's own doing: in a GC mark assist, or with the world
	// stopped by itself.
	NoPreempt bool

	Stack     StackID // where it was last seen: stopped, in a system call, beginning an assist; 0 if not known
	Start     SiteID  // the function it began in; 0 if not known
	LastP     ProcID  // it last ran on
	Creator   StackID // the go statement's stack; 0 if not known
	Waker     StackID // of who made it runnable last, by waking or creating it; 0 if nobody's goroutine did
	Parent    GoID    // that created it; NoGoroutine if not known or a timer
	CreatedAt Time
}

package tracev1

// Kind is what an event is about.
type Kind uint8

// The kinds of events.
const (
	// GoTransition: Goroutine went from From to To. From is GoUndetermined where the trace
	// only says that it was there, in state To.
	GoTransition Kind = iota

	// ProcTransition: P number Subject went from ProcFrom to ProcTo.
	ProcTransition

	// MarkBegin and MarkEnd bound the GC's cycle.
	MarkBegin
	MarkEnd

	// SweepBegin and SweepEnd bound a sweep on P number Subject. Value is the number of
	// bytes swept, Value2 of bytes reclaimed.
	SweepBegin
	SweepEnd

	// AssistBegin and AssistEnd bound a GC mark assist of goroutine G.
	AssistBegin
	AssistEnd

	// STWBegin and STWEnd bound a stop of the world, of the kind Text.
	STWBegin
	STWEnd

	// HeapAlloc, HeapGoal and ProcsChange carry the heap's size, its goal and GOMAXPROCS
	// as Value.
	HeapAlloc
	HeapGoal
	ProcsChange

	// Label: goroutine G was given the label Text.
	Label

	// TaskBegin and TaskEnd bound a user task: Task, Parent, Text.
	TaskBegin
	TaskEnd

	// RegionBegin and RegionEnd bound a user region of goroutine G: Task, Text.
	RegionBegin
	RegionEnd

	// Log is a user's log: Task, Text (its category), Text2.
	Log

	// CPUSample: the CPU profiler found Stack running.
	CPUSample
)

// GoState is the state of a goroutine.
type GoState uint8

// The states of a goroutine.
const (
	GoUndetermined GoState = iota
	GoNotExist
	GoRunnable
	GoRunning
	GoWaiting
	GoSyscall
)

// ProcState is the state of a P.
type ProcState uint8

// The states of a P.
const (
	ProcUndetermined ProcState = iota
	ProcNotExist
	ProcRunning
	ProcIdle
)

// StackID is the number of a stack of this trace. 0 is none.
type StackID uint32

// A Frame is one frame of a stack.
type Frame struct {
	PC         uint64
	Func, File string
	Line       int
}

// None is in the place of a P and of a thread where there is none.
const None = -1

// An Event is one thing that happened.
type Event struct {
	Kind Kind
	Time int64 // nanoseconds since the trace's first event

	// The context: the P it happened on, the thread that had it, and the goroutine that
	// ran there. None, None and 0 where there is none, or the trace does not say.
	P, M int64
	G    uint64

	// Timer says that a timer woke or created Goroutine: nobody's goroutine did.
	Timer bool

	// Instant says that how long the state before lasted is not recorded, and that Time is
	// only the moment at which it was entered plus one.
	Instant bool

	Goroutine uint64
	From, To  GoState
	Reason    string // why it stopped, in the runtime's words; "" where it is not recorded

	Stack StackID // of G
	Start StackID // of a Goroutine that is created: where it will begin

	Subject          int64
	ProcFrom, ProcTo ProcState

	Value, Value2 uint64
	Task, Parent  uint64 // 0: none
	Text, Text2   string
}

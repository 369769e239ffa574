package wire

// EventType is the first byte of every event on the wire.
type EventType uint8

// The event types of the second trace format, with their arguments. Facts from
// the runtime's internal/trace/tracev2/events.go; a type keeps its number for
// ever, newer versions only add some.
const (
	EvNone EventType = iota

	// Structure: these make up a generation and carry no moment of their own.
	EvEventBatch // generation, thread, time, size: the events of one thread follow
	EvStacks     // a section of the stack table: EvStack …
	EvStack      // id, n, n × {pc, function string, file string, line}
	EvStrings    // a section of the string table: EvString …
	EvString     // id, length, bytes
	EvCPUSamples // a section of profile samples: EvCPUSample …
	EvCPUSample  // time, thread, P, goroutine, stack
	EvFrequency  // clock units per second

	// Ps.
	EvProcsChange // dt, GOMAXPROCS, stack
	EvProcStart   // dt, P, P's sequence
	EvProcStop    // dt
	EvProcSteal   // dt, P, P's sequence, thread it is taken from
	EvProcStatus  // dt, P, status: once per P and generation

	// Goroutines.
	EvGoCreate            // dt, new goroutine, its first stack, stack
	EvGoCreateSyscall     // dt, new goroutine: a C thread calls into Go
	EvGoStart             // dt, goroutine, its sequence
	EvGoDestroy           // dt
	EvGoDestroySyscall    // dt: a C thread is back in C
	EvGoStop              // dt, reason string, stack: still runnable
	EvGoBlock             // dt, reason string, stack
	EvGoUnblock           // dt, goroutine, its sequence, stack
	EvGoSyscallBegin      // dt, P's sequence, stack
	EvGoSyscallEnd        // dt
	EvGoSyscallEndBlocked // dt: it lost its P on the way
	EvGoStatus            // dt, goroutine, thread, status: once per goroutine and generation

	// Stopping the world.
	EvSTWBegin // dt, kind string, stack
	EvSTWEnd   // dt

	// Garbage collection.
	EvGCActive           // dt, cycle's sequence: running when the generation began
	EvGCBegin            // dt, cycle's sequence, stack
	EvGCEnd              // dt, cycle's sequence
	EvGCSweepActive      // dt, P
	EvGCSweepBegin       // dt, stack
	EvGCSweepEnd         // dt, bytes swept, bytes reclaimed
	EvGCMarkAssistActive // dt, goroutine
	EvGCMarkAssistBegin  // dt, stack
	EvGCMarkAssistEnd    // dt
	EvHeapAlloc          // dt, live heap in bytes
	EvHeapGoal           // dt, heap goal in bytes

	// What the program says of itself.
	EvGoLabel         // dt, label string
	EvUserTaskBegin   // dt, task, parent task, name string, stack
	EvUserTaskEnd     // dt, task, stack
	EvUserRegionBegin // dt, task, name string, stack
	EvUserRegionEnd   // dt, task, name string, stack
	EvUserLog         // dt, task, key string, value string, stack

	// Go 1.23: coroutines, as iter.Pull uses them.
	EvGoSwitch        // dt, goroutine, its sequence: the running one parks, that one runs
	EvGoSwitchDestroy // dt, goroutine, its sequence: the running one ends, that one runs
	EvGoCreateBlocked // dt, new goroutine, its first stack, stack

	EvGoStatusStack     // Go 1.23: dt, goroutine, thread, status, stack
	EvExperimentalBatch // Go 1.23: experiment, generation, thread, time, size: bytes of that experiment's own follow

	EvSync            // Go 1.25: a section of EvFrequency and EvClockSnapshot
	EvClockSnapshot   // Go 1.25: dt, monotonic ns, wall seconds, wall ns
	EvEndOfGeneration // Go 1.26: stands alone between batches
)

// The AllocFree experiment's events (GODEBUG=traceallocfree=1). They are
// counted and skipped.
const (
	EvSpan EventType = 128 + iota
	EvSpanAlloc
	EvSpanFree
	EvHeapObject
	EvHeapObjectAlloc
	EvHeapObjectFree
	EvGoroutineStack
	EvGoroutineStackAlloc
	EvGoroutineStackFree
)

// MaxArgs is the largest number of arguments of a timed event, its time
// difference included.
const MaxArgs = 5

// Spec describes one event type.
type Spec struct {
	Name  string
	Args  uint8   // arguments of a timed event, its time difference included; 0: not a timed event
	Since Version // the first version whose traces may hold it
}

// specs drives all decoding: a type that is not in it is an error.
var specs = [256]Spec{
	EvEventBatch:          {"EventBatch", 0, Go122},
	EvStacks:              {"Stacks", 0, Go122},
	EvStack:               {"Stack", 0, Go122},
	EvStrings:             {"Strings", 0, Go122},
	EvString:              {"String", 0, Go122},
	EvCPUSamples:          {"CPUSamples", 0, Go122},
	EvCPUSample:           {"CPUSample", 0, Go122},
	EvFrequency:           {"Frequency", 0, Go122},
	EvProcsChange:         {"ProcsChange", 3, Go122},
	EvProcStart:           {"ProcStart", 3, Go122},
	EvProcStop:            {"ProcStop", 1, Go122},
	EvProcSteal:           {"ProcSteal", 4, Go122},
	EvProcStatus:          {"ProcStatus", 3, Go122},
	EvGoCreate:            {"GoCreate", 4, Go122},
	EvGoCreateSyscall:     {"GoCreateSyscall", 2, Go122},
	EvGoStart:             {"GoStart", 3, Go122},
	EvGoDestroy:           {"GoDestroy", 1, Go122},
	EvGoDestroySyscall:    {"GoDestroySyscall", 1, Go122},
	EvGoStop:              {"GoStop", 3, Go122},
	EvGoBlock:             {"GoBlock", 3, Go122},
	EvGoUnblock:           {"GoUnblock", 4, Go122},
	EvGoSyscallBegin:      {"GoSyscallBegin", 3, Go122},
	EvGoSyscallEnd:        {"GoSyscallEnd", 1, Go122},
	EvGoSyscallEndBlocked: {"GoSyscallEndBlocked", 1, Go122},
	EvGoStatus:            {"GoStatus", 4, Go122},
	EvSTWBegin:            {"STWBegin", 3, Go122},
	EvSTWEnd:              {"STWEnd", 1, Go122},
	EvGCActive:            {"GCActive", 2, Go122},
	EvGCBegin:             {"GCBegin", 3, Go122},
	EvGCEnd:               {"GCEnd", 2, Go122},
	EvGCSweepActive:       {"GCSweepActive", 2, Go122},
	EvGCSweepBegin:        {"GCSweepBegin", 2, Go122},
	EvGCSweepEnd:          {"GCSweepEnd", 3, Go122},
	EvGCMarkAssistActive:  {"GCMarkAssistActive", 2, Go122},
	EvGCMarkAssistBegin:   {"GCMarkAssistBegin", 2, Go122},
	EvGCMarkAssistEnd:     {"GCMarkAssistEnd", 1, Go122},
	EvHeapAlloc:           {"HeapAlloc", 2, Go122},
	EvHeapGoal:            {"HeapGoal", 2, Go122},
	EvGoLabel:             {"GoLabel", 2, Go122},
	EvUserTaskBegin:       {"UserTaskBegin", 5, Go122},
	EvUserTaskEnd:         {"UserTaskEnd", 3, Go122},
	EvUserRegionBegin:     {"UserRegionBegin", 4, Go122},
	EvUserRegionEnd:       {"UserRegionEnd", 4, Go122},
	EvUserLog:             {"UserLog", 5, Go122},
	EvGoSwitch:            {"GoSwitch", 3, Go123},
	EvGoSwitchDestroy:     {"GoSwitchDestroy", 3, Go123},
	EvGoCreateBlocked:     {"GoCreateBlocked", 4, Go123},
	EvGoStatusStack:       {"GoStatusStack", 5, Go123},
	EvExperimentalBatch:   {"ExperimentalBatch", 0, Go123},
	EvSync:                {"Sync", 0, Go125},
	EvClockSnapshot:       {"ClockSnapshot", 0, Go125},
	EvEndOfGeneration:     {"EndOfGeneration", 0, Go126},
	EvSpan:                {"Span", 4, Go123},
	EvSpanAlloc:           {"SpanAlloc", 4, Go123},
	EvSpanFree:            {"SpanFree", 2, Go123},
	EvHeapObject:          {"HeapObject", 3, Go123},
	EvHeapObjectAlloc:     {"HeapObjectAlloc", 3, Go123},
	EvHeapObjectFree:      {"HeapObjectFree", 2, Go123},
	EvGoroutineStack:      {"GoroutineStack", 3, Go123},
	EvGoroutineStackAlloc: {"GoroutineStackAlloc", 3, Go123},
	EvGoroutineStackFree:  {"GoroutineStackFree", 2, Go123},
}

// SpecOf returns the description of an event type and whether there is one.
func SpecOf(t EventType) (Spec, bool) {
	s := specs[t]
	return s, s.Name != ""
}

// Timed reports whether t may stand among a thread's events.
func (t EventType) Timed() bool { return argCount[t] != 0 }

// String returns the type's name on the wire.
func (t EventType) String() string {
	if s, ok := SpecOf(t); ok {
		return s.Name
	}
	return "Invalid"
}

// GoStatus is a goroutine's status on the wire.
type GoStatus uint8

// The statuses of a goroutine, as EvGoStatus carries them.
const (
	GoBad GoStatus = iota
	GoRunnable
	GoRunning
	GoSyscall
	GoWaiting
)

// ProcStatus is a P's status on the wire.
type ProcStatus uint8

// The statuses of a P, as EvProcStatus carries them.
const (
	ProcBad ProcStatus = iota
	ProcRunning
	ProcIdle
	ProcSyscall
	// ProcSyscallAbandoned is a P in a syscall that is first mentioned when it
	// is stolen: the thread it was with is not known.
	ProcSyscallAbandoned
)

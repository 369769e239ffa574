package oldgen

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Type is the type of an event (runtime/trace.go of Go 1.21).
type Type byte

// The types of events that have a use here.
const (
	Batch             Type = 1  // P, time
	Frequency         Type = 2  // ticks per second
	Stack             Type = 3  // number, how many frames, for each: PC, function, file, line
	Gomaxprocs        Type = 4  // number, stack
	ProcStart         Type = 5  // thread
	ProcStop          Type = 6  //
	GCStart           Type = 7  // sequence number, stack
	GCDone            Type = 8  //
	STWStart          Type = 9  // kind
	STWDone           Type = 10 //
	GCSweepStart      Type = 11 // stack
	GCSweepDone       Type = 12 // swept, reclaimed
	GoCreate          Type = 13 // goroutine, stack it will begin with, stack
	GoStart           Type = 14 // goroutine, sequence number
	GoEnd             Type = 15 //
	GoStop            Type = 16 // stack
	GoSched           Type = 17 // stack
	GoPreempt         Type = 18 // stack
	GoSleep           Type = 19 // stack
	GoBlock           Type = 20 // stack
	GoUnblock         Type = 21 // goroutine, sequence number, stack
	GoBlockSend       Type = 22 // stack
	GoBlockRecv       Type = 23 // stack
	GoBlockSelect     Type = 24 // stack
	GoBlockSync       Type = 25 // stack
	GoBlockCond       Type = 26 // stack
	GoBlockNet        Type = 27 // stack
	GoSysCall         Type = 28 // stack
	GoSysExit         Type = 29 // goroutine, sequence number, time when it was or 0
	GoSysBlock        Type = 30 //
	GoWaiting         Type = 31 // goroutine
	GoInSyscall       Type = 32 // goroutine
	HeapAlloc         Type = 33 // bytes
	HeapGoal          Type = 34 // bytes
	TimerGoroutine    Type = 35 // goroutine
	String            Type = 37 // number, length, bytes
	GoStartLabel      Type = 41 // goroutine, sequence number, string
	GoBlockGC         Type = 42 // stack
	GCMarkAssistStart Type = 43 // stack
	GCMarkAssistDone  Type = 44 //
	UserTaskCreate    Type = 45 // task, parent, string, stack
	UserTaskEnd       Type = 46 // task, stack
	UserRegion        Type = 47 // task, 0 for its beginning or 1 for its end, string, stack
	UserLog           Type = 48 // task, string, stack, and a string that follows
	CPUSample         Type = 49 // time, P, goroutine, stack
)

// A Trace collects the events of Ps.
type Trace struct {
	version int
	out     []byte
	bufs    map[uint64]*buffer // by P
	order   []uint64           // of the Ps, as they came
	strings map[string]uint64
	stacks  [][]uint64 // the numbers of each
	timers  []uint64
}

// buffer is the batch that a P is writing.
type buffer struct {
	data []byte
	last uint64 // time
}

// batchBytes is when a batch is full; the runtime's have 64 KiB.
const batchBytes = 4 << 10

// TicksPerSecond is how fast the clock of all traces here runs: a tick is 64 ns.
const TicksPerSecond = 1e9 / 64

// New returns a trace without events, of the format's version 11, 19 or 21.
func New(version int) *Trace {
	header := fmt.Sprintf("go 1.%d trace", version)
	t := &Trace{version: version, bufs: make(map[uint64]*buffer), strings: make(map[string]uint64)}
	t.out = append(t.out, header...)
	t.out = append(t.out, make([]byte, 16-len(header))...)
	return t
}

// Event writes an event of a P at a time in ticks, which must not be before its last one's.
func (t *Trace) Event(p, time uint64, typ Type, args ...uint64) {
	b := t.buffer(p, time)
	args = append([]uint64{time - b.last}, args...)
	b.data = appendEntry(b.data, typ, args)
	b.last = time
}

// Log writes a user's log.
func (t *Trace) Log(p, time, task uint64, category, message string, stack uint64) {
	t.Event(p, time, UserLog, task, t.String(category), stack)
	b := t.bufs[p]
	b.data = appendString(b.data, message)
}

// buffer returns a P's batch, which is a new one if the last is full.
func (t *Trace) buffer(p, time uint64) *buffer {
	b := t.bufs[p]
	if b == nil {
		b = new(buffer)
		t.bufs[p] = b
		t.order = append(t.order, p)
	}
	if len(b.data) >= batchBytes {
		t.flush(b)
	}
	if len(b.data) == 0 {
		b.data = appendEntry(b.data, Batch, []uint64{p, time})
		b.last = time
	}
	return b
}

func (t *Trace) flush(b *buffer) {
	t.out = append(t.out, b.data...)
	b.data = b.data[:0]
}

// String returns the number of a string, 0 for the empty one.
func (t *Trace) String(s string) uint64 {
	if s == "" {
		return 0
	}
	id, ok := t.strings[s]
	if !ok {
		id = uint64(len(t.strings) + 1)
		t.strings[s] = id
	}
	return id
}

// Frame is one frame of a stack.
type Frame struct {
	PC         uint64
	Func, File string
	Line       uint64
}

// Stack returns the number of a stack, whose innermost frame is the first.
func (t *Trace) Stack(frames ...Frame) uint64 {
	var s []uint64
	for _, f := range frames {
		s = append(s, f.PC, t.String(f.Func), t.String(f.File), f.Line)
	}
	for i, other := range t.stacks {
		if slices.Equal(s, other) {
			return uint64(i + 1)
		}
	}
	t.stacks = append(t.stacks, s)
	return uint64(len(t.stacks))
}

// Timer says that a goroutine serves timers, as those of Go 1.13 and older do.
func (t *Trace) Timer(goroutine uint64) { t.timers = append(t.timers, goroutine) }

// Bytes ends the trace and returns it.
func (t *Trace) Bytes() []byte {
	for _, p := range t.order {
		t.flush(t.bufs[p])
	}
	t.out = appendEntry(t.out, Frequency, []uint64{TicksPerSecond})
	for _, g := range t.timers {
		t.out = appendEntry(t.out, TimerGoroutine, []uint64{g})
	}
	t.out = appendEntry(t.out, Batch, []uint64{0, 1})
	for _, s := range slices.SortedFunc(maps.Keys(t.strings), func(a, b string) int { return cmp.Compare(t.strings[a], t.strings[b]) }) {
		t.out = append(t.out, byte(String))
		t.out = binary.AppendUvarint(t.out, t.strings[s])
		t.out = appendString(t.out, s)
	}
	for i, s := range t.stacks {
		t.out = appendLong(t.out, Stack, append([]uint64{uint64(i + 1), uint64(len(s) / 4)}, s...))
	}
	return t.out
}

// appendEntry appends an entry of so many numbers.
func appendEntry(b []byte, typ Type, numbers []uint64) []byte {
	if len(numbers) > 3 {
		return appendLong(b, typ, numbers)
	}
	b = append(b, byte(typ)|byte(len(numbers)-1)<<6)
	return appendNumbers(b, numbers)
}

// appendLong appends an entry with its length.
func appendLong(b []byte, typ Type, numbers []uint64) []byte {
	packed := appendNumbers(nil, numbers)
	b = append(b, byte(typ)|3<<6)
	b = binary.AppendUvarint(b, uint64(len(packed)))
	return append(b, packed...)
}

func appendNumbers(b []byte, numbers []uint64) []byte {
	for _, x := range numbers {
		b = binary.AppendUvarint(b, x)
	}
	return b
}

func appendString(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

package tracegen

import (
	"encoding/binary"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Generation is one generation being written. What was ended by [Batch.Flush]
// or by being full comes first, in that order; then the open batches in the
// order of their creation; then CPU samples, stacks and strings, as the
// runtime has them; and from Go 1.26 on the end-of-generation byte.
type Generation struct {
	// NoStacks, NoStrings and NoEnd leave out what a generation has by itself.
	// (A generation without a sync batch is one on which Sync is not called.)
	NoStacks, NoStrings, NoEnd bool

	version wire.Version
	number  uint64
	body    []byte // the batches that are done
	last    uint64 // the latest event's time in them
	open    []*Batch

	strings  []string
	stringID map[string]uint64
	stacks   [][]Frame
	stackID  map[string]uint64
	samples  []byte
	sampleAt []int // where each sample begins in samples
}

// Snapshot is what a generation's sync batch says of the clocks.
type Snapshot struct {
	Time uint64    // the trace's clock, in its units
	Mono uint64    // the monotonic clock in nanoseconds; Go 1.25
	Wall time.Time // Go 1.25
}

// Sync writes a sync batch, at once: units per second, and from Go 1.25 on a
// snapshot of the clocks. A valid generation has exactly one.
func (g *Generation) Sync(unitsPerSecond uint64, s Snapshot) {
	if g.version < wire.Go125 {
		data := binary.AppendUvarint([]byte{byte(wire.EvFrequency)}, unitsPerSecond)
		g.body = AppendBatch(g.body, g.number, NoThread, s.Time, data)
		return
	}
	// The runtime reads the clock after it has a buffer, at least one unit later.
	// But 0 is not a time that a batch can have.
	dt := uint64(1)
	if s.Time <= 1 {
		dt = 0
	}
	data := binary.AppendUvarint([]byte{byte(wire.EvSync), byte(wire.EvFrequency)}, unitsPerSecond)
	data = append(data, byte(wire.EvClockSnapshot))
	data = binary.AppendUvarint(data, dt)
	data = binary.AppendUvarint(data, s.Mono)
	data = binary.AppendUvarint(data, uint64(s.Wall.Unix()))
	data = binary.AppendUvarint(data, uint64(s.Wall.Nanosecond()))
	g.body = AppendBatch(g.body, g.number, NoThread, s.Time-dt, data)
}

// Batch begins a batch of a thread at a time in clock units. A thread may have
// any number of them.
func (g *Generation) Batch(thread, time uint64) *Batch {
	b := &Batch{gen: g, thread: thread, time: time, last: time}
	g.open = append(g.open, b)
	return b
}

// Raw writes bytes as they are, after the batches that are done.
func (g *Generation) Raw(b ...byte) { g.body = append(g.body, b...) }

// CPUSample adds a profile sample; goroutine 0 is none, and so is [NoProc].
func (g *Generation) CPUSample(time, thread, proc, goroutine, stack uint64) {
	g.sampleAt = append(g.sampleAt, len(g.samples))
	g.samples = append(g.samples, byte(wire.EvCPUSample))
	for _, a := range [...]uint64{time, thread, proc, goroutine, stack} {
		g.samples = binary.AppendUvarint(g.samples, a)
	}
}

func (g *Generation) flush() {
	for _, b := range g.open {
		b.Flush()
	}
}

// seal ends the generation's batches for good and lets go of their memory.
func (g *Generation) seal() {
	g.flush()
	g.open = nil
}

// sizeHint is near the size of what appendTo adds: the tables are short.
func (g *Generation) sizeHint() int { return len(g.body) + len(g.samples) + 4096 }

// appendTo appends the whole generation but for batches that are still open.
func (g *Generation) appendTo(out []byte) []byte {
	out = append(out, g.body...)
	out = g.appendSamples(out)
	if !g.NoStacks {
		out = g.appendStacks(out)
	}
	if !g.NoStrings {
		out = g.appendStrings(out)
	}
	if g.version >= wire.Go126 && !g.NoEnd {
		out = append(out, byte(wire.EvEndOfGeneration))
	}
	return out
}

func (g *Generation) appendSamples(out []byte) []byte {
	s := section{gen: g, kind: wire.EvCPUSamples}
	for i, start := range g.sampleAt {
		end := len(g.samples)
		if i+1 < len(g.sampleAt) {
			end = g.sampleAt[i+1]
		}
		out = s.add(out, g.samples[start:end])
	}
	return s.end(out)
}

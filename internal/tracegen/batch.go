package tracegen

import (
	"encoding/binary"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// MaxBatch is the format's limit on the bytes of a batch after its header
// (internal/trace/tracev2.MaxBatchSize).
const MaxBatch = 64 << 10

// Batch collects the events of one thread. One that grows past [MaxBatch] is
// written out and continues in a new batch.
type Batch struct {
	gen    *Generation
	thread uint64
	time   uint64 // base of the batch being filled
	last   uint64 // time of the last event in it
	data   []byte
}

// Event adds an event: dt clock units after the one before, or after the
// batch's time. The arguments are those on the wire without dt; neither their
// number nor their values are checked.
func (b *Batch) Event(t wire.EventType, dt uint64, args ...uint64) {
	start := len(b.data)
	b.data = append(b.data, byte(t))
	b.data = binary.AppendUvarint(b.data, dt)
	for _, a := range args {
		b.data = binary.AppendUvarint(b.data, a)
	}
	if len(b.data) > MaxBatch && start > 0 {
		b.split(start)
	}
	b.last += dt
}

// Raw adds bytes as they are. A batch of them is never split, so that one
// larger than the format allows can be written.
func (b *Batch) Raw(data ...byte) { b.data = append(b.data, data...) }

// Flush ends the batch here, if it has any bytes, and puts it into the
// generation after those that were ended before. Later events go to a new batch.
func (b *Batch) Flush() {
	if len(b.data) > 0 {
		b.split(len(b.data))
	}
}

// split writes the first n bytes out and keeps the rest. The new batch starts
// at the last event's time, so that the next event's dt stays what it is.
func (b *Batch) split(n int) {
	b.gen.body = AppendBatch(b.gen.body, b.gen.number, b.thread, b.time, b.data[:n])
	b.data = b.data[:copy(b.data, b.data[n:])]
	b.time = b.last
	b.gen.last = max(b.gen.last, b.last)
}

// AppendBatch appends a batch with any header and any bytes, within the limits
// or not.
func AppendBatch(dst []byte, generation, thread, time uint64, data []byte) []byte {
	dst = append(dst, byte(wire.EvEventBatch))
	return appendBatchRest(dst, generation, thread, time, data)
}

// AppendExperimentalBatch is [AppendBatch] for a batch of an experiment's own
// bytes (Go 1.23).
func AppendExperimentalBatch(dst []byte, experiment byte, generation, thread, time uint64, data []byte) []byte {
	dst = append(dst, byte(wire.EvExperimentalBatch), experiment)
	return appendBatchRest(dst, generation, thread, time, data)
}

func appendBatchRest(dst []byte, generation, thread, time uint64, data []byte) []byte {
	dst = binary.AppendUvarint(dst, generation)
	dst = binary.AppendUvarint(dst, thread)
	dst = binary.AppendUvarint(dst, time)
	dst = binary.AppendUvarint(dst, uint64(len(data)))
	return append(dst, data...)
}

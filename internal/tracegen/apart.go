package tracegen

import (
	"encoding/binary"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// record is one event, or one entry of a table, taken apart.
type record struct {
	kind wire.EventType
	args []uint64 // all its varints but a string's length
	text []byte   // a string's
}

// chunk is a batch taken apart, so that it can be changed and written again.
type chunk struct {
	piece
	records []record
	rest    []byte // from the first byte on that makes no sense
}

// takeApart takes a piece of a trace apart.
func takeApart(trace []byte, p piece) chunk {
	c := chunk{piece: p, rest: trace[p.data:p.end]}
	if p.kind != wire.EvEventBatch {
		return c
	}
	var args []uint64 // of all records: one slice each would be dear
	for len(c.rest) > 0 {
		var r record
		var n int
		if r, args, n = takeRecord(c.rest, args); n == 0 {
			break
		}
		c.records = append(c.records, r)
		c.rest = c.rest[n:]
	}
	return c
}

// takeRecord takes the record that data begins with. It returns its size, 0 if
// there is none, and room with the record's arguments added.
func takeRecord(data []byte, room []uint64) (r record, _ []uint64, size int) {
	r.kind = wire.EventType(data[0])
	spec, known := wire.SpecOf(r.kind)
	count := int(spec.Args)
	switch r.kind {
	case wire.EvStacks, wire.EvStrings, wire.EvCPUSamples, wire.EvSync:
	case wire.EvFrequency:
		count = 1
	case wire.EvString, wire.EvStack:
		count = 2
	case wire.EvClockSnapshot:
		count = 4
	case wire.EvCPUSample:
		count = 5
	default:
		known = known && count > 0
	}
	if !known {
		return r, room, 0
	}
	at, first := 1, len(room)
	for i := 0; i < count; i++ {
		v, n := binary.Uvarint(data[at:])
		if n <= 0 {
			return r, room[:first], 0
		}
		at += n
		room = append(room, v)
		if r.kind == wire.EvStack && i == 1 && v < uint64(len(data)) {
			count += 4 * int(v) // its frames
		}
	}
	if r.kind == wire.EvString {
		length := room[len(room)-1]
		if length > uint64(len(data)-at) {
			return r, room[:first], 0
		}
		room = room[:len(room)-1]
		r.text = data[at : at+int(length)]
		at += int(length)
	}
	r.args = room[first:len(room):len(room)]
	return r, room, at
}

func (r record) append(dst []byte) []byte {
	dst = append(dst, byte(r.kind))
	for _, a := range r.args {
		dst = binary.AppendUvarint(dst, a)
	}
	if r.kind == wire.EvString {
		dst = binary.AppendUvarint(dst, uint64(len(r.text)))
		dst = append(dst, r.text...)
	}
	return dst
}

// timed reports whether the record is an event of a thread, the first of whose
// arguments is the time since the one before.
func (r record) timed() bool {
	spec, _ := wire.SpecOf(r.kind)
	return spec.Args > 0
}

// append writes the chunk, as one batch if it fits into one. Of those that it
// is cut into, each goes on at the time at which the one before ended.
func (c chunk) append(dst []byte) []byte {
	switch c.kind {
	case wire.EvEndOfGeneration:
		return append(dst, byte(c.kind))
	case wire.EvExperimentalBatch:
		return AppendExperimentalBatch(dst, c.experiment, c.generation, c.thread, c.time, c.rest)
	}
	var data []byte
	begin, now := c.time, c.time
	for _, r := range c.records {
		size := len(data)
		data = r.append(data)
		if len(data) > MaxBatch && size > 1 {
			dst = AppendBatch(dst, c.generation, c.thread, begin, data[:size])
			begin = now
			cut := data[size:]
			data = nil
			if !r.timed() {
				data = append(data, byte(c.records[0].kind)) // which table it is
			}
			data = append(data, cut...)
		}
		if r.timed() && len(r.args) > 0 { // it may have been made another type
			now += r.args[0]
		}
	}
	return AppendBatch(dst, c.generation, c.thread, begin, append(data, c.rest...))
}

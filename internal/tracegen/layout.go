package tracegen

import (
	"encoding/binary"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// piece is a batch, or an end-of-generation byte, in a trace's bytes.
type piece struct {
	start, data, end int // of the header, of what follows it, of the next piece
	kind             wire.EventType
	experiment       byte
	generation       uint64
	thread, time     uint64
}

// pieces finds a trace's batches, up to the first byte that makes no sense.
func pieces(trace []byte) []piece {
	var out []piece
	for at := wire.HeaderSize; at < len(trace); {
		p, ok := pieceAt(trace, at)
		if !ok {
			break
		}
		out = append(out, p)
		at = p.end
	}
	return out
}

func pieceAt(trace []byte, at int) (piece, bool) {
	p := piece{start: at, kind: wire.EventType(trace[at])}
	at++
	switch p.kind {
	case wire.EvEndOfGeneration:
		p.data, p.end = at, at
		return p, true
	case wire.EvExperimentalBatch:
		if at == len(trace) {
			return p, false
		}
		p.experiment = trace[at]
		at++
	case wire.EvEventBatch:
	default:
		return p, false
	}
	var size uint64
	for _, field := range [...]*uint64{&p.generation, &p.thread, &p.time, &size} {
		v, n := binary.Uvarint(trace[at:])
		if n <= 0 {
			return p, false
		}
		*field = v
		at += n
	}
	if size > uint64(len(trace)-at) {
		return p, false
	}
	p.data, p.end = at, at+int(size)
	return p, true
}

// content is what the batch begins with, and so which table it is of.
func (p piece) content(trace []byte) wire.EventType {
	if p.kind != wire.EvEventBatch || p.data == p.end {
		return wire.EvNone
	}
	return wire.EventType(trace[p.data])
}

// field is one varint of an event: the event's type and the varint's place.
type field struct {
	kind    wire.EventType
	at, end int
	first   bool // of its event
}

// fields finds the varints of a batch of timed events, up to the first byte
// that makes no sense.
func (p piece) fields(trace []byte) []field {
	var out []field
	for at := p.data; at < p.end; {
		kind := wire.EventType(trace[at])
		spec, ok := wire.SpecOf(kind)
		if !ok || spec.Args == 0 {
			return out
		}
		at++
		for i := range spec.Args {
			_, n := binary.Uvarint(trace[at:p.end])
			if n <= 0 {
				return out
			}
			out = append(out, field{kind: kind, at: at, end: at + n, first: i == 0})
			at += n
		}
	}
	return out
}

package tracegen

import (
	"encoding/binary"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Frame is one frame of a stack. Readers may know a frame by its PC alone:
// different frames of one generation need different PCs.
type Frame struct {
	PC   uint64
	Func string
	File string
	Line uint64
}

// String returns the generation's id of a string, 0 for the empty one.
func (g *Generation) String(s string) uint64 {
	if s == "" {
		return 0
	}
	id, ok := g.stringID[s]
	if !ok {
		g.strings = append(g.strings, s)
		id = uint64(len(g.strings))
		g.stringID[s] = id
	}
	return id
}

// Stack returns the generation's id of a stack, innermost frame first, and 0
// for no frames.
func (g *Generation) Stack(frames ...Frame) uint64 {
	if len(frames) == 0 {
		return 0
	}
	// The stack's bytes in the table are its identity too.
	key := string(g.encodeStack(nil, frames))
	id, ok := g.stackID[key]
	if !ok {
		g.stacks = append(g.stacks, frames)
		id = uint64(len(g.stacks))
		g.stackID[key] = id
	}
	return id
}

func (g *Generation) encodeStack(dst []byte, frames []Frame) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(frames)))
	for _, f := range frames {
		dst = binary.AppendUvarint(dst, f.PC)
		dst = binary.AppendUvarint(dst, g.String(f.Func))
		dst = binary.AppendUvarint(dst, g.String(f.File))
		dst = binary.AppendUvarint(dst, f.Line)
	}
	return dst
}

func (g *Generation) appendStacks(out []byte) []byte {
	s := section{gen: g, kind: wire.EvStacks}
	var entry []byte
	for i, frames := range g.stacks {
		entry = append(entry[:0], byte(wire.EvStack))
		entry = binary.AppendUvarint(entry, uint64(i+1))
		out = s.add(out, g.encodeStack(entry, frames))
	}
	return s.end(out)
}

func (g *Generation) appendStrings(out []byte) []byte {
	s := section{gen: g, kind: wire.EvStrings}
	var entry []byte
	for i, text := range g.strings {
		entry = append(entry[:0], byte(wire.EvString))
		entry = binary.AppendUvarint(entry, uint64(i+1))
		entry = binary.AppendUvarint(entry, uint64(len(text)))
		entry = append(entry, text...)
		out = s.add(out, entry)
	}
	return s.end(out)
}

// section writes a table as batches that all begin with the byte that names
// the table. They are stamped with the time of the generation's last event:
// the runtime writes them when all events are written.
type section struct {
	gen  *Generation
	kind wire.EventType
	data []byte
}

func (s *section) add(out, entry []byte) []byte {
	if len(s.data)+len(entry) > MaxBatch {
		out = s.end(out)
	}
	if len(s.data) == 0 {
		s.data = append(s.data, byte(s.kind))
	}
	s.data = append(s.data, entry...)
	return out
}

func (s *section) end(out []byte) []byte {
	if len(s.data) > 0 {
		out = AppendBatch(out, s.gen.number, NoThread, s.gen.last, s.data)
		s.data = s.data[:0]
	}
	return out
}

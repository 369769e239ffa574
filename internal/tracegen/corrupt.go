package tracegen

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Corrupt returns a copy of a trace that is broken in one random way: the same
// one for the same seed. It takes any bytes, traces or not.
//
// Some of what it does leaves a trace that is still valid, such as a changed
// time; all of it differs from the original.
func Corrupt(seed uint64, trace []byte) []byte {
	c := corrupter{
		Rand:   rand.New(rand.NewPCG(seed, 0x62726f6b656e)),
		trace:  trace,
		pieces: pieces(trace),
	}
	for range 20 {
		if out := c.try(); out != nil && !bytes.Equal(out, trace) {
			return out
		}
	}
	if len(trace) == 0 {
		return []byte{byte(c.Uint32())}
	}
	return c.flipBits(1)
}

// corrupter tries corruptions; those that the trace has no place for give nil.
type corrupter struct {
	*rand.Rand
	trace  []byte
	pieces []piece
}

func (c *corrupter) try() []byte {
	switch c.IntN(16) {
	case 0:
		return c.flipBits(1 + c.IntN(8))
	case 1:
		return c.cut()
	case 2:
		return c.cutHole()
	case 3:
		return c.insertNoise()
	case 4:
		return c.duplicatePiece()
	case 5:
		return c.deletePiece()
	case 6:
		return c.swapPieces()
	case 7:
		return c.hugeVarint()
	case 8:
		return c.hugeHeaderField()
	case 9:
		return c.smallVarint()
	case 10:
		return c.swapGenerations()
	case 11:
		return c.renumberPiece()
	case 12:
		return c.dropSync()
	case 13:
		return c.dropTable()
	case 14:
		return c.dropEnd()
	default:
		return c.changeEventType()
	}
}

func (c *corrupter) flipBits(n int) []byte {
	if len(c.trace) == 0 {
		return nil
	}
	out := bytes.Clone(c.trace)
	for range n {
		out[c.IntN(len(out))] ^= 1 << c.IntN(8)
	}
	return out
}

func (c *corrupter) cut() []byte {
	return bytes.Clone(c.trace[:c.IntN(len(c.trace)+1)])
}

func (c *corrupter) cutHole() []byte {
	if len(c.trace) == 0 {
		return nil
	}
	from := c.IntN(len(c.trace))
	to := min(len(c.trace), from+1+c.IntN(100))
	return c.replace(from, to, nil)
}

func (c *corrupter) insertNoise() []byte {
	noise := make([]byte, 1+c.IntN(20))
	for i := range noise {
		noise[i] = byte(c.Uint32())
	}
	at := c.IntN(len(c.trace) + 1)
	return c.replace(at, at, noise)
}

// replace returns the trace with other bytes in place of some.
func (c *corrupter) replace(from, to int, with []byte) []byte {
	return slices.Concat(c.trace[:from], with, c.trace[to:])
}

// piece returns a random piece that fits, if there is one.
func (c *corrupter) piece(fits func(piece) bool) (piece, bool) {
	var fitting []piece
	for _, p := range c.pieces {
		if fits(p) {
			fitting = append(fitting, p)
		}
	}
	if len(fitting) == 0 {
		return piece{}, false
	}
	return fitting[c.IntN(len(fitting))], true
}

func anyPiece(piece) bool { return true }

func isBatch(p piece) bool { return p.kind == wire.EvEventBatch }

func (c *corrupter) duplicatePiece() []byte {
	p, ok := c.piece(anyPiece)
	if !ok {
		return nil
	}
	to := c.pieces[c.IntN(len(c.pieces))].start
	return c.replace(to, to, c.trace[p.start:p.end])
}

func (c *corrupter) deletePiece() []byte { return c.drop(anyPiece) }

func (c *corrupter) drop(fits func(piece) bool) []byte {
	p, ok := c.piece(fits)
	if !ok {
		return nil
	}
	return c.replace(p.start, p.end, nil)
}

func (c *corrupter) swapPieces() []byte {
	a, ok := c.piece(anyPiece)
	if !ok {
		return nil
	}
	b, _ := c.piece(anyPiece)
	if a.start > b.start {
		a, b = b, a
	}
	if a.start == b.start {
		return nil
	}
	t := c.trace
	return slices.Concat(t[:a.start], t[b.start:b.end], t[a.end:b.start], t[a.start:a.end], t[b.end:])
}

// hugeVarint puts a huge value where an event has an argument, in a batch
// whose size is right.
func (c *corrupter) hugeVarint() []byte {
	return c.changeField(binary.AppendUvarint(nil, hugeValue(c.IntN(8))))
}

// smallVarint puts a small one there: a wrong id, status, sequence or time.
func (c *corrupter) smallVarint() []byte {
	return c.changeField(binary.AppendUvarint(nil, c.Uint64N(40)))
}

func hugeValue(i int) uint64 {
	huge := [...]uint64{
		math.MaxUint64, math.MaxUint64 - 1, math.MaxInt64, math.MaxInt64 + 1,
		math.MaxUint32, math.MaxUint32 + 1, 1 << 56, 1 << 40,
	}
	return huge[i%len(huge)]
}

// changeField gives some varint of a batch other bytes. In a table, whose
// varints are not found, it is whatever begins at a random byte.
func (c *corrupter) changeField(with []byte) []byte {
	p, ok := c.piece(isBatch)
	if !ok || p.data == p.end {
		return nil
	}
	if fields := p.fields(c.trace); len(fields) > 0 {
		f := fields[c.IntN(len(fields))]
		return c.changeData(p, f.at, f.end, with)
	}
	at := p.data + c.IntN(p.end-p.data)
	_, n := binary.Uvarint(c.trace[at:p.end])
	return c.changeData(p, at, at+max(n, 1), with)
}

// changeData replaces bytes of a batch and writes its new size.
func (c *corrupter) changeData(p piece, from, to int, with []byte) []byte {
	data := slices.Concat(c.trace[p.data:from], with, c.trace[to:p.end])
	return c.rewrite(p, data)
}

func (c *corrupter) rewrite(p piece, data []byte) []byte {
	return c.replace(p.start, p.end, AppendBatch(nil, p.generation, p.thread, p.time, data))
}

// hugeHeaderField makes a batch's generation, thread, time or size huge.
func (c *corrupter) hugeHeaderField() []byte {
	p, ok := c.piece(isBatch)
	if !ok {
		return nil
	}
	values := []uint64{p.generation, p.thread, p.time, uint64(p.end - p.data)}
	values[c.IntN(len(values))] = hugeValue(c.IntN(8))
	header := []byte{byte(wire.EvEventBatch)}
	for _, v := range values {
		header = binary.AppendUvarint(header, v)
	}
	return c.replace(p.start, p.data, header)
}

// renumberPiece gives one batch to another generation.
func (c *corrupter) renumberPiece() []byte {
	p, ok := c.piece(isBatch)
	if !ok {
		return nil
	}
	p.generation = c.Uint64N(p.generation + 3)
	return c.rewrite(p, c.trace[p.data:p.end])
}

// swapGenerations exchanges two generations' numbers in all their batches.
func (c *corrupter) swapGenerations() []byte {
	a, ok := c.piece(isBatch)
	if !ok {
		return nil
	}
	b, ok := c.piece(func(p piece) bool { return isBatch(p) && p.generation != a.generation })
	if !ok {
		return nil
	}
	out := bytes.Clone(c.trace[:c.pieces[0].start])
	for _, p := range c.pieces {
		switch {
		case !isBatch(p):
			out = append(out, c.trace[p.start:p.end]...)
			continue
		case p.generation == a.generation:
			p.generation = b.generation
		case p.generation == b.generation:
			p.generation = a.generation
		}
		out = AppendBatch(out, p.generation, p.thread, p.time, c.trace[p.data:p.end])
	}
	return append(out, c.trace[c.pieces[len(c.pieces)-1].end:]...)
}

func (c *corrupter) dropSync() []byte {
	return c.drop(func(p piece) bool {
		t := p.content(c.trace)
		return t == wire.EvSync || t == wire.EvFrequency
	})
}

func (c *corrupter) dropTable() []byte {
	return c.drop(func(p piece) bool {
		t := p.content(c.trace)
		return t == wire.EvStacks || t == wire.EvStrings
	})
}

func (c *corrupter) dropEnd() []byte {
	return c.drop(func(p piece) bool { return p.kind == wire.EvEndOfGeneration })
}

// changeEventType makes an event one of another type, known or not.
func (c *corrupter) changeEventType() []byte {
	p, ok := c.piece(func(p piece) bool {
		spec, known := wire.SpecOf(p.content(c.trace))
		return known && spec.Args > 0
	})
	if !ok {
		return nil
	}
	fields := p.fields(c.trace)
	if len(fields) == 0 {
		return nil
	}
	f := fields[c.IntN(len(fields))]
	for !f.first {
		f = fields[c.IntN(len(fields))]
	}
	t := byte(c.IntN(int(wire.EvEndOfGeneration) + 10))
	return c.replace(f.at-1, f.at, []byte{t})
}

package wire

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// What follows is for the one loop that reads nine of ten events. It takes a cursor
// apart, so that what it stands on is in registers, and decodes several numbers from
// one load. Whatever is longer than usual is left to Next and Load.

// Room is how many bytes that loop may look at from the place of an event's arguments on:
// sixteen of arguments, and eight from the next event's place on.
const Room = 16 + 8

// Open returns the batch that the cursor is in, the place of the packed arguments in it,
// and the clock. It returns false if they are loaded already.
func (c *Cursor) Open() (batch []byte, at int, clock Clock, ok bool) {
	return c.data, c.off, c.clock, !c.loaded
}

// At returns the place of what the cursor reads next.
func (c *Cursor) At() int { return c.off }

// Stand puts the cursor onto the event whose type and time are given and whose packed
// arguments are at that place of the batch.
func (c *Cursor) Stand(typ EventType, time Time, at int) {
	c.Type, c.Time, c.off, c.loaded = typ, time, at, false
}

// Pass puts the cursor behind an event: the next one begins at that place of the batch.
func (c *Cursor) Pass(time Time, at int) {
	c.Time, c.off, c.loaded = time, at, true
}

// Packed is eight bytes of numbers, seven bits in each byte, of which the highest says
// whether the number goes on.
type Packed uint64

// LoadPacked returns the eight bytes at a place of a batch.
func LoadPacked(batch []byte, at int) Packed {
	return Packed(binary.LittleEndian.Uint64(batch[at:]))
}

// tooLong is the length of a number that is left to somebody else.
const tooLong = 64

// Number takes the first number off p. If it has more than three bytes, n is larger than any
// number's length. Lengths are decided by branches: they are mostly foreseen, and what
// comes next does not wait for them.
func (p Packed) Number() (x uint64, rest Packed, n int) {
	switch {
	case p&0x80 == 0:
		return uint64(p & 0x7f), p >> 8, 1
	case p&0x8000 == 0:
		return uint64(p&0x7f | p>>1&0x3f80), p >> 16, 2
	case p&0x800000 == 0:
		return uint64(p&0x7f | p>>1&0x3f80 | p>>2&0x1fc000), p >> 24, 3
	}
	return 0, 0, tooLong
}

// Long is Number for numbers of up to eight bytes: a goroutine of a program that has been
// running for long, a heap's size. Their lengths are anybody's guess: it does without branches.
func (p Packed) Long() (x uint64, n int) {
	ends := p.ends()
	if n = size(ends); n > 8 {
		return 0, tooLong
	}
	return p.first(ends), n
}

// Two returns how many bytes the first two numbers have, more than eight if they do not fit.
func (p Packed) Two() int {
	ends := p.ends()
	return size(ends & (ends - 1))
}

// Args decodes the arguments of an event of any type that may stand among a thread's, at a place
// of a batch, and returns how many bytes they have: more than 16 if they have more, or one of
// them is longer than any that a program has reason to write.
func Args(batch []byte, at int, typ EventType, args *[MaxArgs - 1]uint64) (size int) {
	for i := range argCount[typ] - 1 {
		p := LoadPacked(batch, at+size)
		x, _, n := p.Number()
		if n > 3 {
			if x, n = p.Long(); n > 8 && size <= 16-largestSize && isLargest(batch[at+size:]) {
				x, n = math.MaxUint64, largestSize
			}
		}
		args[i] = x
		if size += n; size > 16 {
			break
		}
	}
	return size
}

// largestSize is how many bytes the largest number has, which stands for no thread wherever a
// goroutine is listed that does not run.
const largestSize = 10

func isLargest(p []byte) bool {
	return binary.LittleEndian.Uint64(p) == math.MaxUint64 && p[8] == 0xff && p[9] == 1
}

// ends are the ends of the numbers in p, the lowest bit that is set that of the first.
func (p Packed) ends() uint64 { return uint64(^p) & 0x8080808080808080 }

// size returns how many bytes there are up to the first of the ends; more than eight if there
// is none.
func size(ends uint64) int { return bits.TrailingZeros64(ends)>>3 + 1 }

// first returns the number up to the first of the ends.
func (p Packed) first(ends uint64) uint64 {
	x := uint64(p) & (ends ^ (ends - 1))
	x = x&0x007f007f007f007f | x>>1&0x3f803f803f803f80
	x = x&0x00003fff00003fff | x>>2&0x0fffc0000fffc000
	return x&0x0fffffff | x>>4&0x00fffffff0000000
}

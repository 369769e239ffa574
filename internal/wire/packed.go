package wire

import (
	"encoding/binary"
	"math/bits"
)

// What follows is for the one loop that reads nine of ten events. It takes a cursor
// apart, so that what it stands on is in registers, and decodes several numbers from
// one load: how many bytes an event has is then known long before its numbers are, and
// the processor begins with the next event meanwhile. Whatever is longer than usual is
// left to Next and Load.

// Room is how many bytes that loop may look at from the place of an event's arguments on:
// eight of arguments, and the next event's type and time.
const Room = 16

// Open returns the batch that the cursor is in, the place of the packed arguments in it,
// and the clock. What follows the batch in memory is there too, to be looked at but not to
// be taken for the batch's: it ends at end. There is nothing if the arguments were loaded.
func (c *Cursor) Open() (batch []byte, at, end int, clock Clock) {
	if c.loaded {
		return nil, c.off, 0, c.clock
	}
	return c.data[:cap(c.data)], c.off, len(c.data), c.clock
}

// Stand puts the cursor onto the event whose type and time are given and whose packed
// arguments are at that place of the batch.
func (c *Cursor) Stand(typ EventType, time Time, at int) {
	c.Type, c.Time, c.off = typ, time, at
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

// Ends are the ends of numbers, the lowest bit that is set that of the first; 0 if
// there is none.
type Ends uint64

// Ends returns the ends of the numbers in p.
func (p Packed) Ends() Ends { return Ends(^p & 0x8080808080808080) }

// Next returns the ends without the first.
func (e Ends) Next() Ends { return e & (e - 1) }

// Size returns how many bytes there are up to the first end; more than eight if there
// is none.
func (e Ends) Size() int { return bits.TrailingZeros64(uint64(e))>>3 + 1 }

// First returns the number that ends first in e. What comes before must be of it.
func (p Packed) First(e Ends) uint64 { return join(uint64(p) & uint64(e^(e-1))) }

// After returns the number that ends first in e and begins where one ends first in
// before.
func (p Packed) After(before, e Ends) uint64 {
	return join(uint64(p) & uint64(e^(e-1)) >> (uint(bits.TrailingZeros64(uint64(before))+1) & 63))
}

// Delta returns the number at a place of a batch, a time difference, and how many bytes
// it has: 0 if more than three. Its length is decided by branches: they are mostly
// foreseen, and the next event's time does not wait for it.
func Delta(batch []byte, at int) (dt uint64, n int) {
	x := uint64(binary.LittleEndian.Uint32(batch[at:]))
	switch {
	case x&0x80 == 0:
		return x & 0x7f, 1
	case x&0x8000 == 0:
		return x&0x7f | x>>1&0x3f80, 2
	case x&0x800000 == 0:
		return x&0x7f | x>>1&0x3f80 | x>>2&0x1fc000, 3
	}
	return 0, 0
}

// Load decodes the arguments of an event of any type and returns how many bytes they
// have: more than eight if they are not all there.
func (p Packed) Load(typ EventType, args *[MaxArgs - 1]uint64) (size int) {
	first := p.Ends()
	second := first.Next()
	third := second.Next()
	switch argCount[typ] {
	case 1:
		return 0
	case 2:
		args[0] = p.First(first)
		return first.Size()
	case 3:
		args[0], args[1] = p.First(first), p.After(first, second)
		return second.Size()
	case 4:
		args[0], args[1], args[2] = p.First(first), p.After(first, second), p.After(second, third)
		return third.Size()
	}
	fourth := third.Next()
	args[0], args[1], args[2], args[3] = p.First(first), p.After(first, second), p.After(second, third), p.After(third, fourth)
	return fourth.Size()
}

// join brings the seven bits of each byte together.
func join(x uint64) uint64 {
	x = x&0x007f007f007f007f | x>>1&0x3f803f803f803f80
	x = x&0x00003fff00003fff | x>>2&0x0fffc0000fffc000
	return x&0x0fffffff | x>>4&0x00fffffff0000000
}

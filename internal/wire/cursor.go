package wire

import (
	"encoding/binary"
	"fmt"
)

// A Cursor reads the events of one thread, one after another. Its fields hold
// the event it stands on.
type Cursor struct {
	Type EventType
	Time Time
	Args [MaxArgs - 1]uint64 // without the time difference; those the type does not have are stale

	data   []byte // of the current batch
	off    int    // of the next event in it
	clock  Clock
	thread *Thread
	next   int // index of the batch after the current one
	err    error
}

// roomy is a number of bytes in which any event has room (1 + 5×10), rounded up so
// that a mask keeps an index within.
const roomy = 64

// Cursor returns a cursor before the first event of the i-th thread.
func (g *Generation) Cursor(i int) Cursor {
	return Cursor{thread: &g.Threads[i], clock: g.Clock}
}

// Err returns what stopped Next, or nil if it was the end.
func (c *Cursor) Err() error { return c.err }

// Next moves to the next event. It returns false at the end, and where there is
// something that is not an event.
func (c *Cursor) Next() bool {
	if len(c.data)-c.off < roomy {
		return c.nextTight()
	}
	// There are bytes enough for any event. Nearly all numbers have one to four bytes
	// (a goroutine's three), which are decoded in line. The time difference is the first.
	p := (*[roomy]byte)(c.data[c.off:])
	n := int(argCount[p[0]])
	var dt uint64
	off := 1
	for i := range n {
		x := binary.LittleEndian.Uint64(p[off:])
		if x&0x8080 != 0x8080 {
			two := x >> 7 & 1 // one byte or two, without a branch: which is anybody's guess
			x = x&0x7f | x>>1&0x3f80&-two
			off += 1 + int(two)
		} else if x&0x800000 == 0 {
			x = x&0x7f | x>>1&0x3f80 | x>>2&0x1fc000
			off += 3
		} else {
			var w int
			if x, w = binary.Uvarint(p[off:]); w <= 0 {
				return c.nextTight() // it says what is wrong
			}
			off += w
		}
		if i == 0 {
			dt = x
		} else {
			c.Args[(i-1)&(len(c.Args)-1)] = x
		}
	}
	if n == 0 {
		return c.nextTight()
	}
	c.off += off
	c.Type = EventType(p[0])
	c.Time = min(c.Time+c.clock.Time(Timestamp(dt)), maxTime)
	return true
}

// nextTight is Next where every byte may be missing.
func (c *Cursor) nextTight() bool {
	if c.err != nil || !c.nextBatch() {
		return false
	}
	p := c.data[c.off:]
	typ := EventType(p[0])
	n := int(argCount[typ])
	if n == 0 {
		c.err = fmt.Errorf("%v (%d) among thread %d's events", typ, uint8(typ), c.thread.ID)
		return false
	}
	dt, w := uvarint(p[1:])
	if w <= 0 {
		return c.cut(typ)
	}
	off := 1 + w
	for i := range n - 1 {
		if c.Args[i], w = uvarint(p[off:]); w <= 0 {
			return c.cut(typ)
		}
		off += w
	}
	c.off += off
	c.Type = typ
	c.Time = min(c.Time+c.clock.Time(Timestamp(dt)), maxTime)
	return true
}

// nextBatch goes on to the thread's next batch that has events if the current one has
// no more.
func (c *Cursor) nextBatch() bool {
	for c.off == len(c.data) {
		if c.next == len(c.thread.Batches) {
			return false
		}
		b := &c.thread.Batches[c.next]
		c.data, c.off = b.Data, 0
		c.Time = c.clock.Time(b.Time)
		c.next++
	}
	return true
}

func (c *Cursor) cut(typ EventType) bool {
	c.err = fmt.Errorf("%v is cut short at the end of a batch of thread %d", typ, c.thread.ID)
	return false
}

// argCount is the number of arguments by event type, apart from the table of
// specifications so that it stays in the cache.
var argCount = func() (n [256]uint8) {
	for i, s := range specs {
		n[i] = s.Args
	}
	return n
}()

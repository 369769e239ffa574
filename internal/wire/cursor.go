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

	thread *Thread
	clock  Clock
	data   []byte // what is left of the current batch
	next   int    // index of the batch after it

}

// Cursor returns a cursor before the first event of the i-th thread.
func (g *Generation) Cursor(i int) Cursor {
	return Cursor{thread: &g.Threads[i], clock: g.Clock}
}

// Next moves to the next event. It returns false at the end, and an error if
// there is something that is not an event.
func (c *Cursor) Next() (bool, error) {
	p := c.data
	if len(p) == 0 {
		if !c.nextBatch() {
			return false, nil
		}
		p = c.data
	}
	typ := EventType(p[0])
	n := int(argCount[typ])
	if n == 0 {
		return false, fmt.Errorf("%v (%d) among thread %d's events", typ, uint8(typ), c.thread.ID)
	}
	// Nearly all numbers have one byte or two, which are decoded in line. The time
	// difference is the first.
	var dt uint64
	off := 1
	for i := range n {
		var x uint64
		switch {
		case off < len(p) && p[off] < 0x80:
			x = uint64(p[off])
			off++
		case off+1 < len(p) && p[off+1] < 0x80:
			x = uint64(p[off]&0x7f) | uint64(p[off+1])<<7
			off += 2
		default:
			var w int
			if x, w = binary.Uvarint(p[off:]); w <= 0 {
				return false, c.cut(typ)
			}
			off += w
		}
		if i == 0 {
			dt = x
		} else {
			c.Args[(i-1)&(len(c.Args)-1)] = x
		}
	}
	c.Type = typ
	c.Time = min(c.Time+c.clock.Time(Timestamp(dt)), maxTime)
	c.data = p[off:]
	return true, nil
}

// nextBatch goes on to the thread's next batch that has events.
func (c *Cursor) nextBatch() bool {
	for len(c.data) == 0 {
		if c.next == len(c.thread.Batches) {
			return false
		}
		b := &c.thread.Batches[c.next]
		c.data = b.Data
		c.Time = c.clock.Time(b.Time)
		c.next++
	}
	return true
}

func (c *Cursor) cut(typ EventType) error {
	return fmt.Errorf("%v is cut short at the end of a batch of thread %d", typ, c.thread.ID)
}

// argCount is the number of arguments by event type, apart from the table of
// specifications so that it stays in the cache.
var argCount = func() (n [256]uint8) {
	for i, s := range specs {
		n[i] = s.Args
	}
	return n
}()

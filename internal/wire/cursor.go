package wire

import "fmt"

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
	for len(c.data) == 0 {
		if c.next == len(c.thread.Batches) {
			return false, nil
		}
		b := &c.thread.Batches[c.next]
		c.data = b.Data
		c.Time = c.clock.Time(b.Time)
		c.next++
	}
	p := c.data
	typ := EventType(p[0])
	n := argCount[typ]
	if n == 0 {
		return false, fmt.Errorf("%v (%d) among thread %d's events", typ, uint8(typ), c.thread.ID)
	}
	dt, w := uvarint(p[1:])
	if w <= 0 {
		return false, c.cut(typ)
	}
	off := 1 + w
	for i := range c.Args[:n-1] {
		if off < len(p) && p[off] < 0x80 {
			c.Args[i] = uint64(p[off])
			off++
			continue
		}
		if c.Args[i], w = uvarint(p[off:]); w <= 0 {
			return false, c.cut(typ)
		}
		off += w
	}
	c.Type = typ
	c.Time = min(c.Time+c.clock.Time(Timestamp(dt)), maxTime)
	c.data = p[off:]
	return true, nil
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

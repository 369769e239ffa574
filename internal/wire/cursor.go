package wire

import "fmt"

// A Cursor goes through the events of one thread. Of the event it stands on, the type and
// the time are known; the arguments stay packed until somebody asks for them.
type Cursor struct {
	Type EventType
	Time Time
	Args [MaxArgs - 1]uint64 // those of the type, once Load has returned true

	data   []byte // of the current batch
	off    int    // of the packed arguments, or of the next event once they are loaded
	loaded bool
	clock  Clock
	thread *Thread
	next   int // index of the batch after the current one
	err    error
}

// Cursor returns a cursor before the first event of the i-th thread.
func (g *Generation) Cursor(i int) Cursor {
	return Cursor{thread: &g.Threads[i], clock: g.Clock, loaded: true}
}

// Err returns what stopped Next or Load, or nil if it was the end.
func (c *Cursor) Err() error { return c.err }

// Next moves to the next event. It returns false at the end, and where its time is cut short.
func (c *Cursor) Next() bool {
	if !c.Load() || !c.nextBatch() {
		return false
	}
	p := c.data[c.off:]
	typ := EventType(p[0])
	dt, w := uvarint(p[1:])
	if w <= 0 {
		return c.cut(typ)
	}
	c.off += 1 + w
	c.loaded = false
	c.Type = typ
	c.Time = c.clock.After(c.Time, dt)
	return true
}

// Load decodes the event's arguments. It returns false where they are cut short, and where the
// type is none that may stand there.
func (c *Cursor) Load() bool {
	if c.loaded || c.err != nil {
		return c.err == nil
	}
	if !c.Type.Timed() {
		return c.stray(c.Type)
	}
	off := c.off
	for i := range argCount[c.Type] - 1 {
		x, w := uvarint(c.data[off:])
		if w <= 0 {
			return c.cut(c.Type)
		}
		c.Args[i] = x
		off += w
	}
	c.off, c.loaded = off, true
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

// stray is what cannot be an event where one should be.
func (c *Cursor) stray(typ EventType) bool {
	c.err = fmt.Errorf("%v (%d) among thread %d's events", typ, uint8(typ), c.thread.ID)
	return false
}

func (c *Cursor) cut(typ EventType) bool {
	if !typ.Timed() {
		return c.stray(typ)
	}
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

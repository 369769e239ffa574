package wire

// pieces collect bytes of which nobody knows how many there will be, without copying again
// and again what has come so far. Their room is used again, so that reading a long trace
// holds one generation twice, and makes little garbage.
type pieces struct {
	full [][]byte // each but the last one has no room left
	free [][]byte // empty
	old  []byte   // what was joined and given back; nil: nothing
	size int      // of all that has come
}

// pieceBytes is what one of them holds: a few of the largest batches.
const pieceBytes = 256 << 10

// add adds a copy of p.
func (c *pieces) add(p []byte) {
	c.size += len(p)
	for len(p) > 0 {
		last := len(c.full) - 1
		if last < 0 || len(c.full[last]) == pieceBytes {
			c.full = append(c.full, c.empty())
			last++
		}
		piece := c.full[last]
		n := copy(piece[len(piece):pieceBytes], p)
		c.full[last] = piece[:len(piece)+n]
		p = p[n:]
	}
}

func (c *pieces) empty() []byte {
	n := len(c.free)
	if n == 0 {
		return make([]byte, 0, pieceBytes)
	}
	piece := c.free[n-1]
	c.free = c.free[:n-1]
	return piece
}

// join returns all that has come, with rest behind it, in one piece that is the caller's,
// and begins anew. Of the room that was not needed it gives half back.
func (c *pieces) join(rest []byte) []byte {
	all := c.whole(c.size + len(rest))
	half := len(c.free) / 2
	clear(c.free[half:])
	c.free = c.free[:half]
	for i, piece := range c.full {
		all = append(all, piece...)
		c.free = append(c.free, piece[:0])
		c.full[i] = nil
	}
	c.full, c.size = c.full[:0], 0
	return append(all, rest...)
}

// reuse takes what join has returned, if nobody needs it any more.
func (c *pieces) reuse(whole []byte) { c.old = whole[:0] }

// whole returns room for n bytes. What was given back is forgotten if it is much too large
// or too small: generations have become others.
func (c *pieces) whole(n int) []byte {
	b := c.old
	c.old = nil
	if b != nil && cap(b) >= n && cap(b) <= 2*n {
		return b
	}
	return make([]byte, 0, n+n/16) // so that a somewhat larger one fits later
}

package wire

import "github.com/gotracewatch/tracewatch/internal/limits"

// Frame is one frame of a stack.
type Frame struct {
	PC   uint64
	Func string // as the linker names it, e.g. net/http.(*conn).serve
	File string
	Line int
}

// index finds the bytes of a table's entries by their number. The runtime
// numbers from 1 without holes, so that a slice serves; numbers that leave holes
// (which only a forged trace has) go into a map.
type index struct {
	dense  []span
	sparse map[uint64]span
}

// span is where an entry's content is: which batch, from where.
// The zero span is no entry: content never begins at a batch's first byte.
type span struct {
	batch, off uint32
}

// entry is a table's entry as it is met.
type entry struct {
	id uint64
	at span
}

// newIndex builds an index. Of two entries with one number the first counts.
func newIndex(entries []entry) index {
	var x index
	top := uint64(0)
	for _, e := range entries {
		top = max(top, e.id)
	}
	if top <= uint64(4*len(entries)+64) {
		x.dense = make([]span, top+1)
		for _, e := range entries {
			if x.dense[e.id] == (span{}) {
				x.dense[e.id] = e.at
			}
		}
		return x
	}
	x.sparse = make(map[uint64]span, len(entries))
	for _, e := range entries {
		if _, ok := x.sparse[e.id]; !ok {
			x.sparse[e.id] = e.at
		}
	}
	return x
}

func (x *index) find(id uint64) (span, bool) {
	if x.sparse != nil {
		s, ok := x.sparse[id]
		return s, ok
	}
	if id >= uint64(len(x.dense)) {
		return span{}, false
	}
	s := x.dense[id]
	return s, s != span{}
}

// size is one more than the largest number that a dense index holds.
func (x *index) size() int { return len(x.dense) }

// stringTable finds strings. Each is made once, when first asked for.
type stringTable struct {
	batches [][]byte
	indexed bool
	index   index
	made    map[uint64]string
}

func (t *stringTable) build() {
	t.indexed = true
	t.made = make(map[uint64]string)
	var entries []entry
	for b, data := range t.batches {
		for off := 1; off < len(data) && EventType(data[off]) == EvString; {
			off++
			id, w := uvarint(data[off:])
			if w <= 0 {
				break
			}
			off += w
			at := span{uint32(b), uint32(off)}
			n, w := uvarint(data[off:])
			if w <= 0 || n > limits.StringBytes || uint64(len(data)-off-w) < n {
				break
			}
			off += w + int(n)
			entries = append(entries, entry{id, at})
		}
	}
	t.index = newIndex(entries)
}

// String returns a string of the generation, and whether it has it. Number 0
// is the empty string.
func (g *Generation) String(id uint64) (string, bool) {
	if id == 0 {
		return "", true
	}
	t := &g.strings
	if !t.indexed {
		t.build()
	}
	if s, ok := t.made[id]; ok {
		return s, true
	}
	at, ok := t.index.find(id)
	if !ok {
		return "", false
	}
	p := t.batches[at.batch][at.off:]
	n, w := uvarint(p) // checked when the index was built
	s := string(p[w : w+int(n)])
	t.made[id] = s
	return s, true
}

// stackTable finds stacks.
type stackTable struct {
	batches [][]byte
	indexed bool
	index   index
}

func (t *stackTable) build() {
	t.indexed = true
	var entries []entry
	for b, data := range t.batches {
		for off := 1; off < len(data) && EventType(data[off]) == EvStack; {
			off++
			id, w := uvarint(data[off:])
			if w <= 0 {
				break
			}
			off += w
			at := span{uint32(b), uint32(off)}
			n, w := uvarint(data[off:])
			if w <= 0 || n > limits.StackFrames {
				break
			}
			if off = skip(data, off+w, 4*int(n)); off < 0 {
				break
			}
			entries = append(entries, entry{id, at})
		}
	}
	t.index = newIndex(entries)
}

// Stacks returns one more than the largest stack number, or 0 if the table has
// holes: the size of a slice by stack number.
func (g *Generation) Stacks() int {
	if !g.stacks.indexed {
		g.stacks.build()
	}
	return g.stacks.index.size()
}

// RawFrame is a frame as it is on the wire: its function and file are numbers
// of strings.
type RawFrame struct {
	PC, Func, File, Line uint64
}

// Stack appends the frames of a stack to frames, innermost first, and reports
// whether there is such a stack.
func (g *Generation) Stack(id uint64, frames []RawFrame) ([]RawFrame, bool) {
	if !g.stacks.indexed {
		g.stacks.build()
	}
	at, ok := g.stacks.index.find(id)
	if !ok {
		return frames, false
	}
	p := g.stacks.batches[at.batch][at.off:]
	n, w := uvarint(p)
	p = p[w:]
	for range n {
		var f [4]uint64
		for i := range f {
			x, w := uvarint(p)
			if w <= 0 {
				return frames, false // more than 64 bits
			}
			f[i] = x
			p = p[w:]
		}
		frames = append(frames, RawFrame{f[0], f[1], f[2], f[3]})
	}
	return frames, true
}

// PCs appends the program counters of a stack to pcs, innermost first, and reports whether
// there is such a stack. It is what Stack does, without what is seldom needed.
func (g *Generation) PCs(id uint64, pcs []uint64) ([]uint64, bool) {
	if !g.stacks.indexed {
		g.stacks.build()
	}
	at, ok := g.stacks.index.find(id)
	if !ok {
		return pcs, false
	}
	p := g.stacks.batches[at.batch]
	n, w := uvarint(p[at.off:])
	off := int(at.off) + w
	for range n {
		if len(p)-off >= 2*8 { // nearly always: a program counter has four bytes, the rest of a frame six
			pc := LoadPacked(p, off)
			if end := pc.ends(); size(end) <= 8 {
				rest := LoadPacked(p, off+size(end)).ends()
				rest &= rest - 1
				rest &= rest - 1 // three numbers
				if size(rest) <= 8 {
					pcs = append(pcs, pc.first(end))
					off += size(end) + size(rest)
					continue
				}
			}
		}
		pc, w := uvarint(p[off:])
		if w <= 0 {
			return pcs, false // more than 64 bits
		}
		pcs = append(pcs, pc)
		off = skip(p, off+w, 3)
	}
	return pcs, true
}

// Resolve replaces the numbers in a frame by what they stand for. It returns false if
// one stands for nothing.
func (g *Generation) Resolve(f RawFrame) (Frame, bool) {
	fn, ok := g.String(f.Func)
	file, found := g.String(f.File)
	return Frame{PC: f.PC, Func: fn, File: file, Line: int(f.Line)}, ok && found
}

package tracegen

import (
	"fmt"
	"math"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// editor changes a trace piece by piece. What it writes is whole batches of
// whole events, with sizes that are right, unless the change was to cut it.
type editor struct {
	header  [wire.HeaderSize]byte
	chunks  []chunk
	cut     int // bytes that are missing at the end
	changes []string
}

// How many sorts of changes [FromBytes] knows, and how many bytes decide on one:
// the first on its sort, the others on places and values.
const (
	NumEdits = 20
	EditSize = 6
)

func newEditor(trace []byte) *editor {
	e := &editor{header: [wire.HeaderSize]byte(trace)}
	for _, p := range pieces(trace) {
		e.chunks = append(e.chunks, takeApart(trace, p))
	}
	return e
}

func (e *editor) trace() []byte {
	out := slices.Clone(e.header[:])
	for _, c := range e.chunks {
		out = c.append(out)
	}
	return out[:max(len(out)-e.cut, 0)]
}

// edit makes the change that the choices say, if the trace has a place for it.
func (e *editor) edit(c *choices) {
	edits := [NumEdits]func(*choices) string{
		e.dropEvent, e.repeatEvent, e.swapEvents, e.moveEvent, e.changeType,
		e.smallArgument, e.hugeArgument, e.nearArgument, e.otherArgument, e.changeTime,
		e.dropBatch, e.repeatBatch, e.swapBatches, e.otherGeneration, e.otherThread,
		e.swapGenerations, e.dropGeneration, e.repeatGeneration, e.changeVersion, e.cutEnd,
	}
	which := c.upTo(NumEdits - 1)
	if len(e.chunks) == 0 {
		return
	}
	if change := edits[which](c); change != "" {
		e.changes = append(e.changes, change)
	}
}

func (e *editor) batch(c *choices) (int, *chunk) {
	i := c.upTo(len(e.chunks) - 1)
	return i, &e.chunks[i]
}

// event picks a batch that has events, or entries of a table, and one of them.
func (e *editor) event(c *choices) (b *chunk, at int, ok bool) {
	first := c.upTo(len(e.chunks) - 1)
	for i := range e.chunks {
		b = &e.chunks[(first+i)%len(e.chunks)]
		if len(b.records) > 0 {
			return b, c.upTo(len(b.records) - 1), true
		}
	}
	return nil, 0, false
}

// argument picks an event and one of its arguments.
func (e *editor) argument(c *choices) (r *record, i int, ok bool) {
	b, at, ok := e.event(c)
	if !ok {
		return nil, 0, false
	}
	r = &b.records[at]
	if len(r.args) == 0 {
		return nil, 0, false
	}
	r.args = slices.Clone(r.args) // a repeated event has the same
	return r, c.upTo(len(r.args) - 1), true
}

func (e *editor) dropEvent(c *choices) string {
	b, at, ok := e.event(c)
	if !ok {
		return ""
	}
	r := b.records[at]
	b.records = slices.Delete(slices.Clone(b.records), at, at+1)
	return fmt.Sprintf("drop %s %d of generation %d, thread %d", r.kind, at, b.generation, int64(b.thread))
}

func (e *editor) repeatEvent(c *choices) string {
	b, at, ok := e.event(c)
	if !ok {
		return ""
	}
	b.records = slices.Insert(slices.Clone(b.records), at, b.records[at])
	return fmt.Sprintf("repeat %s %d of generation %d, thread %d", b.records[at].kind, at, b.generation, int64(b.thread))
}

func (e *editor) swapEvents(c *choices) string {
	b, at, ok := e.event(c)
	if !ok {
		return ""
	}
	to := (at + 1 + c.upTo(7)) % len(b.records)
	b.records = slices.Clone(b.records)
	b.records[at], b.records[to] = b.records[to], b.records[at]
	return fmt.Sprintf("swap events %d and %d of generation %d, thread %d", at, to, b.generation, int64(b.thread))
}

func (e *editor) moveEvent(c *choices) string {
	b, at, ok := e.event(c)
	if !ok {
		return ""
	}
	r := b.records[at]
	b.records = slices.Delete(slices.Clone(b.records), at, at+1)
	to, place, ok := e.event(c)
	if !ok {
		return ""
	}
	to.records = slices.Insert(slices.Clone(to.records), place, r)
	return fmt.Sprintf("move %s from generation %d, thread %d, to %d, thread %d", r.kind, b.generation, int64(b.thread), to.generation, int64(to.thread))
}

// changeType makes an event one of another type with as many arguments, or of
// any.
func (e *editor) changeType(c *choices) string {
	b, at, ok := e.event(c)
	if !ok {
		return ""
	}
	b.records = slices.Clone(b.records)
	r := &b.records[at]
	was := r.kind
	spec, _ := wire.SpecOf(was)
	first := c.upTo(255)
	for i := range 256 {
		t := wire.EventType(first + i)
		other, known := wire.SpecOf(t)
		if t != was && known && other.Args > 0 && other.Args == spec.Args {
			r.kind = t
			return fmt.Sprintf("make a %s a %s", was, t)
		}
	}
	r.kind = wire.EventType(first)
	return fmt.Sprintf("make a %s type %d", was, r.kind)
}

func (e *editor) smallArgument(c *choices) string {
	return e.setArgument(c, func(uint64) uint64 { return uint64(c.upTo(40)) })
}

func (e *editor) hugeArgument(c *choices) string {
	return e.setArgument(c, func(uint64) uint64 { return hugeValue(c.upTo(7)) })
}

func (e *editor) nearArgument(c *choices) string {
	return e.setArgument(c, func(was uint64) uint64 { return was + uint64(c.upTo(6)) - 3 })
}

func (e *editor) setArgument(c *choices, to func(uint64) uint64) string {
	r, i, ok := e.argument(c)
	if !ok {
		return ""
	}
	was := r.args[i]
	r.args[i] = to(was)
	return fmt.Sprintf("make argument %d of a %s, which was %d, %d", i, r.kind, was, r.args[i])
}

// otherArgument makes an event be about another goroutine, P, stack, … that
// there is.
func (e *editor) otherArgument(c *choices) string {
	r, i, ok := e.argument(c)
	if !ok {
		return ""
	}
	b, at, _ := e.event(c)
	for n := range b.records {
		other := b.records[(at+n)%len(b.records)]
		for j, a := range other.args {
			if other.role(j) == r.role(i) && a != r.args[i] {
				was := r.args[i]
				r.args[i] = a
				return fmt.Sprintf("make argument %d of a %s, which was %d, the %d of a %s", i, r.kind, was, a, other.kind)
			}
		}
	}
	return ""
}

func (e *editor) changeTime(c *choices) string {
	i, b := e.batch(c)
	was := b.time
	switch c.upTo(5) {
	case 0:
		b.time = 0
	case 1:
		b.time = math.MaxUint64
	case 2:
		b.time -= uint64(c.upTo(5000))
	default:
		b.time += uint64(c.upTo(5000))
	}
	return fmt.Sprintf("batch %d begins at %d, not %d", i, b.time, was)
}

func (e *editor) dropBatch(c *choices) string {
	i, b := e.batch(c)
	change := fmt.Sprintf("drop batch %d of generation %d, thread %d", i, b.generation, int64(b.thread))
	e.chunks = slices.Delete(e.chunks, i, i+1)
	return change
}

func (e *editor) repeatBatch(c *choices) string {
	i, b := e.batch(c)
	to := c.upTo(len(e.chunks) - 1)
	e.chunks = slices.Insert(e.chunks, to, *b)
	return fmt.Sprintf("repeat batch %d at %d", i, to)
}

func (e *editor) swapBatches(c *choices) string {
	i, _ := e.batch(c)
	j, _ := e.batch(c)
	e.chunks[i], e.chunks[j] = e.chunks[j], e.chunks[i]
	return fmt.Sprintf("swap batches %d and %d", i, j)
}

func (e *editor) otherGeneration(c *choices) string {
	i, b := e.batch(c)
	was := b.generation
	b.generation += uint64(c.upTo(4)) - 2
	return fmt.Sprintf("batch %d is of generation %d, not %d", i, b.generation, was)
}

func (e *editor) otherThread(c *choices) string {
	i, b := e.batch(c)
	_, other := e.batch(c)
	was := b.thread
	b.thread = other.thread
	return fmt.Sprintf("batch %d is of thread %d, not %d", i, int64(b.thread), int64(was))
}

// generation picks a generation and returns where its batches are.
func (e *editor) generation(c *choices) (from, to int) {
	i, _ := e.batch(c)
	return e.around(i)
}

func (e *editor) around(i int) (from, to int) {
	for from = i; from > 0 && e.chunks[from-1].kind != wire.EvEndOfGeneration &&
		(e.chunks[from-1].generation == e.chunks[i].generation || e.chunks[i].kind == wire.EvEndOfGeneration); from-- {
	}
	for to = i; to < len(e.chunks) && e.chunks[to].kind != wire.EvEndOfGeneration && e.chunks[to].generation == e.chunks[i].generation; to++ {
	}
	if to < len(e.chunks) && e.chunks[to].kind == wire.EvEndOfGeneration {
		to++
	}
	return from, to
}

// swapGenerations exchanges the places of two, or only their numbers.
func (e *editor) swapGenerations(c *choices) string {
	from, to := e.generation(c)
	if to == len(e.chunks) {
		return ""
	}
	next, end := e.around(to)
	if next != to {
		return ""
	}
	a, b := e.chunks[from].generation, e.chunks[to].generation
	if c.upTo(1) == 0 {
		e.chunks = slices.Concat(e.chunks[:from], e.chunks[to:end], e.chunks[from:to], e.chunks[end:])
		return fmt.Sprintf("generation %d goes before %d", b, a)
	}
	for i := from; i < end; i++ {
		switch e.chunks[i].generation {
		case a:
			e.chunks[i].generation = b
		case b:
			e.chunks[i].generation = a
		}
	}
	return fmt.Sprintf("generations %d and %d have each other's numbers", a, b)
}

func (e *editor) dropGeneration(c *choices) string {
	from, to := e.generation(c)
	change := fmt.Sprintf("drop generation %d", e.chunks[from].generation)
	e.chunks = slices.Delete(e.chunks, from, to)
	return change
}

// repeatGeneration repeats one, perhaps as if it were the next.
func (e *editor) repeatGeneration(c *choices) string {
	from, to := e.generation(c)
	again := slices.Clone(e.chunks[from:to])
	number := again[0].generation + uint64(c.upTo(1))
	for i := range again {
		again[i].generation = number
	}
	e.chunks = slices.Insert(e.chunks, to, again...)
	return fmt.Sprintf("repeat generation %d as %d", e.chunks[from].generation, number)
}

func (e *editor) changeVersion(c *choices) string {
	v := fuzzVersions[c.upTo(len(fuzzVersions)-1)]
	e.header = v.Header()
	return fmt.Sprintf("the header says go 1.%d", v)
}

func (e *editor) cutEnd(c *choices) string {
	e.cut += c.upTo(2000)
	return fmt.Sprintf("cut %d bytes off the end", e.cut)
}

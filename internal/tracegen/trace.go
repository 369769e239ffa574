package tracegen

import (
	"io"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// NoThread is the thread of batches that no thread wrote: tables, and statuses
// listed at a generation's end.
const NoThread = ^uint64(0)

// NoProc is the P of a CPU sample that was taken while the thread had none.
const NoProc = ^uint64(0)

// Trace is a trace being written, byte for byte as told.
type Trace struct {
	version wire.Version
	parts   []part
	begun   bool // the header has been written by WriteTo
}

// part is a piece of the trace: a generation, or else raw bytes.
type part struct {
	gen *Generation
	raw []byte
}

// New returns a trace of nothing but a header.
func New(v wire.Version) *Trace { return &Trace{version: v} }

// Generation begins a generation after everything written so far. Nothing
// keeps the numbers from being out of order or zero.
func (t *Trace) Generation(number uint64) *Generation {
	g := &Generation{
		version:  t.version,
		number:   number,
		stringID: make(map[string]uint64),
		stackID:  make(map[string]uint64),
	}
	t.parts = append(t.parts, part{gen: g})
	return g
}

// Raw writes bytes as they are, after everything written so far.
func (t *Trace) Raw(b ...byte) {
	t.parts = append(t.parts, part{raw: b})
}

// drop forgets the generation, which is the last part.
func (t *Trace) drop(g *Generation) {
	if n := len(t.parts) - 1; n >= 0 && t.parts[n].gen == g {
		t.parts = t.parts[:n]
	}
}

// Bytes returns the trace, without what [Trace.WriteTo] has written before. It
// ends the open batches of all generations.
func (t *Trace) Bytes() []byte {
	size := wire.HeaderSize
	for _, p := range t.parts {
		size += len(p.raw)
		if p.gen != nil {
			p.gen.flush()
			size += p.gen.sizeHint()
		}
	}
	out := make([]byte, 0, size)
	if !t.begun {
		header := t.version.Header()
		out = append(out, header[:]...)
	}
	for _, p := range t.parts {
		out = append(out, p.raw...)
		if p.gen != nil {
			out = p.gen.appendTo(out)
		}
	}
	return out
}

// WriteTo writes what there is of the trace and forgets it, so that a trace of
// any length takes the memory of one generation. Generations that were begun
// before are over then.
func (t *Trace) WriteTo(dst io.Writer) (int64, error) {
	data := t.Bytes()
	t.begun, t.parts = true, nil
	n, err := dst.Write(data)
	return int64(n), err
}

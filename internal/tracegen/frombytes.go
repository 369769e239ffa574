package tracegen

import (
	"math/rand/v2"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// FromBytes turns a fuzzer's input into a trace, so that the fuzzer works on what
// a trace says and not on how it is written. Any bytes will do, and a small
// change of them is a small change of the trace:
//
//   - the first seven choose the version, what kind of trace it is, and its
//     shape: a small one;
//   - the next says how many changes are made to it, up to 15, and six bytes for
//     each say which: events or batches are dropped, repeated or exchanged, an
//     argument or a time is another, generations change places, and so on;
//   - the rest decides what happens in the trace.
//
// The changes that were made are returned too. Without any the trace is valid.
func FromBytes(data []byte) (trace []byte, changes []string) {
	c := newChoices(data)
	kind, shape := c.shape()
	edits := make([][EditSize]byte, c.upTo(15))
	for i := range edits {
		for j := range edits[i] {
			edits[i][j] = c.byte()
		}
	}
	trace = c.make(kind, shape)
	if len(edits) == 0 {
		return trace, nil
	}
	e := newEditor(trace)
	for _, edit := range edits {
		e.edit(newChoices(edit[:]))
	}
	return e.trace(), e.changes
}

// ToBytes returns an input for [FromBytes] that makes a trace of the version and
// kind, with the given changes: a fuzzer's first ones.
func ToBytes(v wire.Version, kind FromBytesKind, chance []byte, edits ...[EditSize]byte) []byte {
	out := []byte{0, byte(kind), 4, 2, 20, 20, 2, byte(len(edits))}
	for i, known := range fuzzVersions {
		if known == v {
			out[0] = byte(i)
		}
	}
	for _, e := range edits {
		out = append(out, e[:]...)
	}
	return append(out, chance...)
}

// FromBytesKind is a set of what a trace of [FromBytes] can be.
type FromBytesKind byte

// What a trace of [FromBytes] can be.
const (
	FuzzService     FromBytesKind = 1 << iota // by Service, else by Random
	FuzzTour                                  // by Random, with its tour
	FuzzAllocFree                             // with the experiment's events
	FuzzDistinct                              // all times differ
	FuzzSkew                                  // the threads' clocks do
	FuzzNanoseconds                           // its clock counts them
)

var fuzzVersions = [...]wire.Version{wire.Go126, wire.Go125, wire.Go123, wire.Go122}

func (c *choices) shape() (FromBytesKind, Shape) {
	version := fuzzVersions[c.upTo(len(fuzzVersions)-1)]
	kind := FromBytesKind(c.byte())
	s := Shape{
		Version:     version,
		Threads:     2 + c.upTo(14),
		Procs:       1 + c.upTo(7),
		Goroutines:  4 + c.upTo(60),
		Events:      1 + 4*c.upTo(255),
		Generations: 1 + c.upTo(5),
		Stacks:      6,
		Depth:       4,
		AllocFree:   kind&FuzzAllocFree != 0,
		Distinct:    kind&FuzzDistinct != 0,
	}
	if kind&FuzzSkew != 0 {
		s.Skew = 2000
	}
	if kind&FuzzNanoseconds != 0 {
		s.ClockUnit = 1
	}
	return kind, s
}

// make makes the trace, for which the remaining choices stand in for chance.
func (c *choices) make(kind FromBytesKind, shape Shape) []byte {
	rng := rand.New(c)
	if kind&FuzzService != 0 {
		s := newService(rng, shape.forService(), nil)
		s.play()
		return s.Bytes()
	}
	r := newRandomWorld(rng, shape.withDefaults(), nil)
	r.play(kind&FuzzTour != 0)
	return r.Bytes()
}

package tracegen

import (
	"errors"
	"math/rand/v2"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Names says how [Relabel] renames ids of each sort. The functions must be
// injective; without one the ids stay. They are not asked about what stands for
// nothing: goroutine 0, task 0, stack 0, string 0, [NoThread] and [NoProc].
//
// Tasks, goroutines, Ps and threads are one namespace in all the trace; stacks
// and strings have a new one in each generation.
type Names struct {
	Goroutine, Proc, Thread, Task, Stack, String func(id uint64) uint64
}

// Scrambled returns names under which ids change places with others near them,
// so that they stay as dense as they were: Ps within four, the others within
// 64. Applied twice they leave everything as it was.
func Scrambled(seed uint64) Names {
	rng := rand.New(rand.NewPCG(seed, 0x6e616d6573))
	from1 := func(size uint64) func(uint64) uint64 {
		mask := 1 + rng.Uint64N(size-1)
		return func(id uint64) uint64 { return (id - 1) ^ mask + 1 }
	}
	from0 := func(size uint64) func(uint64) uint64 {
		mask := 1 + rng.Uint64N(size-1)
		return func(id uint64) uint64 { return id ^ mask }
	}
	return Names{
		Goroutine: from1(64), Proc: from0(4), Thread: from0(64),
		Task: from1(64), Stack: from1(64), String: from1(64),
	}
}

// Relabel returns a trace in which everything happens at the same time and in
// the same order as in the given one, to others: its ids are renamed. The
// trace may be anybody's, but must be whole.
func Relabel(trace []byte, names Names) ([]byte, error) {
	if len(trace) < wire.HeaderSize {
		return nil, errors.New("tracegen: a trace without a header cannot be relabelled")
	}
	out := make([]byte, 0, len(trace)+len(trace)/8)
	out = append(out, trace[:wire.HeaderSize]...)
	end := wire.HeaderSize
	for _, p := range pieces(trace) {
		c := takeApart(trace, p)
		if p.kind == wire.EvEventBatch && len(c.rest) > 0 {
			return nil, errors.New("tracegen: a trace with what is no event cannot be relabelled")
		}
		c.thread = names.of(aThread, c.thread)
		for i := range c.records {
			names.rename(&c.records[i])
		}
		out = c.append(out)
		end = p.end
	}
	if end != len(trace) {
		return nil, errors.New("tracegen: a trace that is not whole cannot be relabelled")
	}
	return slices.Clip(out), nil
}

func (n *Names) rename(r *record) {
	for i, a := range r.args {
		r.args[i] = n.of(r.role(i), a)
	}
}

func (n *Names) of(what role, id uint64) uint64 {
	nothing := uint64(0)
	var rename func(uint64) uint64
	switch what {
	case aGoroutine:
		rename = n.Goroutine
	case aProc:
		rename, nothing = n.Proc, NoProc
	case aThread:
		rename, nothing = n.Thread, NoThread
	case aTask:
		rename = n.Task
	case aStack:
		rename = n.Stack
	case aString:
		rename = n.String
	}
	if rename == nil || id == nothing {
		return id
	}
	return rename(id)
}

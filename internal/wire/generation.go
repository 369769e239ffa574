package wire

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A Generation is one generation of a trace, its batches sorted by what they
// hold. Events are read through the cursors of its threads; strings and stacks
// are decoded when somebody asks for them.
type Generation struct {
	Raw
	Threads []Thread    // in the order of their first batch
	Samples []CPUSample // by time
	Clock   Clock
	MinTime Time // the earliest moment that a batch begins at

	Snapshot    ClockSnapshot
	HasSnapshot bool // since Go 1.25

	strings stringTable
	stacks  stackTable
}

// Thread is the batches of one thread, in the order it wrote them.
type Thread struct {
	ID      uint64
	Batches []Batch
}

// Batch is a piece of one thread's events.
type Batch struct {
	Time Timestamp // what the first event's difference counts from
	Data []byte
}

// NoThread is the ID under which the runtime writes what belongs to no thread.
const NoThread = ^uint64(0)

// CPUSample is a moment at which the CPU profiler found a thread running.
type CPUSample struct {
	Time      Time
	Thread    uint64
	Proc      uint64 // NoProc where it had none
	Goroutine uint64 // 0 where it ran none
	Stack     uint64
}

// NoProc is the P of a CPU sample taken on a thread without one.
const NoProc = ^uint64(0)

// Parse sorts the batches of one generation. The generation refers to raw's
// data and does not change it.
func Parse(raw Raw) (*Generation, error) {
	g := &Generation{Raw: raw}
	threads := make(map[uint64]int)
	var sync sync
	var minTime Timestamp
	for p := raw.Data; len(p) > 0; {
		h, ok := parseBatchHeader(p, raw.Version)
		if !ok || h.size() > len(p) {
			return nil, g.broken(p, "a batch that is not whole", nil)
		}
		if h.typ == EvEndOfGeneration {
			break
		}
		if minTime == 0 || h.time < minTime {
			minTime = h.time
		}
		b := Batch{Time: h.time, Data: p[h.data:h.size()]}
		if err := g.sort(h, b, threads, &sync); err != nil {
			return nil, g.broken(p, "a batch that cannot be read", err)
		}
		p = p[h.size():]
	}
	if sync.units == 0 {
		return nil, g.broken(nil, "it does not say how fast its clock runs", nil)
	}
	if raw.Version >= Go125 && !sync.snapshot {
		return nil, g.broken(nil, "it has no clock snapshot", nil)
	}
	g.Clock = newClock(sync.units)
	g.MinTime = g.Clock.Time(minTime)
	if sync.snapshot {
		g.HasSnapshot = true
		g.Snapshot = ClockSnapshot{g.Clock.Time(sync.snapTime), sync.snapMono, sync.snapWall}
	}
	for i := range g.Samples {
		g.Samples[i].Time = g.Clock.Time(Timestamp(g.Samples[i].Time))
	}
	slices.SortFunc(g.Samples, func(a, b CPUSample) int { return cmp.Compare(a.Time, b.Time) })
	return g, nil
}

// sort puts one batch with its kind.
func (g *Generation) sort(h batchHeader, b Batch, threads map[uint64]int, sync *sync) error {
	if h.typ == EvExperimentalBatch || len(b.Data) == 0 {
		if h.typ == EvExperimentalBatch {
			return nil // an experiment's own data; no experiment is read here
		}
	} else {
		switch typ := EventType(b.Data[0]); {
		case typ == EvStrings:
			g.strings.batches = append(g.strings.batches, b.Data)
			return nil
		case typ == EvStacks:
			g.stacks.batches = append(g.stacks.batches, b.Data)
			return nil
		case typ == EvCPUSamples:
			return g.addSamples(b.Data[1:])
		case typ == EvFrequency && g.Version < Go125, typ == EvSync && g.Version >= Go125:
			return sync.parse(b, g.Version)
		}
	}
	i, ok := threads[h.thread]
	if !ok {
		if len(g.Threads) == limits.Threads {
			return fmt.Errorf("more than %d threads", limits.Threads)
		}
		i = len(g.Threads)
		threads[h.thread] = i
		g.Threads = append(g.Threads, Thread{ID: h.thread})
	}
	g.Threads[i].Batches = append(g.Threads[i].Batches, b)
	return nil
}

// addSamples reads a section of CPU samples. Their times stay on the wire's
// clock until the generation's frequency is known.
func (g *Generation) addSamples(p []byte) error {
	for len(p) > 0 {
		if EventType(p[0]) != EvCPUSample {
			return fmt.Errorf("%v among CPU samples", EventType(p[0]))
		}
		p = p[1:]
		var args [5]uint64
		for i := range args {
			var w int
			if args[i], w = uvarint(p); w <= 0 {
				return fmt.Errorf("a CPU sample is cut short")
			}
			p = p[w:]
		}
		g.Samples = append(g.Samples, CPUSample{Time(args[0]), args[1], args[2], args[3], args[4]})
	}
	return nil
}

// broken returns the error for a problem where rest is what follows.
func (g *Generation) broken(rest []byte, problem string, err error) *Error {
	return &Error{
		Offset:     g.Offset + int64(len(g.Data)-len(rest)),
		Generation: g.Number,
		Problem:    problem,
		Err:        err,
	}
}

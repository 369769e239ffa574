package timeline

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// What following a trace may allocate at most, all in all: memoryFixed and memoryPerByte
// for each of its bytes. The fixed part is mostly for the Ps that a single event can
// name (limits.Procs). What a byte can cost most is a goroutine in a list: some seven
// bytes there, some 170 of state here.
const (
	memoryFixed   = 64 << 20
	memoryPerByte = 64
)

// allocated returns how many bytes f allocates. Nothing else may run meanwhile.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// follow reads a trace as far as it can be read, and looks at every stack it is told.
func follow(data []byte) (observations int, errs []error) {
	code := detectors.NewCode()
	tl := New(code, []Observer{{Observes: allKinds, Observe: func(o *detectors.Observation) {
		observations++
		for _, id := range []detectors.StackID{o.Stack, o.ByStack} {
			_ = code.Site(code.Stack(id).Site).String()
		}
		if o.G != nil {
			_ = code.Frames(o.G.Stack)
		}
	}}})
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		note(err)
		if err != nil {
			return
		}
		w, err := tl.Feed(g)
		note(err)
		for g := range w.Goroutines {
			_ = code.Stack(g.Stack)
		}
	}}
	_, err := s.Write(data)
	if err == nil {
		err = s.Close()
	}
	note(err)
	return observations, errs
}

// checkBroken follows a trace that may be broken.
func checkBroken(t *testing.T, data []byte, name string) (observations int) {
	t.Helper()
	var errs []error
	used := allocated(func() { observations, errs = follow(data) })
	if limit := uint64(memoryFixed + memoryPerByte*len(data)); used > limit {
		t.Fatalf("%s: %d bytes allocated for %d, more than %d", name, used, len(data), limit)
	}
	for _, err := range errs {
		if errors.Is(err, wire.ErrNotTrace) || errors.Is(err, wire.ErrVersion) {
			continue // it is the header
		}
		var e *wire.Error
		require.ErrorAs(t, err, &e, name)
		require.True(t, e.Offset >= 0 && e.Offset <= int64(len(data)), "%s: %v", name, err)
	}
	return observations
}

// small returns small traces: a synthetic one of each version, and a recorded one of
// each release.
func small(t testing.TB) map[string][]byte {
	t.Helper()
	traces := make(map[string][]byte)
	for _, v := range versions {
		traces[fmt.Sprintf("synthetic go1.%d", v)] = tracegen.Random(1, tracegen.Shape{
			Version: v, Threads: 3, Procs: 2, Goroutines: 8, Stacks: 10, Events: 150, AllocFree: true})
	}
	for _, tr := range recorded.All() {
		if tr.Name == "syscalls" {
			data, err := tr.Bytes()
			require.NoError(t, err)
			traces[tr.String()] = data
		}
	}
	return traces
}

// TestPrefixes cuts small traces: one at every byte, the others at some.
func TestPrefixes(t *testing.T) {
	for name, data := range small(t) {
		t.Run(name, func(t *testing.T) {
			whole, errs := follow(data)
			require.Empty(t, errs)
			step := 1
			if name != "synthetic go1.26" {
				step += len(data) / 500
			}
			last := 0
			for n := 0; n < len(data); n += step {
				got := checkBroken(t, data[:n], fmt.Sprintf("cut at %d", n))
				require.LessOrEqual(t, got, whole)
				last = max(last, got)
			}
			require.NotZero(t, last, "whole generations are told")
		})
	}
}

// TestCorruptTraces breaks small traces in many ways.
func TestCorruptTraces(t *testing.T) {
	broken := 0
	for name, data := range small(t) {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(len(data))))
			for seed := range uint64(160) {
				checkBroken(t, tracegen.Corrupt(seed, data), fmt.Sprintf("corruption %d", seed))
				flipped := slices.Clone(data)
				at := rng.IntN(len(flipped))
				flipped[at] ^= byte(1 + rng.IntN(255))
				checkBroken(t, flipped, fmt.Sprintf("byte %d flipped", at))
				broken += 2
			}
		})
	}
	t.Logf("%d broken traces", broken)
}

// TestHostileNumbers: numbers chosen to cost as much memory as they can.
func TestHostileNumbers(t *testing.T) {
	write := func(events func(b *tracegen.Batch)) []byte {
		tr := tracegen.New(wire.Go126)
		g := tr.Generation(1)
		g.Sync(1e9, tracegen.Snapshot{Time: 1})
		events(g.Batch(1, 1))
		return tr.Bytes()
	}
	for _, test := range []struct {
		name string
		data []byte
	}{
		{"goroutines far apart", write(func(b *tracegen.Batch) {
			for i := range uint64(50_000) {
				b.Event(wire.EvGoStatus, 1, 1+i<<7, 1, uint64(wire.GoWaiting))
			}
		})},
		{"goroutines very far apart", write(func(b *tracegen.Batch) {
			for i := range uint64(50_000) {
				b.Event(wire.EvGoStatus, 1, 1+i<<40, 1, uint64(wire.GoWaiting))
			}
		})},
		{"a P of the largest number", write(func(b *tracegen.Batch) {
			b.Event(wire.EvProcStatus, 1, 1<<16-1, uint64(wire.ProcIdle))
		})},
		{"syscalls on many threads", write(func(b *tracegen.Batch) {
			for i := range uint64(50_000) {
				b.Event(wire.EvGoStatus, 1, i+1, i<<30, uint64(wire.GoSyscall))
			}
		})},
		{"stacks that are not there", write(func(b *tracegen.Batch) {
			for i := range uint64(50_000) {
				b.Event(wire.EvGoStatusStack, 1, i+1, 1, uint64(wire.GoWaiting), i<<30)
			}
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NotZero(t, checkBroken(t, test.data, test.name))
		})
	}
}

package tracegen

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

var versions = []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}

func TestRandomIsValid(t *testing.T) {
	shapes := []Shape{
		{Threads: 2, Procs: 1, Goroutines: 4, Events: 1, Generations: 1},
		{Threads: 2, Procs: 1, Goroutines: 10, Events: 500, Generations: 7, Quiet: 1},
		{Threads: 2, Procs: 2, Goroutines: 10, Events: 2000, Skew: 3000},
		{Threads: 16, Procs: 4, Goroutines: 100, Events: 5000, AllocFree: true},
		{Threads: 16, Procs: 16, Goroutines: 30, Events: 5000, ClockUnit: 1, Skew: 100_000},
		{Threads: 64, Procs: 3, Goroutines: 300, Events: 5000, Generations: 4, Stacks: 800, Depth: 128},
	}
	for _, v := range versions {
		for _, s := range shapes {
			s.Version = v
			t.Run(s.String(), func(t *testing.T) {
				for seed := range uint64(6) {
					events := checkReference(t, Random(seed, s))
					if len(events) < s.Events {
						t.Errorf("seed %d: %d events, want at least %d", seed, len(events), s.Events)
					}
				}
			})
		}
	}
}

func TestRandomLarge(t *testing.T) {
	for _, s := range []Shape{
		{Threads: 256, Procs: 64, Goroutines: 5000, Events: 100_000, Skew: 2000},
		{Version: wire.Go123, Threads: 32, Procs: 8, Goroutines: 50_000, Events: 20_000, Generations: 2},
	} {
		t.Run(s.String(), func(t *testing.T) { checkReference(t, Random(1, s)) })
	}
}

func TestRandomIsDeterministic(t *testing.T) {
	s := Shape{Events: 2000}
	if !bytes.Equal(Random(7, s), Random(7, s)) {
		t.Error("the same seed gives different traces")
	}
	if bytes.Equal(Random(7, s), Random(8, s)) {
		t.Error("different seeds give the same trace")
	}
}

func BenchmarkRandom(b *testing.B) {
	for _, s := range []Shape{
		{Events: 1_000_000},
		{Events: 1_000_000, Threads: 256, Procs: 64, Goroutines: 100_000},
		{Events: 100_000, Goroutines: 1_000_000},
	} {
		b.Run(fmt.Sprint(s), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(Random(1, s))))
			}
		})
	}
}

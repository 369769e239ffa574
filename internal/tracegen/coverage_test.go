package tracegen

import (
	"testing"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// countTypes counts what a trace holds, by type on the wire.
func countTypes(trace []byte) map[wire.EventType]int {
	counts := make(map[wire.EventType]int)
	for _, p := range pieces(trace) {
		counts[p.kind]++
		if first := p.content(trace); first != wire.EvNone {
			if spec, _ := wire.SpecOf(first); spec.Args == 0 {
				counts[first]++
			}
		}
		for _, f := range p.fields(trace) {
			if f.first {
				counts[f.kind]++
			}
		}
	}
	return counts
}

func TestRandomHasEveryType(t *testing.T) {
	// These are inside of batches that do not hold timed events.
	inside := map[wire.EventType]bool{
		wire.EvStack: true, wire.EvString: true, wire.EvCPUSample: true, wire.EvClockSnapshot: true,
	}
	for _, v := range versions {
		for _, events := range []int{1, 5000} {
			s := Shape{Version: v, Threads: 2, Procs: 1, Goroutines: 4, Events: events, AllocFree: true}
			counts := countTypes(Random(3, s))
			for i := range 256 {
				typ := wire.EventType(i)
				spec, known := wire.SpecOf(typ)
				if !known || inside[typ] || typ == wire.EvFrequency && v >= wire.Go125 {
					continue
				}
				if got := counts[typ]; (got > 0) != (v >= spec.Since) {
					t.Errorf("go 1.%d, %d events: %d of %s, which is since go 1.%d", v, events, got, spec.Name, spec.Since)
				}
			}
		}
	}
}

// TestRandomReachesBoundaries looks for what only chance brings: states that
// last over a generation's end.
func TestRandomReachesBoundaries(t *testing.T) {
	trace := Random(1, Shape{Threads: 8, Procs: 4, Goroutines: 60, Events: 40_000, Generations: 60})
	first := pieces(trace)[0].generation
	later := make(map[wire.EventType]int)
	statuses := make(map[uint64]int)
	for _, p := range pieces(trace) {
		if p.generation == first {
			continue
		}
		for _, f := range p.fields(trace) {
			if f.first {
				later[f.kind]++
			}
			if f.kind == wire.EvProcStatus {
				statuses[uint64(trace[f.end-1])]++ // statuses are the last varint and small
			}
		}
	}
	for _, typ := range []wire.EventType{
		wire.EvGCActive, wire.EvGCSweepActive, wire.EvGCMarkAssistActive, wire.EvGoStatusStack,
	} {
		if later[typ] == 0 {
			t.Errorf("no %s after the first generation", typ)
		}
	}
	for _, s := range []wire.ProcStatus{wire.ProcRunning, wire.ProcIdle, wire.ProcSyscall, wire.ProcSyscallAbandoned} {
		if statuses[uint64(s)] == 0 {
			t.Errorf("no P has status %d after the first generation", s)
		}
	}
}

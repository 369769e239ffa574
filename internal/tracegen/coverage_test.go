package tracegen

import (
	"testing"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// countTypes counts what a trace holds, tables and all, by type on the wire.
func countTypes(trace []byte) map[wire.EventType]int {
	counts := make(map[wire.EventType]int)
	for _, p := range pieces(trace) {
		counts[p.kind]++
		for _, r := range takeApart(trace, p).records {
			counts[r.kind]++
		}
	}
	return counts
}

// TestRandomHasEveryType: whatever the shape, a trace has each type that its
// version knows, and none that it does not.
func TestRandomHasEveryType(t *testing.T) {
	for _, v := range versions {
		for _, events := range []int{1, 5000} {
			s := Shape{Version: v, Threads: 2, Procs: 1, Goroutines: 4, Events: events, AllocFree: true}
			counts := countTypes(Random(3, s))
			types := 0
			for i := range 256 {
				typ := wire.EventType(i)
				spec, known := wire.SpecOf(typ)
				if got := counts[typ]; (got > 0) != (known && v >= spec.Since) {
					t.Errorf("go 1.%d, %d events: %d of %s, which is since go 1.%d", v, events, got, typ, spec.Since)
				}
				if counts[typ] > 0 {
					types++
				}
			}
			if types < 40 {
				t.Errorf("go 1.%d: only %d types", v, types)
			}
		}
	}
}

// TestRandomHasEveryStatus looks at what a goroutine and a P can be listed as.
func TestRandomHasEveryStatus(t *testing.T) {
	for _, v := range versions {
		trace := Random(1, Shape{Version: v, Threads: 8, Procs: 4, Goroutines: 60, Events: 20_000, Generations: 30})
		goroutines, procs := make(map[wire.GoStatus]int), make(map[wire.ProcStatus]int)
		for _, p := range pieces(trace) {
			for _, r := range takeApart(trace, p).records {
				switch r.kind {
				case wire.EvGoStatus, wire.EvGoStatusStack:
					goroutines[wire.GoStatus(r.args[3])]++
				case wire.EvProcStatus:
					procs[wire.ProcStatus(r.args[2])]++
				}
			}
		}
		for s := wire.GoRunnable; s <= wire.GoWaiting; s++ {
			if goroutines[s] == 0 {
				t.Errorf("go 1.%d: no goroutine has status %d", v, s)
			}
		}
		for s := wire.ProcRunning; s <= wire.ProcSyscallAbandoned; s++ {
			if procs[s] == 0 {
				t.Errorf("go 1.%d: no P has status %d", v, s)
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

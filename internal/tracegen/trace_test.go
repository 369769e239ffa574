package tracegen

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestExactBytes(t *testing.T) {
	tr := New(wire.Go126)
	g := tr.Generation(3)
	g.Sync(1_000_000_000, Snapshot{Time: 10, Mono: 11, Wall: time.Unix(12, 13)})
	b := g.Batch(100, 20)
	b.Event(wire.EvGoBlock, 300, g.String("sleep"), g.Stack(Frame{PC: 5, Func: "f", File: "sleep", Line: 7}))
	g.CPUSample(21, 100, NoProc, 0, 0)

	huge := bytes.Repeat([]byte{0xff}, 9)
	want := slices.Concat(
		[]byte("go 1.26 trace\x00\x00\x00"),
		[]byte{1, 3}, huge, []byte{1, 9, 12, byte(wire.EvSync), 8, 0x80, 0x94, 0xeb, 0xdc, 3, byte(wire.EvClockSnapshot), 1, 11, 12, 13},
		[]byte{1, 3, 100, 20, 5, byte(wire.EvGoBlock), 0xac, 2, 1, 1},
		[]byte{1, 3}, huge, []byte{1, 0xc0, 2, 16, 6, 7, 21, 100}, huge, []byte{1, 0, 0},
		[]byte{1, 3}, huge, []byte{1, 0xc0, 2, 8, 2, 3, 1, 1, 5, 2, 1, 7},
		[]byte{1, 3}, huge, []byte{1, 0xc0, 2, 13, 4, 5, 1, 5}, []byte("sleep"), []byte{5, 2, 1}, []byte("f"),
		[]byte{byte(wire.EvEndOfGeneration)},
	)
	if got := tr.Bytes(); !bytes.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestBatchIsSplit(t *testing.T) {
	tr := New(wire.Go126)
	g := tr.Generation(1)
	g.Sync(1e9, Snapshot{Time: 1})
	b := g.Batch(1, 1000)
	b.Event(wire.EvProcStatus, 0, 0, uint64(wire.ProcRunning))
	const n = 30_000
	for range n {
		b.Event(wire.EvHeapAlloc, 7, 1<<20)
	}
	events := checkReference(t, tr.Bytes())
	last := events[len(events)-2]
	if got, want := int64(last.Time()), int64(1000+7*n); got != want {
		t.Errorf("the last event is at %d, want %d", got, want)
	}
	for _, p := range pieces(tr.Bytes()) {
		if p.end-p.data > MaxBatch {
			t.Errorf("a batch has %d bytes", p.end-p.data)
		}
	}
}

func TestTablesAreSplit(t *testing.T) {
	tr := New(wire.Go123)
	g := tr.Generation(1)
	g.Sync(1e9, Snapshot{Time: 1})
	b := g.Batch(1, 1)
	b.Event(wire.EvProcStatus, 1, 0, uint64(wire.ProcRunning))
	b.Event(wire.EvGoStatus, 1, 1, 1, uint64(wire.GoRunning))
	for i := range 2000 {
		name := randomName("a function of some length that fills the table ", i)
		stack := g.Stack(Frame{PC: uint64(i + 1), Func: name, File: name + ".go", Line: 1})
		b.Event(wire.EvUserLog, 1, 0, g.String(name), g.String(name), stack)
		g.CPUSample(uint64(i), 1, 0, 1, stack)
	}
	if events := checkReference(t, tr.Bytes()); len(events) != 2+2+4000 {
		t.Errorf("%d events", len(events))
	}
}

func TestBrokenOnPurpose(t *testing.T) {
	for name, write := range map[string]func(*Trace){
		"no sync":           func(tr *Trace) { tr.Generation(1).Batch(1, 1).Event(wire.EvProcStatus, 1, 0, 2) },
		"unknown type":      func(tr *Trace) { withSync(tr).Batch(1, 1).Event(99, 1) },
		"missing arguments": func(tr *Trace) { withSync(tr).Batch(1, 1).Event(wire.EvProcStatus, 1) },
		"no end": func(tr *Trace) {
			g := withSync(tr)
			g.Batch(1, 1).Event(wire.EvProcStatus, 1, 0, 2)
			g.NoEnd = true
		},
		"oversized batch":       func(tr *Trace) { withSync(tr).Batch(1, 1).Raw(make([]byte, MaxBatch+1)...) },
		"two syncs":             func(tr *Trace) { withSync(tr).Sync(1, Snapshot{}) },
		"generation 0":          func(tr *Trace) { tr.Generation(0).Sync(1, Snapshot{}) },
		"bytes between batches": func(tr *Trace) { tr.Raw(200) },
		"no strings": func(tr *Trace) {
			g := withSync(tr)
			g.Stack(Frame{PC: 1, Func: "f"})
			g.NoStrings = true
		},
	} {
		tr := New(wire.Go126)
		write(tr)
		if readsWithoutError(tr.Bytes()) {
			t.Errorf("%s: the reference reads it", name)
		}
	}
}

func withSync(tr *Trace) *Generation {
	g := tr.Generation(1)
	g.Sync(1e9, Snapshot{Time: 1})
	return g
}

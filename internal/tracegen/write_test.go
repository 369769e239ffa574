package tracegen

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestWrittenIsKept(t *testing.T) {
	for _, v := range versions {
		s := Shape{Version: v, Events: 3000, Generations: 7}
		var buf bytes.Buffer
		if err := WriteRandom(&buf, 1, s); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(buf.Bytes(), Random(1, s)) {
			t.Errorf("go 1.%d: what is written is not what is returned", v)
		}
	}
}

func TestWriteTo(t *testing.T) {
	whole, pieces := New(wire.Go126), New(wire.Go126)
	var buf bytes.Buffer
	for number := range uint64(3) {
		for _, tr := range []*Trace{whole, pieces} {
			g := tr.Generation(1 + number)
			g.Sync(1e9, Snapshot{Time: 1 + 100*number})
			g.Batch(1, 2+100*number).Event(wire.EvProcStatus, 1, 0, uint64(wire.ProcRunning))
		}
		if _, err := pieces.WriteTo(&buf); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(buf.Bytes(), whole.Bytes()) {
		t.Error("a trace written in pieces is another")
	}
}

func TestWriterFails(t *testing.T) {
	full := errors.New("disk full")
	w := &failing{left: 2, err: full}
	if err := WriteRandom(w, 1, Shape{Events: 3000, Generations: 7}); !errors.Is(err, full) {
		t.Errorf("got %v, want the writer's error", err)
	}
	if w.left != 0 {
		t.Errorf("%d writes after the error", -w.left)
	}
}

// failing fails at one write and counts those after it.
type failing struct {
	left int
	err  error
}

func (w *failing) Write(p []byte) (int, error) {
	if w.left--; w.left <= 0 {
		return 0, w.err
	}
	return len(p), nil
}

// TestMemoryIsBounded: a trace of many generations takes no more memory, all in
// all, than one of few. It is weighed in a process of its own, see TestMain.
func TestMemoryIsBounded(t *testing.T) {
	if os.Getenv("TRACEGEN_WEIGH") == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemoryIsBounded$", "-test.v")
		cmd.Env = append(os.Environ(), "TRACEGEN_WEIGH=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !bytes.Contains(out, []byte("--- PASS: TestMemoryIsBounded")) {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	peak := func(generations int) uint64 {
		w := &weighing{}
		if err := WriteRandom(w, 1, Shape{Goroutines: 20_000, Events: 2_000 * generations, Generations: generations}); err != nil {
			t.Fatal(err)
		}
		return w.peak
	}
	few, many := peak(6), peak(60)
	t.Logf("%d KB in use when writing 6 generations, %d KB when writing 60", few>>10, many>>10)
	if many > few+few/2 {
		t.Errorf("%d bytes in use, but %d for a tenth of the trace", many, few)
	}
}

// weighing looks how much memory is in use at each write.
type weighing struct{ peak uint64 }

func (w *weighing) Write(p []byte) (int, error) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	w.peak = max(w.peak, m.HeapAlloc)
	return len(p), nil
}

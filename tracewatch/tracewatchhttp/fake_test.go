package tracewatchhttp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// fake is a source with whatever a test wants.
type fake struct {
	mu        sync.Mutex
	strips    []tracewatch.HeatStrip
	anomalies []*tracewatch.Anomaly
	dumps     map[uint64][2]string
	err       error // of recording
	rec       fakeRecording
	asked     int // how often for a recording
	picture   tracewatch.Picture
	drawn     []tracewatch.HeatStrip
	panics    bool
}

// fakeRecording is a recording of which the bytes are any.
type fakeRecording struct {
	from, to detectors.Time
	data     []byte
	report   func(ctx context.Context) (*tracewatch.Report, error)
	cell     func() (*tracewatch.Cell, error)
}

const second = detectors.Time(time.Second)

// newFake returns a source with half a minute of trace and ten of heat.
func newFake(procs int) *fake {
	f := &fake{rec: fakeRecording{from: 570 * second, to: 600 * second, data: bytes.Repeat([]byte("trace"), 1000)}, dumps: make(map[uint64][2]string)}
	for i := range 600 {
		f.strips = append(f.strips, strip(uint64(i+1), procs))
	}
	for i := range 3 {
		f.anomalies = append(f.anomalies, &tracewatch.Anomaly{Number: uint64(i + 1), Kind: "sched-delay", Summary: fmt.Sprint("anomaly ", i+1)})
	}
	return f
}

// strip returns a strip of a second.
func strip(number uint64, procs int) tracewatch.HeatStrip {
	start := detectors.Time(number-1) * second
	s := tracewatch.HeatStrip{Number: number, Start: start, End: start + second, Procs: procs, From: start, WaitsFrom: start}
	for p := range procs {
		levels := make(tracewatch.Levels, 100)
		for i := range levels {
			levels[i] = byte((i*7 + p*13 + int(number)) % 90)
		}
		s.Cells = append(s.Cells, levels)
	}
	s.Waits = []tracewatch.Levels{make(tracewatch.Levels, 40)}
	return s
}

func (f *fake) Stats() tracewatch.Stats { return tracewatch.Stats{Windows: uint64(len(f.strips))} }

func (f *fake) Verdicts() []tracewatch.Verdict {
	return []tracewatch.Verdict{{Kind: "sched-delay", Doc: "goroutines waited for a P"}}
}

func (f *fake) Anomalies() []*tracewatch.Anomaly { return slices.Clone(f.anomalies) }

func (f *fake) Heat(after uint64, most int) []tracewatch.HeatStrip {
	if f.panics {
		panic("the watcher's secret")
	}
	some := f.strips[min(after, uint64(len(f.strips))):]
	return slices.Clone(some[:min(most, len(some))])
}

func (f *fake) Health() tracewatch.Health {
	if f.failing() == tracewatch.ErrStopped { //nolint:errorlint // it is set as it is
		return tracewatch.Health{Recorder: "stopped"}
	}
	return tracewatch.Health{Recorder: "flight recorder", MemoryFrom: f.rec.from, MemoryTo: f.rec.to}
}

func (f *fake) files(number uint64) (dump, allocs string, known bool) {
	d := f.dumps[number]
	return d[0], d[1], number >= 1 && number <= uint64(len(f.anomalies))
}

func (f *fake) failing() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

func (f *fake) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fake) recording(time.Duration) (recording, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.err != nil {
		return nil, f.err
	}
	return f.rec, nil
}

func (f *fake) kinds() []tracewatch.ProfileKind {
	return []tracewatch.ProfileKind{"sched", "network"}
}

func (f *fake) draw(w io.Writer, heat []tracewatch.HeatStrip, p tracewatch.Picture, svg bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drawn, f.picture = heat, p
	_, err := fmt.Fprintf(w, "picture %v", svg)
	return err
}

func (r fakeRecording) WriteTo(w io.Writer) (int64, error) {
	n, err := w.Write(r.data)
	return int64(n), err
}

func (r fakeRecording) Span() (from, to detectors.Time) { return r.from, r.to }

func (r fakeRecording) last(d time.Duration) recording {
	r.from = max(r.from, r.to.Add(-d))
	return r
}

func (r fakeRecording) between(from, to detectors.Time) (recording, error) {
	r.from, r.to = max(from, r.from), min(to, r.to)
	if r.from >= r.to {
		return nil, tracewatch.ErrNoTrace
	}
	return r, nil
}

func (r fakeRecording) Report(ctx context.Context, _ ...tracewatch.Option) (*tracewatch.Report, error) {
	if r.report != nil {
		return r.report(ctx)
	}
	return &tracewatch.Report{From: r.from, To: r.to}, nil
}

func (r fakeRecording) Cell(_ context.Context, p detectors.ProcID, from, to detectors.Time) (*tracewatch.Cell, error) {
	if r.cell != nil {
		return r.cell()
	}
	return &tracewatch.Cell{Proc: p, From: from, To: to, Explanation: &detectors.Explanation{Missing: "none"}}, nil
}

func (r fakeRecording) profile(_ context.Context, w io.Writer, kind tracewatch.ProfileKind) error {
	_, err := fmt.Fprintf(w, "%s of %v", kind, r.to.Sub(r.from))
	return err
}

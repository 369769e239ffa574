package tracewatch

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// What an analysis may allocate at most, all in all: memoryFixed and memoryPerByte for each
// byte of the trace.
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

// versions are those that can be read.
var versions = []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}

// small returns small traces of three generations: synthetic ones of each version and
// recorded ones of some releases.
func small(t testing.TB) map[string][]byte {
	t.Helper()
	traces := make(map[string][]byte)
	for _, v := range versions {
		traces[fmt.Sprintf("synthetic go1.%d", v)] = tracegen.Random(1, tracegen.Shape{
			Version: v, Threads: 3, Procs: 2, Goroutines: 8, Stacks: 10, Events: 150, AllocFree: true})
	}
	for _, release := range []string{"1.22", "1.24", "1.25", "1.27"} {
		data, err := recorded.Trace{Go: release, Name: "syscalls"}.Bytes()
		require.NoError(t, err)
		traces["recorded go"+release] = data
	}
	return traces
}

// checkAnalysis analyses a trace that may be broken.
func checkAnalysis(t *testing.T, data []byte, name string) (*Report, error) {
	t.Helper()
	var report *Report
	var err error
	used := allocated(func() { report, err = Analyze(context.Background(), bytes.NewReader(data), WithCooldown(0)) })
	if limit := uint64(memoryFixed + memoryPerByte*len(data)); used > limit {
		t.Fatalf("%s: %d bytes allocated for %d, more than %d", name, used, len(data), limit)
	}
	if report != nil {
		checkStats(t, report.Stats, name)
	}
	if err == nil {
		require.NotNil(t, report, name)
		require.Zero(t, report.Stats.BrokenGenerations, name)
		return report, nil
	}
	if errors.Is(err, wire.ErrNotTrace) || errors.Is(err, wire.ErrVersion) {
		require.Nil(t, report, name)
		return nil, err
	}
	if old := (*tracev1.Error)(nil); errors.As(err, &old) {
		checkOldError(t, report, old, len(data), name)
		return report, err
	}
	var e *wire.Error
	require.ErrorAs(t, err, &e, name)
	require.True(t, e.Offset >= 0 && e.Offset <= int64(len(data)), "%s: %v", name, err)
	require.ErrorContains(t, err, fmt.Sprintf("broken at byte %d", e.Offset), name)
	require.NotNil(t, report, "%s: there is a report of what was whole", name)
	require.Len(t, report.Verdicts, len(detectors.Default()))
	for _, a := range report.Anomalies {
		_, err := a.MarshalJSON()
		require.NoError(t, err, name)
	}
	return report, err
}

// checkStats wants numbers that can be.
func checkStats(t *testing.T, s Stats, name string) {
	t.Helper()
	require.True(t, s.Coverage >= 0 && s.Coverage <= 1, "%s: coverage %v", name, s.Coverage)
	require.GreaterOrEqual(t, s.Span, time.Duration(0), name)
	require.True(t, s.WatchShare >= 0 && s.WatchShare <= 1, "%s: share %v", name, s.WatchShare)
	for _, d := range []Delay{s.Delays.Sched, s.Delays.Network, s.Delays.Assist, s.Delays.Stop, s.Delays.Run} {
		require.True(t, 0 <= d.P50 && d.P50 <= d.P99, "%s: %+v", name, d)
		require.GreaterOrEqual(t, d.Max, time.Duration(0), name)
	}
}

// TestPrefixes cuts small traces at many places. What was whole is reported.
func TestPrefixes(t *testing.T) {
	for name, data := range small(t) {
		t.Run(name, func(t *testing.T) {
			raws := split(t, data)
			step := 1 + len(data)/400
			for n := 0; n < len(data); n += step {
				report, err := checkAnalysis(t, data[:n], fmt.Sprintf("cut at %d", n))
				whole, bytes := 0, 0
				for _, r := range raws {
					if int(r.Offset)+len(r.Data) <= n {
						whole++
						bytes += len(r.Data)
					}
				}
				if n < wire.HeaderSize {
					require.ErrorIs(t, err, wire.ErrNotTrace)
					continue
				}
				require.GreaterOrEqual(t, report.Stats.Windows, uint64(whole), "cut at %d", n)
				require.GreaterOrEqual(t, report.Stats.Bytes, uint64(bytes), "cut at %d", n)
				if raws[0].Version >= wire.Go126 {
					require.EqualValues(t, whole, report.Stats.Windows)
					require.Equal(t, n != wire.HeaderSize+bytes, err != nil, "cut at %d: %v", n, err)
				}
			}
		})
	}
}

// TestCorruptTraces breaks small traces in many ways.
func TestCorruptTraces(t *testing.T) {
	broken := 0
	for name, data := range small(t) {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(len(data))))
			for seed := range uint64(190) {
				_, _ = checkAnalysis(t, tracegen.Corrupt(seed, data), fmt.Sprintf("corruption %d", seed))
				flipped := slices.Clone(data)
				at := rng.IntN(len(flipped))
				flipped[at] ^= byte(1 + rng.IntN(255))
				_, _ = checkAnalysis(t, flipped, fmt.Sprintf("byte %d flipped", at))
				broken += 2
			}
		})
	}
	t.Logf("%d broken traces", broken)
	require.GreaterOrEqual(t, broken, 3_000)
}

// TestBrokenInTheMiddle: one generation of five cannot be read. The others are judged, the
// loss is counted, and the error says where.
func TestBrokenInTheMiddle(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Generations: 5, Events: 1_000})
	raws := split(t, data)
	bad := raws[2]
	sync := firstBatch(bad.Data) // without it there is no clock
	for name, hole := range map[string]int{"no sync": sync, "not there": len(bad.Data)} {
		broken := slices.Concat(data[:bad.Offset], data[int(bad.Offset)+hole:])
		report, err := Analyze(context.Background(), bytes.NewReader(broken))
		require.NotNil(t, report, name)
		require.EqualValues(t, 4, report.Stats.Windows, name)
		if name == "not there" {
			require.NoError(t, err)
			require.EqualValues(t, 1, report.Stats.LostGenerations)
			require.Less(t, report.Stats.Coverage, 1.0)
			continue
		}
		require.EqualValues(t, 1, report.Stats.BrokenGenerations)
		require.Zero(t, report.Stats.LostGenerations)
		require.ErrorContains(t, err, fmt.Sprintf("generation %d: it does not say how fast its clock runs", bad.Number))
		require.Less(t, report.Stats.Coverage, 1.0)
	}
}

// firstBatch returns the size of the first batch of a generation.
func firstBatch(data []byte) int {
	at := 1
	var field uint64
	for range 4 { // generation, thread, time, size
		var n int
		field, n = binary.Uvarint(data[at:])
		at += n
	}
	return at + int(field)
}

// TestReaderFails: what was read before the reader failed is reported with its error.
func TestReaderFails(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Generations: 3, Events: 30_000})
	gone := errors.New("the disk is gone")
	for _, test := range []struct {
		after   int
		windows uint64
	}{{len(data) - 1, 2}, {wire.HeaderSize, 0}, {0, 0}} {
		r := iotest.HalfReader(&failing{data: data[:test.after], err: gone})
		report, err := Analyze(context.Background(), r)
		require.ErrorIs(t, err, gone)
		if test.windows == 0 {
			require.Nil(t, report, "nothing to report on")
			continue
		}
		require.EqualValues(t, test.windows, report.Stats.Windows)
	}
}

// failing is a reader that has an error in the place of its end.
type failing struct {
	data []byte
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	if len(f.data) == 0 {
		return 0, f.err
	}
	n := copy(p, f.data)
	f.data = f.data[n:]
	return n, nil
}

// FuzzAnalyze analyses any bytes. It must not panic, and not take memory out of
// proportion.
func FuzzAnalyze(f *testing.F) {
	for _, v := range versions {
		data := tracegen.Random(1, tracegen.Shape{Version: v, Threads: 2, Procs: 1, Goroutines: 4, Stacks: 4, Depth: 3, Events: 1, Generations: 2})
		f.Add(data)
		f.Add(data[:len(data)*2/3])
		f.Add(tracegen.Corrupt(uint64(v), data))
	}
	for _, data := range small(f) {
		f.Add(data[:min(len(data), 3_000)])
	}
	for _, v := range []int{11, 19, 21} {
		f.Add(oldgen.Random(1, oldgen.Shape{Version: v, Events: 60}))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = checkAnalysis(t, data, fmt.Sprintf("%d bytes", len(data)))
	})
}

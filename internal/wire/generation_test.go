package wire_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// generation writes one generation and parses it. Its clock counts nanoseconds.
func generation(t *testing.T, v wire.Version, write func(*tracegen.Generation)) *wire.Generation {
	t.Helper()
	tr := tracegen.New(v)
	g := tr.Generation(1)
	g.Sync(1e9, tracegen.Snapshot{Time: 1})
	write(g)
	parsed, err := wire.Parse(only(t, tr.Bytes()))
	require.NoError(t, err)
	return parsed
}

// only splits a trace of one generation.
func only(t *testing.T, data []byte) wire.Raw {
	t.Helper()
	raws, err := split(data, 0)
	require.NoError(t, err)
	require.Len(t, raws, 1)
	return raws[0]
}

func TestParseSortsBatches(t *testing.T) {
	g := generation(t, wire.Go126, func(g *tracegen.Generation) {
		for _, b := range []struct{ thread, time uint64 }{{30, 500}, {10, 400}, {30, 600}, {wire.NoThread, 300}} {
			batch := g.Batch(b.thread, b.time)
			batch.Event(wire.EvProcStop, 1)
			batch.Flush()
		}
		g.Raw(tracegen.AppendExperimentalBatch(nil, 1, 1, 40, 200, []byte{1, 2, 3})...)
		g.Raw(tracegen.AppendBatch(nil, 1, 50, 700, nil)...)
		g.CPUSample(900, 30, 2, 7, 0)
		g.CPUSample(800, 10, tracegen.NoProc, 0, 0)
		g.String("s")
		g.Stack(tracegen.Frame{PC: 1})
	})
	var threads []uint64
	for _, th := range g.Threads {
		threads = append(threads, th.ID)
	}
	require.Equal(t, []uint64{30, 10, wire.NoThread, 50}, threads, "in the order of their first batch")
	require.Len(t, g.Threads[0].Batches, 2)
	require.EqualValues(t, 600, g.Threads[0].Batches[1].Time)
	require.Equal(t, []wire.CPUSample{
		{Time: 800, Thread: 10, Proc: wire.NoProc},
		{Time: 900, Thread: 30, Proc: 2, Goroutine: 7},
	}, g.Samples, "by time")
}

func TestParseTimes(t *testing.T) {
	wall := time.Unix(1_700_000_000, 123)
	for _, v := range versions {
		tr := tracegen.New(v)
		g := tr.Generation(3)
		g.Sync(15_625_000, tracegen.Snapshot{Time: 1000, Mono: 42, Wall: wall}) // 64 ns
		g.Batch(1, 900).Event(wire.EvProcStop, 5)
		parsed, err := wire.Parse(only(t, tr.Bytes()))
		require.NoError(t, err)
		require.EqualValues(t, 900*64, parsed.MinTime, "go1.%d", v)
		require.Equal(t, v >= wire.Go125, parsed.HasSnapshot)
		if parsed.HasSnapshot {
			require.EqualValues(t, 1000*64, parsed.Snapshot.Trace)
			require.EqualValues(t, 42, parsed.Snapshot.Mono)
			require.True(t, wall.Equal(parsed.Snapshot.Wall))
		}
	}
}

func TestParseErrors(t *testing.T) {
	const number, offset = 5, 1000
	batch := func(data ...byte) []byte { return tracegen.AppendBatch(nil, number, 1, 5, data) }
	sync := func(v wire.Version) []byte {
		if v < wire.Go125 {
			return batch(byte(wire.EvFrequency), 100)
		}
		return batch(byte(wire.EvSync), byte(wire.EvFrequency), 100, byte(wire.EvClockSnapshot), 1, 2, 3, 4)
	}
	good := batch(byte(wire.EvProcStop), 1)
	type test struct {
		name    string
		v       wire.Version
		batches [][]byte
		at      int // of the batch at fault; -1: the generation's end
		says    string
	}
	tests := []test{
		{"no clock snapshot", wire.Go125, [][]byte{good, batch(byte(wire.EvSync), byte(wire.EvFrequency), 100)}, -1, "no clock snapshot"},
		{"two clock snapshots", wire.Go126, [][]byte{batch(byte(wire.EvSync), byte(wire.EvClockSnapshot), 1, 2, 3, 4, byte(wire.EvClockSnapshot), 1, 2, 3, 4)}, 0, "a second ClockSnapshot"},
		{"clock snapshot cut", wire.Go126, [][]byte{good, batch(byte(wire.EvSync), byte(wire.EvClockSnapshot), 1, 2, 3)}, 1, "ClockSnapshot is cut short"},
		{"event in a sync batch", wire.Go125, [][]byte{batch(byte(wire.EvSync), byte(wire.EvProcStop), 1)}, 0, "ProcStop in a sync batch"},
		{"snapshot before there were any", wire.Go123, [][]byte{batch(byte(wire.EvFrequency), 1, byte(wire.EvClockSnapshot), 1, 2, 3, 4)}, 0, "ClockSnapshot in a sync batch"},
	}
	for _, v := range versions {
		syncWith := func(rest ...byte) []byte {
			if v >= wire.Go125 {
				rest = append([]byte{byte(wire.EvSync)}, rest...)
			}
			return batch(rest...)
		}
		tests = append(tests,
			test{"nothing", v, nil, -1, "does not say how fast its clock runs"},
			test{"no sync", v, [][]byte{good, good}, -1, "does not say how fast its clock runs"},
			test{"two syncs", v, [][]byte{sync(v), good, sync(v)}, 2, "a second Frequency"},
			test{"frequency 0", v, [][]byte{good, syncWith(byte(wire.EvFrequency), 0)}, 1, "frequency 0"},
			test{"frequency cut", v, [][]byte{syncWith(byte(wire.EvFrequency))}, 0, "Frequency is cut short"},
			test{"frequency overlong", v, [][]byte{syncWith(append([]byte{byte(wire.EvFrequency)}, overlong...)...)}, 0, "Frequency is cut short"},
			test{"event among samples", v, [][]byte{sync(v), batch(byte(wire.EvCPUSamples), byte(wire.EvProcStop), 1)}, 1, "ProcStop among CPU samples"},
			test{"sample cut", v, [][]byte{sync(v), batch(byte(wire.EvCPUSamples), byte(wire.EvCPUSample), 1, 2, 3, 4)}, 1, "a CPU sample is cut short"},
			test{"batch cut", v, [][]byte{sync(v), good[:len(good)-1]}, 1, "a batch that is not whole"},
			test{"no batch", v, [][]byte{sync(v), {200}}, 1, "a batch that is not whole"},
		)
	}
	for _, test := range tests {
		t.Run(fmt.Sprintf("go1.%d %s", test.v, test.name), func(t *testing.T) {
			raw := wire.Raw{Version: test.v, Number: number, Offset: offset}
			at := offset
			for i, b := range test.batches {
				if i < test.at || test.at < 0 {
					at += len(b)
				}
				raw.Data = append(raw.Data, b...)
			}
			g, err := wire.Parse(raw)
			require.Nil(t, g)
			checkError(t, err, at, number, test.says)
		})
	}
}

func TestParseBoundsThreads(t *testing.T) {
	tr := tracegen.New(wire.Go126)
	g := tr.Generation(1)
	for i := range uint64(limits.Threads + 1) {
		g.Raw(tracegen.AppendBatch(nil, 1, i, 1, nil)...)
	}
	_, err := wire.Parse(only(t, tr.Bytes()))
	require.ErrorContains(t, err, "more than 100000 threads")
}

func TestNames(t *testing.T) {
	require.Equal(t, "GoStart", wire.EvGoStart.String())
	require.Equal(t, "Invalid", wire.EventType(99).String())
	_, ok := wire.SpecOf(wire.EvNone)
	require.False(t, ok)
}

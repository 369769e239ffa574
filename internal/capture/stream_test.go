package capture

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestStream(t *testing.T) {
	s := NewStream(1 << 20)
	require.Error(t, s.Collect(func(wire.Raw) { t.Error("before the start") }))
	require.NoError(t, s.Start())
	require.ErrorIs(t, NewStream(1<<20).Start(), ErrTaken)
	require.Empty(t, collect(t, s), "none has ended")
	work()
	var raws []wire.Raw
	require.NoError(t, s.Stop(func(raw wire.Raw) { raws = append(raws, raw) }))
	require.NotEmpty(t, raws, "the stop ends one")
	checkFollow(t, raws)
	require.NoError(t, s.Stop(func(wire.Raw) { t.Error("there is no more") }))
	require.Error(t, s.Collect(func(wire.Raw) { t.Error("after the stop") }))
}

// fed returns a stream to which the runtime, so to speak, has written that.
func fed(t *testing.T, maxBytes int, data []byte) *Stream {
	t.Helper()
	s := NewStream(maxBytes)
	s.split, s.running = &wire.Splitter{Emit: s.enqueue}, true
	n, err := streamWriter{s}.Write(data)
	require.Equal(t, len(data), n)
	require.NoError(t, err)
	return s
}

// TestStreamIsBounded: where there is no room the oldest is dropped whole and counted; some generations
// may always wait, however large they are.
func TestStreamIsBounded(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Generations: 10, Events: 5_000})
	s := fed(t, 1<<20, data)
	all := collect(t, s)
	require.Len(t, all, 10)
	require.Zero(t, s.Lost())

	s = fed(t, 1, data)
	raws := collect(t, s)
	require.Len(t, raws, limits.PendingGenerations)
	checkFollow(t, raws)
	require.Equal(t, all[9].Number, raws[len(raws)-1].Number, "the newest are kept")
	require.EqualValues(t, 10-limits.PendingGenerations, s.Lost())

	next := tracegen.Random(1, tracegen.Shape{Generations: 1})[wire.HeaderSize:]
	_, err := streamWriter{s}.Write(next)
	require.NoError(t, err)
	require.Len(t, collect(t, s), 1, "there is room again")

	tiny := tracegen.New(wire.Go126)
	for n := range uint64(maxQueue + 5) {
		tiny.Generation(n+1).Sync(1e9, tracegen.Snapshot{Time: 1})
	}
	s = fed(t, 1<<30, tiny.Bytes())
	require.Len(t, collect(t, s), maxQueue)
	require.EqualValues(t, 5, s.Lost())
}

// TestStreamNeverFails: the runtime is not bothered with what is wrong with its trace;
// whoever collects is.
func TestStreamNeverFails(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Generations: 2})
	s := fed(t, 1<<20, append(data, 200))
	for range 3 {
		n, err := streamWriter{s}.Write([]byte("more"))
		require.Equal(t, 4, n)
		require.NoError(t, err)
	}
	var raws []wire.Raw
	err := s.Collect(func(raw wire.Raw) { raws = append(raws, raw) })
	require.Len(t, raws, 2, "what was whole")
	var broken *wire.Error
	require.ErrorAs(t, err, &broken)
	require.EqualValues(t, len(data), broken.Offset)
}

package capture

import (
	"runtime/trace"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// collect returns the generations that an intake has, and wants them to be whole.
func collect(t *testing.T, in Intake) (raws []wire.Raw) {
	t.Helper()
	require.NoError(t, in.Collect(func(raw wire.Raw) { raws = append(raws, raw) }))
	for _, raw := range raws {
		_, err := wire.Parse(raw)
		require.NoError(t, err, "generation %d", raw.Number)
	}
	return raws
}

// checkFollow wants generations each once, none left out.
func checkFollow(t *testing.T, raws []wire.Raw) {
	t.Helper()
	for i := 1; i < len(raws); i++ {
		require.Equal(t, raws[i-1].Number+1, raws[i].Number)
	}
}

// work does something that shows in a trace.
func work() {
	done := make(chan int)
	for i := range 100 {
		go func() { done <- i }()
		<-done
	}
}

func TestSnapshot(t *testing.T) {
	s := NewSnapshot(1 << 20)
	require.Error(t, s.Collect(func(wire.Raw) { t.Error("before the start") }))
	require.NoError(t, s.Start())
	defer func() { _ = s.Stop(func(wire.Raw) {}) }()

	other := NewSnapshot(1 << 20)
	require.ErrorIs(t, other.Start(), ErrTaken)
	require.NoError(t, other.Stop(func(wire.Raw) { t.Error("it has nothing") })) // and must not stop ours

	var all []wire.Raw
	for range 4 {
		work()
		raws := collect(t, s)
		require.NotEmpty(t, raws, "each snapshot ends a generation")
		all = append(all, raws...)
	}
	checkFollow(t, all)
	require.Zero(t, s.Lost())

	work()
	before := len(all)
	require.NoError(t, s.Stop(func(raw wire.Raw) { all = append(all, raw) }))
	require.Greater(t, len(all), before, "what had not been collected")
	checkFollow(t, all)
	require.NoError(t, s.Stop(func(wire.Raw) { t.Error("there is no more") }))
	require.Error(t, s.Collect(func(wire.Raw) { t.Error("after the stop") }))

	require.NoError(t, s.Start(), "and again")
	work()
	again := collect(t, s)
	require.NotEmpty(t, again)
	require.Greater(t, again[0].Number, all[len(all)-1].Number, "numbers go on")
}

// TestBothIntakes records one run with both: they hand over the same bytes.
func TestBothIntakes(t *testing.T) {
	stream, snapshot := NewStream(1<<20), NewSnapshot(1<<20)
	require.NoError(t, stream.Start())
	require.NoError(t, snapshot.Start())
	var snapshots, streamed []wire.Raw
	for range 3 {
		work()
		snapshots = append(snapshots, collect(t, snapshot)...) // which ends a generation
		streamed = append(streamed, collect(t, stream)...)
	}
	require.NoError(t, snapshot.Stop(func(raw wire.Raw) { snapshots = append(snapshots, raw) }))
	require.NoError(t, stream.Stop(func(raw wire.Raw) { streamed = append(streamed, raw) }))
	checkFollow(t, snapshots)
	checkFollow(t, streamed)
	require.LessOrEqual(t, streamed[0].Number, snapshots[0].Number)
	skip := snapshots[0].Number - streamed[0].Number
	for i, raw := range snapshots {
		same := streamed[uint64(i)+skip]
		require.Equal(t, raw.Number, same.Number)
		require.Equal(t, string(raw.Data), string(same.Data), "generation %d", raw.Number)
	}
}

// TestSnapshotStopsAnyway: a panic of whoever takes the last generations does not leave
// the recorder running, nor its lock held.
func TestSnapshotStopsAnyway(t *testing.T) {
	s := NewSnapshot(1 << 20)
	require.NoError(t, s.Start())
	require.Panics(t, func() { _ = s.Stop(func(wire.Raw) { panic("taker") }) })
	require.False(t, trace.IsEnabled())
	require.NoError(t, s.Stop(func(wire.Raw) {}))
	again := NewSnapshot(1 << 20)
	require.NoError(t, again.Start(), "the slot is free")
	require.NoError(t, again.Stop(func(wire.Raw) {}))
}

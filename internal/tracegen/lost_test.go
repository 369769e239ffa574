package tracegen

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// numbers returns the numbers of a trace's generations.
func numbers(t *testing.T, trace []byte) (all []uint64) {
	t.Helper()
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(t, err)
		all = append(all, g.Number)
	}}
	_, err := split.Write(trace)
	require.NoError(t, err)
	require.NoError(t, split.Close())
	return all
}

// A lost generation leaves no byte, and those around it are as they would be.
func TestLoseGeneration(t *testing.T) {
	for _, written := range []bool{false, true} {
		var dst bytes.Buffer
		w := NewWorld(wire.Go126)
		if written {
			w.To(&dst)
		}
		m := w.Thread(100, w.Proc(0))
		g := w.Goroutine(1, wire.GoRunnable, w.Stack("main.work"))
		m.Start(1_000_000, g)
		w.NextGeneration(2_000_000)
		m.Preempt(2_500_000, w.Stack("main.work"))
		w.LoseGeneration()
		m.Start(2_600_000, g)
		w.NextGeneration(3_000_000)
		m.Block(3_500_000, "sleep", w.Stack("main.work"))
		var trace []byte
		if written {
			require.NoError(t, w.Close())
			trace = dst.Bytes()
		} else {
			trace = w.Bytes()
		}
		require.Equal(t, []uint64{1, 3}, numbers(t, trace))
	}
	require.Contains(t, panicOf(func() { NewWorld(wire.Go126).LoseGeneration() }), "no generation goes on")
	require.Contains(t, panicOf(func() { NewWorld(wire.Go125).LoseGeneration() }), "is of Go 1.26")
}

// A thread that is in a syscall through a whole generation has no P after it.
func TestHasProc(t *testing.T) {
	w := NewWorld(wire.Go126)
	m, busy := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	g := w.Goroutine(1, wire.GoRunnable, 0)
	m.Start(1_000, g)
	m.Syscall(2_000, 0)
	busy.HeapGoal(3_000, 1)
	w.NextGeneration(4_000)
	require.True(t, m.HasProc())
	busy.HeapGoal(5_000, 1)
	w.NextGeneration(6_000)
	require.False(t, m.HasProc())
}

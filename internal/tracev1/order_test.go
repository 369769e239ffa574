package tracev1_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
)

// TestOneTick: what happens on many Ps in the same tick has one order, whatever order the
// reader behind it gives, and what one event makes possible comes after it.
func TestOneTick(t *testing.T) {
	const procs = 12
	w := oldgen.New(21)
	for g := range uint64(procs) {
		w.Event(0, 1, oldgen.GoCreate, g+1, 0, 0)
	}
	for p := range uint64(procs) {
		w.Event(p, 2, oldgen.ProcStart, p)
	}
	w.Event(0, 3, oldgen.Gomaxprocs, procs, 0)
	for p := range uint64(procs) {
		w.Event(p, 100, oldgen.GoStart, p+1, 1)
		w.Event(p, 100, oldgen.GoBlockSync, 0)
	}
	for p := range uint64(procs) { // the next P wakes it, and one after that starts it
		w.Event((p+1)%procs, 100, oldgen.GoUnblock, p+1, 2, 0)
	}
	for p := range uint64(procs) {
		w.Event((p+2)%procs, 100, oldgen.GoStart, p+1, 3)
		w.Event((p+2)%procs, 100, oldgen.GoSched, 0)
	}
	data := w.Bytes()
	first, err := read(data)
	require.NoError(t, err)
	for range 20 {
		again, err := read(data)
		require.NoError(t, err)
		require.Equal(t, first, again)
	}

	state := make(map[uint64]tracev1.GoState)
	for _, e := range first {
		if e.Kind != tracev1.GoTransition {
			continue
		}
		if e.From != tracev1.GoUndetermined {
			require.Equal(t, state[e.Goroutine], e.From, "goroutine %d at %d", e.Goroutine, e.Time)
		}
		state[e.Goroutine] = e.To
	}
}

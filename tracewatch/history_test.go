package tracewatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// put adds a generation of so many bytes that lasts from i to i+1 seconds.
func put(h *history, number uint64, bytes int) {
	start := detectors.Time(number) * detectors.Time(time.Second)
	h.add(wire.Raw{Number: number, Data: make([]byte, bytes)}, &detectors.Window{Start: start, End: start.Add(time.Second)})
}

func numbers(gens []explain.Generation) []uint64 {
	var ns []uint64
	for _, r := range gens {
		ns = append(ns, r.Raw.Number)
	}
	return ns
}

func TestHistoryIsBounded(t *testing.T) {
	h := history{maxBytes: 100, maxAge: time.Hour}
	for n := uint64(1); n <= 10; n++ {
		put(&h, n, 30)
	}
	require.Equal(t, []uint64{8, 9, 10}, numbers(h.all()))
	require.Equal(t, 90, h.bytes)
	put(&h, 11, 500)
	require.Equal(t, []uint64{11}, numbers(h.all()), "the newest stays, whatever its size")

	h = history{maxBytes: 1 << 20, maxAge: 3 * time.Second}
	for n := uint64(1); n <= 10; n++ {
		put(&h, n, 1)
	}
	require.Equal(t, []uint64{7, 8, 9, 10}, numbers(h.all()))
}

func TestHistorySince(t *testing.T) {
	h := history{maxBytes: 1 << 20, maxAge: time.Hour}
	for n := uint64(5); n <= 10; n++ {
		put(&h, n, 1)
	}
	raws, complete := h.since(detectors.Time(8 * time.Second))
	require.True(t, complete)
	require.Equal(t, []uint64{7, 8, 9, 10}, numbers(raws), "and the generation before")
	raws, complete = h.since(detectors.Time(2 * time.Second))
	require.False(t, complete, "its beginning is gone")
	require.Len(t, raws, 6)
}

func TestHistoryHasNoHoles(t *testing.T) {
	h := history{maxBytes: 1 << 20, maxAge: time.Hour}
	put(&h, 1, 1)
	put(&h, 2, 1)
	put(&h, 4, 1)
	require.Equal(t, []uint64{4}, numbers(h.all()))
}

func TestLimiter(t *testing.T) {
	at := func(s int) detectors.Time { return detectors.Time(s) * detectors.Time(time.Second) }
	l := newLimiter(time.Minute)
	require.True(t, l.pass("k", "f", 1, at(0)))
	require.False(t, l.pass("k", "f", 1.9, at(1)), "the same trouble, a little worse")
	require.True(t, l.pass("k", "g", 1, at(1)), "another site")
	require.True(t, l.pass("j", "f", 1, at(1)), "another kind")
	require.True(t, l.pass("k", "f", 2, at(2)), "twice as bad")
	require.False(t, l.pass("k", "f", 3.9, at(3)), "measured against the worst reported")
	require.True(t, l.pass("k", "f", 1, at(63)), "after the cooldown")

	l = newLimiter(0)
	n := 0
	for range 100 {
		if l.pass("k", "f", 1, at(0)) {
			n++
		}
	}
	require.Equal(t, limitCount, n, "all kinds together are bounded")
	require.True(t, l.pass("k", "f", 1, at(61)))
}

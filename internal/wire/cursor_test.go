package wire_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// next moves to the next event and decodes its arguments.
func next(c *wire.Cursor) bool { return c.Next() && c.Load() }

func TestCursor(t *testing.T) {
	g := generation(t, wire.Go126, func(g *tracegen.Generation) {
		b := g.Batch(7, 1000)
		b.Event(wire.EvProcStart, 10, 3, 300)
		b.Event(wire.EvProcStop, 0)
		b.Flush()
		g.Raw(tracegen.AppendBatch(nil, 1, 7, 5000, nil)...) // a batch of nothing
		b = g.Batch(7, 2000)
		b.Event(wire.EvUserLog, 20_000, math.MaxUint64, 1<<20, 127, 128)
	})
	var got []string
	c := g.Cursor(0)
	for {
		ok, err := next(&c), c.Err()
		require.NoError(t, err)
		if !ok {
			break
		}
		spec, _ := wire.SpecOf(c.Type)
		got = append(got, fmt.Sprint(c.Time, c.Type, c.Args[:spec.Args-1]))
	}
	require.Equal(t, []string{
		"1010 ProcStart [3 300]",
		"1010 ProcStop []",
		"22000 UserLog [18446744073709551615 1048576 127 128]",
	}, got)
	for range 2 {
		ok, err := next(&c), c.Err()
		require.False(t, ok, "the end stays the end")
		require.NoError(t, err)
	}
}

func TestCursorErrors(t *testing.T) {
	cut := "is cut short at the end of a batch of thread 7"
	for _, test := range []struct {
		name string
		data []byte
		says string
	}{
		{"unknown type", []byte{99, 1, 2, 3}, "Invalid (99) among thread 7's events"},
		{"type 0", []byte{0}, "(0) among thread 7's events"},
		{"string among events", []byte{byte(wire.EvString), 1, 1, 'x'}, "String (5) among thread 7's events"},
		{"no time", []byte{byte(wire.EvProcStop)}, "ProcStop " + cut},
		{"time cut", []byte{byte(wire.EvProcStop), 0x80}, "ProcStop " + cut},
		{"overlong time", append([]byte{byte(wire.EvProcStop)}, overlong...), "ProcStop " + cut},
		{"no arguments", []byte{byte(wire.EvGoStart), 1}, "GoStart " + cut},
		{"last argument missing", []byte{byte(wire.EvGoStart), 1, 2}, "GoStart " + cut},
		{"argument cut", []byte{byte(wire.EvGoStart), 1, 2, 0x80}, "GoStart " + cut},
		{"overlong argument", append([]byte{byte(wire.EvGoStart), 1, 2}, overlong...), "GoStart " + cut},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := generation(t, wire.Go126, func(g *tracegen.Generation) {
				b := g.Batch(7, 1)
				b.Event(wire.EvProcStop, 1)
				b.Raw(test.data...)
			})
			c := g.Cursor(0)
			ok, err := next(&c), c.Err()
			require.True(t, ok)
			require.NoError(t, err)
			ok, err = next(&c), c.Err()
			require.False(t, ok)
			require.ErrorContains(t, err, test.says)
		})
	}
}

// TestEventsDoNotCrossBatches: what one batch lacks is not in the next.
func TestEventsDoNotCrossBatches(t *testing.T) {
	g := generation(t, wire.Go126, func(g *tracegen.Generation) {
		g.Raw(tracegen.AppendBatch(nil, 1, 7, 1, []byte{byte(wire.EvGoStart), 1, 2})...)
		g.Raw(tracegen.AppendBatch(nil, 1, 7, 1, []byte{3, 4, 5})...)
	})
	c := g.Cursor(0)
	_, err := next(&c), c.Err()
	require.ErrorContains(t, err, "GoStart is cut short")
}

func TestCursorAllocatesNothing(t *testing.T) {
	raws, err := split(tracegen.Random(1, tracegen.Shape{Generations: 1}), 0)
	require.NoError(t, err)
	g, err := wire.Parse(raws[0])
	require.NoError(t, err)
	events := 0
	require.Zero(t, testing.AllocsPerRun(3, func() {
		for i := range g.Threads {
			c := g.Cursor(i)
			for {
				ok, err := next(&c), c.Err()
				if err != nil {
					t.Error(err)
				}
				if !ok {
					break
				}
				events++
			}
		}
	}))
	require.NotZero(t, events)
}

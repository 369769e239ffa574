package wire_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// stringEntry and stackEntry are entries as they are in a table.
func stringEntry(id uint64, s string) []byte {
	b := binary.AppendUvarint([]byte{byte(wire.EvString)}, id)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func stackEntry(id uint64, frames ...wire.RawFrame) []byte {
	b := binary.AppendUvarint([]byte{byte(wire.EvStack)}, id)
	b = binary.AppendUvarint(b, uint64(len(frames)))
	for _, f := range frames {
		for _, x := range []uint64{f.PC, f.Func, f.File, f.Line} {
			b = binary.AppendUvarint(b, x)
		}
	}
	return b
}

// tables parses a generation with these string and stack tables, a batch each.
func tables(t *testing.T, batches ...[]byte) *wire.Generation {
	t.Helper()
	return generation(t, wire.Go126, func(g *tracegen.Generation) {
		for _, b := range batches {
			g.Raw(tracegen.AppendBatch(nil, 1, wire.NoThread, 1, b)...)
		}
	})
}

func stringTable(entries ...[]byte) []byte {
	b := []byte{byte(wire.EvStrings)}
	for _, e := range entries {
		b = append(b, e...)
	}
	return b
}

func stackTable(entries ...[]byte) []byte {
	b := []byte{byte(wire.EvStacks)}
	for _, e := range entries {
		b = append(b, e...)
	}
	return b
}

func checkString(t *testing.T, g *wire.Generation, id uint64, want string) {
	t.Helper()
	s, ok := g.String(id)
	require.True(t, ok, "string %d", id)
	require.Equal(t, want, s)
}

func checkNoString(t *testing.T, g *wire.Generation, ids ...uint64) {
	t.Helper()
	for _, id := range ids {
		s, ok := g.String(id)
		require.False(t, ok, "string %d", id)
		require.Empty(t, s)
	}
}

func TestStrings(t *testing.T) {
	long := strings.Repeat("x", limits.StringBytes)
	g := tables(t,
		stringTable(stringEntry(1, "one"), stringEntry(3, "")),
		stringTable(stringEntry(2, long), stringEntry(1, "another one"), stringEntry(0, "zero")),
	)
	checkString(t, g, 1, "one") // the first counts
	checkString(t, g, 2, long)
	checkString(t, g, 3, "")
	checkString(t, g, 0, "") // always
	checkNoString(t, g, 4, 1000, math.MaxUint64)
}

func TestSparseStrings(t *testing.T) {
	g := tables(t, stringTable(
		stringEntry(math.MaxUint64, "last"), stringEntry(1<<40, "far"), stringEntry(1, "near"), stringEntry(1<<40, "again")))
	checkString(t, g, math.MaxUint64, "last")
	checkString(t, g, 1<<40, "far")
	checkString(t, g, 1, "near")
	checkNoString(t, g, 2, 1<<40+1)
}

// TestCutStrings: entries before the one that cannot be read are there.
func TestCutStrings(t *testing.T) {
	whole := stringEntry(1, "one")
	for name, rest := range map[string][]byte{
		"no number":         {byte(wire.EvString)},
		"number cut":        {byte(wire.EvString), 0x80},
		"no length":         {byte(wire.EvString), 2},
		"no bytes":          {byte(wire.EvString), 2, 3},
		"bytes cut":         {byte(wire.EvString), 2, 3, 'a', 'b'},
		"overlong length":   append([]byte{byte(wire.EvString), 2}, overlong...),
		"too long":          stringEntry(2, strings.Repeat("x", limits.StringBytes+1)),
		"another type":      {byte(wire.EvStack), 2, 0},
		"length past int64": append(binary.AppendUvarint([]byte{byte(wire.EvString), 2}, math.MaxUint64), 'x'),
	} {
		t.Run(name, func(t *testing.T) {
			g := tables(t, stringTable(whole, rest))
			checkString(t, g, 1, "one")
			checkNoString(t, g, 2)
		})
	}
}

func TestStringIsMadeOnce(t *testing.T) {
	g := tables(t, stringTable(stringEntry(1, "one")))
	checkString(t, g, 1, "one")
	require.Zero(t, testing.AllocsPerRun(10, func() { g.String(1) }))
}

func TestNoTables(t *testing.T) {
	g := tables(t)
	checkString(t, g, 0, "")
	checkNoString(t, g, 1)
	_, ok := g.Stack(1, nil)
	require.False(t, ok)
}

func TestStacks(t *testing.T) {
	deep := make([]wire.RawFrame, limits.StackFrames)
	for i := range deep {
		deep[i] = wire.RawFrame{PC: uint64(i), Func: 1, File: 2, Line: math.MaxUint64}
	}
	a, b := wire.RawFrame{PC: 0x400000, Func: 1, File: 2, Line: 7}, wire.RawFrame{PC: math.MaxUint64, Func: 9}
	g := tables(t,
		stackTable(stackEntry(1, a, b), stackEntry(4)),
		stackTable(stackEntry(2, deep...), stackEntry(1, b)),
		stringTable(stringEntry(1, "main.f"), stringEntry(2, "main.go")),
	)
	require.Equal(t, 5, g.Stacks(), "one more than the largest number")
	check := func(id uint64, want ...wire.RawFrame) {
		t.Helper()
		frames, ok := g.Stack(id, []wire.RawFrame{b})
		require.True(t, ok, "stack %d", id)
		require.Equal(t, append([]wire.RawFrame{b}, want...), frames, "appended")
		pcs, ok := g.PCs(id, []uint64{b.PC})
		require.True(t, ok)
		require.Len(t, pcs, len(frames), "appended")
		for i, f := range frames {
			require.Equal(t, f.PC, pcs[i])
		}
	}
	check(1, a, b) // the first counts
	check(2, deep...)
	check(4)
	for _, id := range []uint64{0, 3, 5, math.MaxUint64} {
		frames, ok := g.Stack(id, []wire.RawFrame{b})
		require.False(t, ok, "stack %d", id)
		require.Len(t, frames, 1)
	}
	f, ok := g.Resolve(a)
	require.True(t, ok)
	require.Equal(t, wire.Frame{PC: 0x400000, Func: "main.f", File: "main.go", Line: 7}, f)
	f, ok = g.Resolve(b)
	require.False(t, ok, "of a function that is not in the table")
	require.Equal(t, wire.Frame{PC: math.MaxUint64}, f)
}

func TestSparseStacks(t *testing.T) {
	f := wire.RawFrame{PC: 1}
	g := tables(t, stackTable(stackEntry(math.MaxUint64, f), stackEntry(1, f, f)))
	require.Zero(t, g.Stacks(), "no slice by stack number serves")
	frames, ok := g.Stack(math.MaxUint64, nil)
	require.True(t, ok)
	require.Len(t, frames, 1)
	frames, ok = g.Stack(1, nil)
	require.True(t, ok)
	require.Len(t, frames, 2)
	_, ok = g.Stack(2, nil)
	require.False(t, ok)
}

func TestCutStacks(t *testing.T) {
	f := wire.RawFrame{PC: 1, Func: 1, File: 1, Line: 1}
	tooDeep := make([]wire.RawFrame, limits.StackFrames+1)
	whole := stackEntry(2, f, f)
	cuts := map[string][]byte{
		"too deep":     stackEntry(2, tooDeep...),
		"another type": {byte(wire.EvString), 2, 0},
		"overlong":     append(stackEntry(2, f)[:3], overlong...),
		"huge number":  binary.AppendUvarint([]byte{byte(wire.EvStack), 2}, math.MaxUint64),
	}
	for n := 1; n < len(whole); n++ {
		cuts[fmt.Sprintf("cut at %d", n)] = whole[:n]
	}
	for name, rest := range cuts {
		t.Run(name, func(t *testing.T) {
			g := tables(t, stackTable(stackEntry(1, f), rest))
			_, ok := g.Stack(1, nil)
			require.True(t, ok)
			_, ok = g.Stack(2, nil)
			require.False(t, ok)
		})
	}
}

// TestTableMemory: a table's index stays in proportion to the table, whatever the
// numbers in it.
func TestTableMemory(t *testing.T) {
	for name, id := range map[string]func(i uint64) uint64{
		"dense":  func(i uint64) uint64 { return i + 1 },
		"same":   func(uint64) uint64 { return 1 },
		"top":    func(i uint64) uint64 { return 4*i + 64 },
		"sparse": func(i uint64) uint64 { return i << 40 },
	} {
		t.Run(name, func(t *testing.T) {
			var batches [][]byte
			bytes := 0
			for b := range uint64(20) {
				table := []byte{byte(wire.EvStacks)}
				for i := range uint64(2000) {
					table = append(table, stackEntry(id(2000*b+i))...)
				}
				batches = append(batches, table)
				bytes += len(table)
			}
			g := tables(t, batches...)
			used := allocated(func() { g.Stacks() })
			require.Less(t, used, uint64(memoryPerByte*bytes), "for a table of %d bytes", bytes)
		})
	}
}

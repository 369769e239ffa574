package wire_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// overlong is a number of more than 64 bits.
var overlong = []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}

// TestSplitterErrors puts something wrong after a whole generation and two batches of
// the next one. The error says at which byte and what, the whole generation is there.
func TestSplitterErrors(t *testing.T) {
	const first = 7
	batch := func(gen uint64, data ...byte) []byte { return tracegen.AppendBatch(nil, gen, 1, 5, data) }
	for _, v := range versions {
		begin := func() *tracegen.Trace {
			tr := tracegen.New(v)
			tr.Generation(first).Raw(batch(first, 1, 2, 3)...)
			next := tr.Generation(first + 1)
			next.Raw(batch(first+1, 4, 5, 6)...)
			next.Raw(batch(first+1, 7, 8, 9)...)
			next.NoEnd = true
			return tr
		}
		// The two batches of the next generation may have been all of it where nothing
		// but the one after it would tell.
		maybeWhole := []uint64{first}
		if v < wire.Go126 {
			maybeWhole = []uint64{first, first + 1}
		}
		type test struct {
			name string
			tail []byte
			says string
			want []uint64
		}
		tests := []test{
			{"no batch", []byte{200}, "expected a batch, found a byte 200", maybeWhole},
			{"event outside of a batch", []byte{byte(wire.EvGoStart), 1, 2, 3}, fmt.Sprintf("found a byte %d", wire.EvGoStart), maybeWhole},
			{"batch too large", tracegen.AppendBatch(nil, first+1, 1, 5, make([]byte, limits.BatchBytes+1)), "a batch of 65537 bytes; the largest has 65536", maybeWhole},
			{"generation 0", batch(0, 1), "generation 0", maybeWhole},
			{"overlong generation", append([]byte{byte(wire.EvEventBatch)}, overlong...), "more than 64 bits", maybeWhole},
			{"overlong size", append([]byte{byte(wire.EvEventBatch), first + 1, 1, 1}, overlong...), "more than 64 bits", maybeWhole},
			{"back to the generation before", batch(first, 1), "generation 7 begins before generation 8 has ended", []uint64{first}},
			{"a generation left out", batch(first+3, 1), "generation 10 begins before generation 8 has ended", []uint64{first}},
			{"cut in a batch", batch(first+1, 1, 2, 3)[:6], "ends in the middle of a batch", maybeWhole},
			{"cut in a batch's header", batch(first+1, 1, 2, 3)[:2], "ends in the middle of a batch", maybeWhole},
		}
		switch {
		case v >= wire.Go126:
			tests = append(tests,
				test{"no end mark", batch(first+2, 1), "generation 9 begins before generation 8 has ended", maybeWhole},
				test{"cut between batches", nil, "ends in the middle of a generation", maybeWhole},
				test{"experiment cut", []byte{byte(wire.EvExperimentalBatch)}, "ends in the middle of a batch", maybeWhole})
		default:
			tests = append(tests,
				test{"end mark of a later version", []byte{byte(wire.EvEndOfGeneration)}, fmt.Sprintf("found a byte %d", wire.EvEndOfGeneration), maybeWhole})
		}
		if v < wire.Go123 {
			tests = append(tests,
				test{"experiment of a later version", []byte{byte(wire.EvExperimentalBatch), 1, 8, 1, 1, 0}, fmt.Sprintf("found a byte %d", wire.EvExperimentalBatch), maybeWhole})
		}
		for _, test := range tests {
			t.Run(fmt.Sprintf("go1.%d %s", v, test.name), func(t *testing.T) {
				tr := begin()
				at := len(begin().Bytes())
				tr.Raw(test.tail...)
				for _, size := range []int{0, 1, 5} {
					raws, err := split(tr.Bytes(), size)
					checkError(t, err, at, first+1, test.says)
					require.Equal(t, test.want, numbers(raws))
				}
			})
		}
	}
}

// TestMarkWithoutGeneration ends a generation twice.
func TestMarkWithoutGeneration(t *testing.T) {
	data := append(synthetic(wire.Go126), byte(wire.EvEndOfGeneration))
	raws, err := split(data, 0)
	checkError(t, err, len(data)-1, 0, "a generation ends that has not begun")
	require.Len(t, raws, 3)
}

// TestSplitterStopsAtAnError: what follows a broken place cannot be found.
func TestSplitterStopsAtAnError(t *testing.T) {
	data := synthetic(wire.Go126)
	s := wire.Splitter{Emit: func(wire.Raw) {}}
	header := wire.Go126.Header()
	_, first := s.Write(append(header[:], 200))
	require.Error(t, first)
	n, err := s.Write(data[wire.HeaderSize:])
	require.Zero(t, n)
	require.Equal(t, first, err)
	require.Equal(t, first, s.Close())
}

// TestCutAnywhere cuts small traces at every byte. Whole generations come out, and
// there is an error unless the cut is where a trace may end.
func TestCutAnywhere(t *testing.T) {
	for _, v := range versions {
		data := synthetic(v)
		whole, err := split(data, 0)
		require.NoError(t, err)
		mayEnd := make(map[int]bool)
		var ends []int // of generations
		for _, r := range whole {
			end := int(r.Offset) + len(r.Data)
			ends = append(ends, end)
			for _, b := range batchEnds(t, r) {
				mayEnd[b] = v < wire.Go126 || b == end
			}
		}
		mayEnd[wire.HeaderSize] = true
		for n := range data {
			raws, err := split(data[:n], 0)
			require.Equal(t, mayEnd[n], err == nil, "go1.%d cut at %d: %v", v, n, err)
			complete := 0
			for complete < len(ends) && ends[complete] <= n {
				complete++
			}
			if v >= wire.Go126 {
				require.Len(t, raws, complete, "go1.%d cut at %d", v, n)
			} else {
				require.GreaterOrEqual(t, len(raws), complete, "go1.%d cut at %d", v, n)
			}
			for i := range complete {
				require.Equal(t, len(whole[i].Data), len(raws[i].Data), "go1.%d cut at %d", v, n)
			}
		}
	}
}

// batchEnds returns where, in the trace, each batch of a generation ends.
func batchEnds(t *testing.T, raw wire.Raw) []int {
	t.Helper()
	var ends []int
	for at := 0; at < len(raw.Data); {
		switch wire.EventType(raw.Data[at]) {
		case wire.EvEndOfGeneration:
			at++
		case wire.EvEventBatch:
			at++
			var size uint64
			for range 4 { // generation, thread, time, size
				var n int
				size, n = binary.Uvarint(raw.Data[at:])
				at += n
			}
			at += int(size)
		default:
			t.Fatalf("byte %d is no batch", at)
		}
		ends = append(ends, int(raw.Offset)+at)
	}
	return ends
}

func numbers(raws []wire.Raw) []uint64 {
	var ns []uint64
	for _, r := range raws {
		ns = append(ns, r.Number)
	}
	return ns
}

// checkError wants an [wire.Error] of that place and generation that says that.
func checkError(t *testing.T, err error, offset int, generation uint64, says string) {
	t.Helper()
	var e *wire.Error
	require.ErrorAs(t, err, &e)
	require.ErrorContains(t, err, says)
	require.EqualValues(t, offset, e.Offset, "offset in %q", err)
	require.Equal(t, generation, e.Generation, "generation in %q", err)
	require.ErrorContains(t, err, fmt.Sprintf("broken at byte %d", offset))
	if generation != 0 {
		require.ErrorContains(t, err, fmt.Sprintf("generation %d", generation))
	}
}

package wire_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// versions are all that this package reads.
var versions = []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}

// split writes data to a Splitter, size bytes at a time, or all at once if size is 0.
func split(data []byte, size int) (raws []wire.Raw, err error) {
	s := wire.Splitter{Emit: func(r wire.Raw) { raws = append(raws, r) }}
	return raws, feed(&s, data, size)
}

func feed(s *wire.Splitter, data []byte, size int) error {
	if size == 0 {
		size = max(len(data), 1)
	}
	for len(data) > 0 {
		n, err := s.Write(data[:min(size, len(data))])
		if err != nil {
			return err
		}
		if want := min(size, len(data)); n != want {
			return fmt.Errorf("Write took %d bytes of %d", n, want)
		}
		data = data[n:]
	}
	return s.Close()
}

// smallest returns the release's smallest recorded trace.
func smallest(t testing.TB, release string) []byte {
	t.Helper()
	var data []byte
	for _, tr := range recorded.All() {
		if tr.Go != release {
			continue
		}
		b, err := tr.Bytes()
		require.NoError(t, err)
		if data == nil || len(b) < len(data) {
			data = b
		}
	}
	require.NotEmpty(t, data, "release %s", release)
	return data
}

// synthetic returns a small trace of three generations.
func synthetic(v wire.Version) []byte {
	return tracegen.Random(1, tracegen.Shape{Version: v, Threads: 3, Procs: 2, Goroutines: 8, Stacks: 10, Events: 150})
}

// releases are the Go releases with recorded traces, one at least of each version.
var releases = []string{"1.22", "1.23", "1.24", "1.25", "1.26", "1.27"}

func TestSplitterTakesPiecesOfAnySize(t *testing.T) {
	for _, v := range versions {
		t.Run(fmt.Sprintf("synthetic go1.%d", v), func(t *testing.T) {
			data := synthetic(v)
			checkPieces(t, data, func(size int) int { return size + 1 })
		})
	}
	for _, release := range releases {
		t.Run("recorded go"+release, func(t *testing.T) {
			// Every size up to that of a header, and then ever fewer.
			checkPieces(t, smallest(t, release), func(size int) int { return size + 1 + size/20 })
		})
	}
}

func checkPieces(t *testing.T, data []byte, next func(size int) int) {
	t.Helper()
	whole, err := split(data, 0)
	require.NoError(t, err)
	require.NotEmpty(t, whole)
	checkTiling(t, data, whole)
	for size := 1; size <= len(data); size = next(size) {
		got, err := split(data, size)
		require.NoError(t, err, "pieces of %d", size)
		require.Equal(t, len(whole), len(got), "generations from pieces of %d", size)
		for i := range got {
			if string(got[i].Data) != string(whole[i].Data) || got[i].Number != whole[i].Number ||
				got[i].Offset != whole[i].Offset || got[i].Version != whole[i].Version {
				t.Fatalf("generation %d from pieces of %d differs", got[i].Number, size)
			}
		}
	}
}

// checkTiling wants each byte after the header in exactly one generation.
func checkTiling(t *testing.T, data []byte, raws []wire.Raw) {
	t.Helper()
	at := wire.HeaderSize
	for _, r := range raws {
		require.EqualValues(t, at, r.Offset, "generation %d", r.Number)
		require.Equal(t, string(data[at:at+len(r.Data)]), string(r.Data), "generation %d", r.Number)
		at += len(r.Data)
	}
	require.Equal(t, len(data), at)
}

func TestSplitterWant(t *testing.T) {
	for _, v := range versions {
		data := synthetic(v)
		all, err := split(data, 0)
		require.NoError(t, err)
		require.Len(t, all, 3)

		var asked []uint64
		var got []wire.Raw
		s := wire.Splitter{
			Want: func(n uint64) bool {
				asked = append(asked, n)
				return n == all[1].Number
			},
			Emit: func(r wire.Raw) { got = append(got, r) },
		}
		require.NoError(t, feed(&s, data, 7))
		require.Equal(t, []uint64{all[0].Number, all[1].Number, all[2].Number}, asked, "go1.%d: asked once each", v)
		require.Equal(t, all[1:2], got, "go1.%d", v)
	}
}

// TestSplitterKeepsNothingUnwanted holds a poll of the flight recorder, whose window is
// mostly known already, to no copy of it.
func TestSplitterKeepsNothingUnwanted(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Events: 50_000})
	s := wire.Splitter{
		Want: func(uint64) bool { return false },
		Emit: func(wire.Raw) { t.Error("a generation that nobody wants") },
	}
	used := allocated(func() { require.NoError(t, feed(&s, data, 32<<10)) })
	// A batch may have to wait for its end; nothing else is held.
	require.Less(t, used, uint64(1<<20), "of %d bytes of trace", len(data))
}

// TestSplitterHoldsWhatItSays: who counts the bytes of the generations in memory
// counts Data's length. A small generation after a large one must not come in a
// buffer of the large one's size.
func TestSplitterHoldsWhatItSays(t *testing.T) {
	tr := tracegen.New(wire.Go126)
	for n, batches := range []int{100, 1, 1} {
		g := tr.Generation(uint64(n + 1))
		for range batches {
			b := g.Batch(1, 1)
			b.Raw(make([]byte, 10_000)...)
			b.Flush()
		}
	}
	raws, err := split(tr.Bytes(), 0)
	require.NoError(t, err)
	for _, r := range raws {
		require.LessOrEqual(t, cap(r.Data), 2*len(r.Data), "capacity of generation %d", r.Number)
	}
}

// TestSplitterCopiesOnce: whoever reads a file in pieces allocates what the generations take
// and the room to collect the largest, whatever their sizes and order.
func TestSplitterCopiesOnce(t *testing.T) {
	tr := tracegen.New(wire.Go126)
	sizes, largest := []int{100, 700, 20, 400, 700}, 700
	for n, batches := range sizes {
		g := tr.Generation(uint64(n + 1))
		for range batches {
			b := g.Batch(1, 1)
			b.Raw(make([]byte, 10_000)...)
			b.Flush()
		}
	}
	data := tr.Bytes()
	s := wire.Splitter{Emit: func(wire.Raw) {}}
	used := allocated(func() { require.NoError(t, feed(&s, data, 256<<10)) })
	require.Less(t, used, uint64(len(data)+largest*11_000*3/2+1<<20), "of %d bytes of trace", len(data))
}

func TestGenerationsEndByNumber(t *testing.T) {
	for _, v := range []wire.Version{wire.Go122, wire.Go123, wire.Go125} {
		batch := func(gen uint64) []byte { return tracegen.AppendBatch(nil, gen, 1, 5, []byte{1, 2, 3}) }
		var got []uint64
		s := wire.Splitter{Emit: func(r wire.Raw) { got = append(got, r.Number) }}
		header := v.Header()
		write := func(b []byte) {
			_, err := s.Write(b)
			require.NoError(t, err)
		}
		write(header[:])
		write(batch(7))
		write(batch(7))
		require.Empty(t, got)
		write(batch(8))
		require.Equal(t, []uint64{7}, got, "go1.%d: the first batch of the next one ends a generation", v)
		require.NoError(t, s.Close())
		require.Equal(t, []uint64{7, 8}, got, "go1.%d: and so does the trace's end", v)
	}
}

func TestGenerationsEndByMark(t *testing.T) {
	tr := tracegen.New(wire.Go126)
	for _, n := range []uint64{7, 9, 3, 3} { // which numbers make sense is not decided here
		tr.Generation(n).Batch(1, 5).Raw(1, 2, 3)
	}
	data := tr.Bytes()
	var got []uint64
	s := wire.Splitter{Emit: func(r wire.Raw) {
		got = append(got, r.Number)
		require.EqualValues(t, wire.EvEndOfGeneration, r.Data[len(r.Data)-1], "the mark belongs to it")
	}}
	require.NoError(t, feed(&s, data, 0))
	require.Equal(t, []uint64{7, 9, 3, 3}, got)
}

func TestSplitterVersion(t *testing.T) {
	for _, v := range versions {
		s := wire.Splitter{Emit: func(wire.Raw) {}}
		header := v.Header()
		_, err := s.Write(header[:wire.HeaderSize-1])
		require.NoError(t, err)
		require.Zero(t, s.Version())
		_, err = s.Write(header[wire.HeaderSize-1:])
		require.NoError(t, err)
		require.Equal(t, v, s.Version())
		require.NoError(t, s.Close(), "a header alone is an empty trace")
	}
}

func TestClosedSplitter(t *testing.T) {
	data := synthetic(wire.Go126)
	s := wire.Splitter{Emit: func(wire.Raw) {}}
	require.NoError(t, feed(&s, data, 0))
	_, err := s.Write(data)
	require.ErrorContains(t, err, "closed")
	require.ErrorContains(t, s.Close(), "closed")
}

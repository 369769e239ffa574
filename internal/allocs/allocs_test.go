package allocs_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/allocs"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// Every allocation is sampled, so that the numbers are exact.
func TestMain(m *testing.M) {
	runtime.MemProfileRate = 1
	leaktest.Main(m, leaktest.WithoutTrace())
}

type holder struct{ kept [1][]byte }

//go:noinline
func (h *holder) allocate(objects, size int) {
	for range objects {
		h.kept[0] = make([]byte, size)
	}
}

//go:noinline
func (h *holder) allocateBefore(objects, size int) { h.allocate(objects, size) }

//go:noinline
func (h *holder) allocateMeanwhile(objects, size int) { h.allocate(objects, size) }

// take takes a snapshot of all that was allocated until now: what the runtime holds back
// comes out with the second collection.
func take(t testing.TB) *allocs.Snapshot {
	t.Helper()
	runtime.GC()
	runtime.GC()
	s, err := allocs.Take()
	require.NoError(t, err)
	return s
}

func difference(t *testing.T, before, after *allocs.Snapshot) *profile.Profile {
	t.Helper()
	data, err := allocs.Difference(before, after)
	require.NoError(t, err)
	p, err := profile.Parse(bytes.NewReader(data))
	require.NoError(t, err)
	return p
}

// at returns the sums of the samples that have a function in their stack.
func at(p *profile.Profile, function string) (objects, size int64) {
	for _, s := range p.Sample {
		for _, l := range s.Location {
			if strings.HasSuffix(l.Line[0].Function.Name, function) {
				objects += s.Value[0]
				size += s.Value[1]
				break
			}
		}
	}
	return objects, size
}

func TestDifference(t *testing.T) {
	var h holder
	h.allocateBefore(100, 4096)
	h.allocateMeanwhile(7, 4096)
	before := take(t)
	h.allocateMeanwhile(50, 4096)
	h.allocateMeanwhile(20, 32768)
	after := take(t)
	h.allocateMeanwhile(1000, 4096)

	p := difference(t, before, after)
	objects, size := at(p, ".allocateMeanwhile")
	require.EqualValues(t, 70, objects)
	require.EqualValues(t, 50*4096+20*32768, size)
	objects, _ = at(p, ".allocateBefore")
	require.Zero(t, objects)

	require.Equal(t, "alloc_space", p.DefaultSampleType)
	require.Equal(t, []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}}, p.SampleType)
	require.EqualValues(t, 1, p.Period)
	require.Positive(t, p.TimeNanos)
	require.Positive(t, p.DurationNanos)
	ended := after.Collections() - before.Collections()
	require.GreaterOrEqual(t, ended, uint64(2))
	require.Contains(t, p.Comments[0], fmt.Sprintf("%d garbage collections", ended))

	found := false
	for _, s := range p.Sample {
		require.Positive(t, s.Value[0])
		if leaf := s.Location[0].Line[0]; strings.HasSuffix(leaf.Function.Name, ".(*holder).allocate") {
			found = true
			require.True(t, strings.HasSuffix(leaf.Function.Filename, "allocs_test.go"))
			require.Equal(t, s.Value[1]/s.Value[0], s.NumLabel["bytes"][0])
		}
	}
	require.True(t, found, "the allocator's own frames are left out")
}

// What is allocated after the last two collections is not in it, and nothing forces it.
func TestLag(t *testing.T) {
	var h holder
	before := take(t)
	h.allocateMeanwhile(50, 4096)
	s, err := allocs.Take()
	require.NoError(t, err)
	objects, _ := at(difference(t, before, s), ".allocateMeanwhile")
	if before.Collections() == s.Collections() { // no collection of the program's own came between
		require.Zero(t, objects)
	}
	objects, _ = at(difference(t, before, take(t)), ".allocateMeanwhile")
	require.EqualValues(t, 50, objects)
}

//go:noinline
func (h *holder) deep(depth, size int) {
	if depth == 0 {
		h.allocate(1, size)
		return
	}
	h.deep(depth-1, size)
	h.kept[0][0]++ // no tail call
}

//go:noinline
func (h *holder) oneWay(size int) { h.deep(60, size); h.kept[0] = nil }

//go:noinline
func (h *holder) otherWay(size int) { h.deep(60, size); h.kept[0] = nil }

// Records of which the stacks differ only beyond what the runtime shows are counted once each.
func TestCutStacks(t *testing.T) {
	var h holder
	for range 3 {
		h.oneWay(5000)
	}
	for range 5 {
		h.otherWay(5000)
	}
	before := take(t)
	for range 4 {
		h.oneWay(5000)
	}
	h.otherWay(5000)
	objects, _ := at(difference(t, before, take(t)), ".deep")
	require.EqualValues(t, 5, objects)
}

func TestNothingBetween(t *testing.T) {
	s := take(t)
	require.Empty(t, difference(t, s, s).Sample)
}

// The go command reads it.
func TestPprofTop(t *testing.T) {
	gocmd, err := exec.LookPath("go")
	require.NoError(t, err, "it runs this test")
	var h holder
	before := take(t)
	h.allocateMeanwhile(1000, 65536)
	data, err := allocs.Difference(before, take(t))
	require.NoError(t, err)
	name := filepath.Join(t.TempDir(), "allocs.pb.gz")
	require.NoError(t, os.WriteFile(name, data, 0o600))
	out, err := exec.Command(gocmd, "tool", "pprof", "-top", name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Type: alloc_space")
	first := strings.Split(string(out[bytes.Index(out, []byte("flat%")):]), "\n")[1]
	require.Contains(t, first, "holder).allocate", "%s", out)
	require.Contains(t, first, "62.50MB")
}

// ways allocates behind a stack of its own for each number.
//
//go:noinline
func (h *holder) ways(n, depth int) {
	switch {
	case depth == 0:
		h.allocate(1, 64)
	case n&1 == 0:
		h.ways(n>>1, depth-1)
	default:
		h.ways(n>>1, depth-1)
	}
}

// BenchmarkTake takes snapshots in a program that allocated at so many different stacks.
func BenchmarkTake(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			records := allocateAt(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := allocs.Take(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(records), "records")
		})
	}
}

// BenchmarkDifference makes profiles of which every place allocated meanwhile.
func BenchmarkDifference(b *testing.B) {
	const n = 10_000
	allocateAt(b, n)
	before := take(b)
	allocateAt(b, n)
	after := take(b)
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		data, err := allocs.Difference(before, after)
		if err != nil {
			b.Fatal(err)
		}
		size = len(data)
	}
	b.ReportMetric(float64(size), "bytes")
}

// allocateAt allocates at so many different stacks. From then on only as many allocations are
// sampled as in other programs.
func allocateAt(b *testing.B, n int) (records int) {
	const usual = 512 << 10
	runtime.MemProfileRate = 1
	var h holder
	for i := range n {
		h.ways(i, 14)
	}
	runtime.GC()
	runtime.GC()
	runtime.MemProfileRate = usual
	b.Cleanup(func() { runtime.MemProfileRate = 1 })
	records, _ = runtime.MemProfile(nil, true)
	return records
}

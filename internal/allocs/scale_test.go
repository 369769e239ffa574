package allocs

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is sampled as the runtime samples stands for what was allocated.
func TestScale(t *testing.T) {
	const rate, objects = 512 << 10, 1_000_000
	rng := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int64{1 << 10, 64 << 10, 512 << 10, 4 << 20} {
		var sampled int64
		next := rng.ExpFloat64() * rate
		for range objects {
			next -= float64(size)
			if next < 0 {
				sampled++
				next = rng.ExpFloat64() * rate
			}
		}
		n, bytes := scale(sampled, sampled*size, rate)
		require.InEpsilon(t, objects, n, 0.1, "objects of %d bytes, %d of them sampled", size, sampled)
		require.InEpsilon(t, objects*size, bytes, 0.1)
	}
}

func TestScaleEdges(t *testing.T) {
	for _, c := range []struct {
		objects, bytes int64
		rate           int
		want, wantSize int64
	}{
		{0, 0, 512, 0, 0},
		{5, 0, 512, 0, 0},
		{-1, 100, 512, 0, 0},
		{5, 100, 0, 5, 100}, // the profile was switched off meanwhile
		{5, 100, 1, 5, 100},
		{1, 1 << 40, 512 << 10, 1, 1 << 40},
	} {
		n, size := scale(c.objects, c.bytes, c.rate)
		require.Equal(t, c.want, n)
		require.Equal(t, c.wantSize, size)
	}
}

// A profile can begin before the snapshots, and a later snapshot be given as the first.
func TestOddSnapshots(t *testing.T) {
	now := time.Now()
	empty := &Snapshot{at: now}
	one := &Snapshot{at: now.Add(time.Second), rate: 1, counts: []counts{{objects: 2, bytes: 32, stack: 0, depth: 1}}, pcs: []uintptr{1}}
	p := difference(empty, one)
	require.NoError(t, p.CheckValid())
	require.Len(t, p.Sample, 1)
	require.Equal(t, []int64{2, 32}, p.Sample[0].Value)
	require.Equal(t, time.Second.Nanoseconds(), p.DurationNanos)

	for _, later := range []*Snapshot{one, {at: now.Add(2 * time.Second), counts: []counts{{objects: 9, bytes: 9 * 16, depth: 1}}, pcs: []uintptr{1}}} {
		_, err := Difference(later, empty)
		require.NoError(t, err)
		p = difference(later, one)
		require.Empty(t, p.Sample)
		require.LessOrEqual(t, p.DurationNanos, int64(0))
	}
	_, err := Difference(empty, empty)
	require.NoError(t, err)
}

package detectors

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBucketsAreContiguous(t *testing.T) {
	for d := time.Duration(0); d < 1<<14; d++ {
		b := histBucket(d)
		require.LessOrEqual(t, d, histUpper(b), "%d", d)
		if b > 0 {
			require.Greater(t, d, histUpper(b-1), "%d", d)
		}
	}
	require.Less(t, histBucket(1<<62), histBuckets)
	require.Zero(t, histBucket(-5))
}

func TestQuantile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []time.Duration
	for range 10_000 {
		d := time.Duration(r.ExpFloat64() * 1e6)
		all = append(all, d)
		h.Add(d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
		exact := all[int(q*float64(len(all)))-1]
		got := h.Quantile(q)
		require.GreaterOrEqual(t, got, exact, "q=%v", q)
		require.LessOrEqual(t, float64(got), float64(exact)*(1+1.0/16)+1, "q=%v", q)
	}
	require.Equal(t, all[len(all)-1], h.Max())
}

func TestOver(t *testing.T) {
	var h Histogram
	require.Zero(t, h.Over(0))
	for _, d := range []time.Duration{5, 100, 101, 200, 1 << 40} {
		h.Add(d * time.Microsecond)
	}
	require.EqualValues(t, 5, h.Over(0))
	require.EqualValues(t, 2, h.Over(100*time.Microsecond), "one is longer by a hundredth")
	require.EqualValues(t, 1, h.Over(time.Hour))
	require.Zero(t, h.Over(1<<62))
}

func TestEmptyAndMerge(t *testing.T) {
	var a, b Histogram
	require.Zero(t, a.Quantile(0.99))
	require.Zero(t, a.Mean())
	a.Add(10)
	b.Add(30)
	a.Merge(&b)
	require.EqualValues(t, 2, a.Count())
	require.EqualValues(t, 20, a.Mean())
	require.EqualValues(t, 30, a.Max())
	require.EqualValues(t, 10, a.Quantile(0.5))
	a.Reset()
	require.Zero(t, a.Count())
}

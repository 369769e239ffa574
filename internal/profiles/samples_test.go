package profiles

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/recorded"
)

// TestBound: with less and less room a profile loses its labels, those that it can do without first,
// and nothing from its sums.
func TestBound(t *testing.T) {
	t.Parallel()
	data, err := recorded.Trace{Go: "1.26", Name: "annotations"}.Bytes()
	require.NoError(t, err)
	whole := collect(t, data, nil, Kinds()...)
	number := 0
	for _, k := range Kinds() {
		number += len(whole.Profile(k).Sample)
	}
	seen := make(map[detail]bool)
	lost := false
	for room := number; room > int(numKinds); room = room * 3 / 4 {
		c := collect(t, data, func(c *Collector) { c.samples.most = room - int(numKinds) }, Kinds()...)
		got := 0
		for i := range numKinds {
			kind := definitions[i].kind
			p := written(t, c.Profile(kind))
			require.Equal(t, total(whole.Profile(kind)), total(p), kind)
			got += len(p.Sample)

			of := c.samples.tables[i]
			seen[of.detail] = true
			lost = lost || of.lost > 0
			for _, s := range p.Sample {
				if of.detail >= noNumbers {
					require.Empty(t, s.NumLabel)
				}
				if of.detail == noLabels {
					require.Empty(t, s.Label)
				}
			}
			if of.detail > allLabels {
				require.Contains(t, p.Comments[len(p.Comments)-1]+p.Comments[max(0, len(p.Comments)-2)], "there were too many of them")
			}
		}
		require.LessOrEqual(t, got, room)
	}
	require.Len(t, seen, 3)
	require.True(t, lost)
}

// TestSamples: whatever comes, the number is bounded and the sums are right.
func TestSamples(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	s := newSamples(100)
	s.tables[sched], s.tables[running], s.tables[assist] = newTable(), newTable(), newTable()
	var want [numKinds]sum
	for range 20_000 {
		i := [...]index{sched, sched, running, assist}[rng.IntN(4)]
		k := key{
			g: detectors.GoID(rng.IntN(1_000)), stack: detectors.StackID(rng.IntN(40)), request: uint32(rng.IntN(3)),
			on: onP(detectors.ProcID(rng.IntN(4)-1), detectors.Class(rng.IntN(int(detectors.NumClasses)))),
		}
		x := sum{1, time.Duration(rng.IntN(1_000))}
		s.add(i, k, x)
		want[i].add(x)
	}
	number := 0
	for i, table := range s.tables {
		if table == nil {
			continue
		}
		var got sum
		keys := make(map[key]bool)
		for _, x := range table.samples {
			got.add(x.sum)
			keys[x.key] = true
		}
		require.Equal(t, want[i], got)
		require.Len(t, keys, len(table.samples))
		number += len(table.samples)
	}
	require.LessOrEqual(t, number, 100)
	require.Greater(t, number, 80, "the room is used")
}

// TestTable: it does what a map does.
func TestTable(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	got, want := newTable(), make(map[key]sum)
	for range 30_000 {
		k := key{
			g: detectors.GoID(rng.IntN(20)) << rng.IntN(60), stack: detectors.StackID(rng.IntN(5)) << rng.IntN(30),
			start: detectors.SiteID(rng.IntN(3)), request: uint32(rng.IntN(2)), on: uint32(rng.IntN(2)) << rng.IntN(10),
		}
		x := want[k]
		x.add(sum{1, 10})
		want[k] = x
		got.add(k, sum{1, 10})
	}
	require.Greater(t, len(want), 1_000)
	require.Len(t, got.samples, len(want))
	for _, s := range got.samples {
		require.Equal(t, want[s.key], s.sum)
	}
	require.Nil(t, got.find(key{g: -1}))
}

func TestKey(t *testing.T) {
	t.Parallel()
	for _, p := range []detectors.ProcID{detectors.NoProc, 0, 1, limits.Procs - 1} {
		for class := range detectors.NumClasses {
			k := key{on: onP(p, class)}
			require.Equal(t, p, k.p())
			require.Equal(t, class, k.class())
			require.Equal(t, detectors.NoProc, k.cut(noNumbers).p())
			require.Equal(t, class, k.cut(noNumbers).class())
		}
	}
	require.Equal(t, detectors.NoProc, key{on: onP(limits.Procs, 0)}.p())
	require.Equal(t, detectors.NoProc, key{}.p())
}

// A broken clock's durations do not overflow.
func TestSum(t *testing.T) {
	t.Parallel()
	s := sum{1, math.MaxInt64 - 5}
	s.add(sum{2, 10})
	require.Equal(t, sum{3, math.MaxInt64}, s)
}

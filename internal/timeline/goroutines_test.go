package timeline

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

func mustAdd(t *testing.T, gs *goroutines, id uint64) *goroutine {
	t.Helper()
	g, err := gs.add(id)
	require.NoError(t, err)
	require.Equal(t, goroutine{Goroutine: detectors.Goroutine{ID: detectors.GoID(id), LastP: detectors.NoProc}, place: g.place}, *g, "nothing is left of whoever was there")
	g.State = detectors.Runnable
	g.seq = id // to be recognised by
	return g
}

// TestGoroutines lives through births and deaths by chance, in patterns that are hard on
// a table, beside a map that does the same.
func TestGoroutines(t *testing.T) {
	for seed, test := range []struct {
		name  string
		alive int                      // about
		next  func(last uint64) uint64 // the next number
	}{
		{"dense", 3_000, func(last uint64) uint64 { return last + 1 }},
		{"few", 3, func(last uint64) uint64 { return last + 1 }},
		{"a chunk full", chunkSize, func(last uint64) uint64 { return last + 1 }},
		{"sparse", 2_000, func(last uint64) uint64 { return last + 1_000 }},
		{"colliding", 500, func(last uint64) uint64 { return last + pageSize*minRecent }},
	} {
		t.Run(test.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(seed)))
			gs := newGoroutines()
			model := make(map[uint64]*goroutine)
			var ids []uint64
			last := uint64(0)
			for range 20_000 {
				if len(ids) == 0 || rng.IntN(2*test.alive) >= len(ids) {
					last = test.next(last)
					model[last] = mustAdd(t, &gs, last)
					ids = append(ids, last)
				} else {
					i := rng.IntN(len(ids))
					gs.remove(model[ids[i]])
					require.Nil(t, gs.find(ids[i]))
					delete(model, ids[i])
					ids[i] = ids[len(ids)-1]
					ids = ids[:len(ids)-1]
				}
				if len(ids) > 0 {
					id := ids[rng.IntN(len(ids))]
					require.Same(t, model[id], gs.find(id), "a goroutine stays where it is")
					require.Equal(t, id, gs.find(id).seq)
				}
				require.Nil(t, gs.find(last+1))
			}
			var got []uint64
			for g := range gs.all {
				got = append(got, uint64(g.ID))
			}
			slices.Sort(got)
			slices.Sort(ids)
			require.Equal(t, ids, got)
			require.Equal(t, len(ids), gs.live)
			require.LessOrEqual(t, len(gs.open), len(gs.chunks))

			for _, id := range ids {
				gs.remove(model[id])
			}
			require.Zero(t, gs.live)
			require.LessOrEqual(t, len(gs.pages), emptyPages)
			chunks := 0
			for _, c := range gs.chunks {
				if c != nil {
					chunks++
				}
			}
			require.LessOrEqual(t, chunks, spareChunks, "memory is given back")
			require.Equal(t, chunks, gs.empty)
		})
	}
}

// TestLonelyGoroutines: one goroutine in many thousands lives on, as that of a connection
// does. What it costs is not what its neighbours would have.
func TestLonelyGoroutines(t *testing.T) {
	gs := newGoroutines()
	const lonely, apart = 5_000, 300
	used := allocated(func() {
		for i := range uint64(lonely) {
			_, _ = gs.add(1 + i*apart)
			for k := range uint64(apart - 1) {
				g, _ := gs.add(2 + i*apart + k)
				gs.remove(g)
			}
		}
	})
	require.Equal(t, lonely, gs.live)
	require.Less(t, used, uint64(lonely*1_000), "allocated for %d goroutines", lonely)
}

// TestBirthsAllocateNothing: as many goroutines end as begin.
func TestBirthsAllocateNothing(t *testing.T) {
	gs := newGoroutines()
	id := uint64(0)
	for range 10 * chunkSize {
		id++
		mustAdd(t, &gs, id)
	}
	live := func() {
		for range 10_000 {
			id++
			g, _ := gs.add(id)
			gs.remove(g)
		}
	}
	live() // until as many pages are empty as may be
	require.Zero(t, testing.AllocsPerRun(10, live))
}

func TestGoroutineNumbers(t *testing.T) {
	gs := newGoroutines()
	for _, id := range []uint64{0, 1 << 63, 1<<64 - 1} {
		_, err := gs.add(id)
		require.ErrorContains(t, err, "of number")
		require.Nil(t, gs.find(id))
	}
	mustAdd(t, &gs, 1<<63-1)
	require.NotNil(t, gs.find(1<<63-1))
}

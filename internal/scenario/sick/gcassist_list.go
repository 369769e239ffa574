package sick

import (
	"context"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// The cache is one list of a million entries, each found through the one before: however many
// workers the collector has, one marks and the others find nothing to do. Whoever allocates
// meanwhile has to assist, finds nothing either, and waits until the one has got on.
const (
	cacheEntries   = 1 << 20
	decoders       = 24
	decodersPerP   = 4
	decodeBatch    = 4096 // entries, of 64 bytes
	reloadPeriod   = 1200 * time.Millisecond
	cacheGCPercent = 10
)

func listCache() scenario.Scenario {
	return scenario.Scenario{
		Name:  "cache-is-one-long-list",
		Doc:   "Goroutines that reload a cache wait for the collector, which follows the cache's list of a million entries one by one.",
		Kind:  "gc-assist",
		Sites: []string{site("decodeEntries")},
		Follows: map[string]string{
			"sched-delay": "while the cache is reloaded the decoders and the collector use all Ps",
		},
		Settle: 2 * reloadPeriod, // two reloads have to be seen
		Start:  startListCache,
	}
}

// entry is what the cache has of one key, in the order of use.
type entry struct {
	older *entry
	value *[4]uint64
	key   uint64
	_     [5]uint64
}

// startListCache builds the cache. The process's GC percentage is that of a service short of
// memory until Stop: only one such program may run at a time.
func startListCache(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	before := debug.SetGCPercent(-1)
	newest := newList()
	debug.SetGCPercent(cacheGCPercent)
	s.afterStop(func() error {
		runtime.KeepAlive(newest)
		newest = nil
		debug.SetGCPercent(before)
		debug.FreeOSMemory()
		return nil
	})
	s.fault = func(strength scenario.Strength) error {
		// A reload allocates 150 MB or 500.
		batches := pick(strength, 600, 2000)
		s.running.Go(func() { reloadOften(s.ctx, batches) })
		return nil
	}
	return s, nil
}

// newList links the entries in random order, as use does: the next one is never in the same line of
// the processor's cache.
func newList() *entry {
	entries := make([]*entry, cacheEntries)
	for i := range entries {
		entries[i] = &entry{key: uint64(i), value: new([4]uint64)}
	}
	rand.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	for i := 1; i < len(entries); i++ {
		entries[i].older = entries[i-1]
	}
	return entries[len(entries)-1]
}

// reloadOften has all decoders share in a reload.
func reloadOften(ctx context.Context, batches int) {
	ticker := time.NewTicker(reloadPeriod)
	defer ticker.Stop()
	n := decoders + decodersPerP*runtime.GOMAXPROCS(0)
	decoded := make([][]entry, n) // the last batch of each decoder
	for round := 0; ; round++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		share := batches / n * (1 + round%3) / 2 // reloads differ in size
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				for range share {
					if ctx.Err() == nil {
						decoded[i] = decodeEntries(i)
					}
				}
			})
		}
		wg.Wait()
	}
}

// decodeEntries allocates a batch at once, as one does who knows the number of rows.
//
//go:noinline
func decodeEntries(seed int) []entry {
	batch := make([]entry, decodeBatch)
	h := uint64(seed)
	for i := 1; i < len(batch); i++ {
		h = (h ^ uint64(i)) * 1099511628211
		batch[i].key = h
		batch[i].older = &batch[i-1]
	}
	return batch
}

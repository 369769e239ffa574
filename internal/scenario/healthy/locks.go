package healthy

import (
	"runtime"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func busyLocks() scenario.Scenario {
	return scenario.Scenario{
		Name:  "busy-locks",
		Doc:   "Locks are taken thousands of times a millisecond by many goroutines, each for some nanoseconds, and hardly anybody waits.",
		Start: built(buildBusyLocks),
	}
}

// tableShards is how many parts a table has for each P, so that two seldom meet at one.
const tableShards = 16

// table is a map in parts with a lock each, and a count of all under one lock.
type table struct {
	shards []tableShard

	mu   sync.Mutex
	done uint64
}

type tableShard struct {
	sync.RWMutex
	values map[uint64]uint64
	_      [64]byte // so that two locks do not share a cache line
}

func buildBusyLocks(p *program) error {
	procs := runtime.GOMAXPROCS(0)
	t := &table{shards: make([]tableShard, tableShards*procs)}
	for i := range t.shards {
		t.shards[i].values = make(map[uint64]uint64)
	}
	for i := range 16 * procs {
		p.running.Go(func() {
			n := mix(uint64(i), 10)
			if pause(p.ctx, 8*time.Millisecond*time.Duration(i)/time.Duration(16*procs)) {
				scenario.Every(p.ctx, 8*time.Millisecond, func() { n = t.use(n) })
			}
		})
	}
	return nil
}

// use does two thousand lookups, a few of which write. Sixteen goroutines for each P that do so
// once in eight milliseconds make four thousand lock operations a millisecond for each P.
func (t *table) use(n uint64) uint64 {
	const lookups = 2000
	for i := range lookups {
		n = mix(n, 1)
		s := &t.shards[n%uint64(len(t.shards))]
		if i%50 == 0 {
			s.Lock()
			s.values[n>>32%64] = n
			s.Unlock()
			continue
		}
		s.RLock()
		n += s.values[n>>32%64] & 1
		s.RUnlock()
	}
	t.mu.Lock()
	t.done += lookups
	t.mu.Unlock()
	return n
}

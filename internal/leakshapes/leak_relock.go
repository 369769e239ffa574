package leakshapes

import (
	"sync"
	"testing"
)

func readLockUnderLock() Shape {
	return Shape{
		Name:    "read-lock-under-lock",
		Doc:     "A mapping is cleared under the lock, and who is told of that reads it under the same lock.",
		Source:  goker + ": syncthing#4829",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			m := &mapping{addrs: map[string]int{"test": 22000}}
			go m.clear() // stays
		},
	}
}

type mapping struct {
	mu    sync.RWMutex
	addrs map[string]int
}

func (m *mapping) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.addrs)
	m.notify()
}

func (m *mapping) notify() int {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return len(m.addrs)
}

func upgradedReadLock() Shape {
	return Shape{
		Name:    "upgraded-read-lock",
		Doc:     "A look-up that misses takes the write lock before it has given back the read lock.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			s := &sessions{byUser: make(map[string]int)}
			go s.get("Ada") // stays
		},
	}
}

type sessions struct {
	mu     sync.RWMutex
	byUser map[string]int
}

func (s *sessions) get(user string) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if id, ok := s.byUser[user]; ok {
		return id
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byUser[user] = len(s.byUser) + 1
	return s.byUser[user]
}

func unlockSkippedByPanic() Shape {
	return Shape{
		Name:    "unlock-skipped-by-panic",
		Doc:     "A handler panics between Lock and Unlock, the server recovers, and the next request waits for the lock.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			c := &counters{of: make(map[string]int)}
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				c.count("")
			}()
			go c.count("visits") // stays
		},
	}
}

type counters struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counters) count(name string) {
	c.mu.Lock()
	if name == "" {
		panic("a counter without a name")
	}
	c.of[name]++
	c.mu.Unlock()
}

func waitWithLockHeld() Shape {
	return Shape{
		Name:    "wait-with-lock-held",
		Doc:     "Close waits for the workers with the lock held that each needs to sign off.",
		Source:  goker + ": like cockroach#1055",
		Stays:   3,
		Forever: true,
		Run: func(testing.TB) {
			s := &stopper{stop: make(chan struct{}), open: make(map[int]bool)}
			for id := range 2 {
				s.open[id] = true
				s.workers.Add(1)
				go s.work(id) // stays 2
			}
			go s.close() // stays
		},
	}
}

type stopper struct {
	mu      sync.Mutex
	open    map[int]bool
	stop    chan struct{}
	workers sync.WaitGroup
}

func (s *stopper) work(id int) {
	defer s.workers.Done()
	<-s.stop
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, id)
}

func (s *stopper) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.stop)
	s.workers.Wait()
}

func onceWithinItself() Shape {
	return Shape{
		Name:    "once-within-itself",
		Doc:     "What a sync.Once loads asks for what it loads.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			go new(lazyConfig).value("host") // stays
		},
	}
}

type lazyConfig struct {
	once   sync.Once
	values map[string]string
}

func (c *lazyConfig) value(key string) string {
	c.once.Do(c.load)
	return c.values[key]
}

func (c *lazyConfig) load() {
	c.values = map[string]string{"host": "localhost"}
	c.values["url"] = "http://" + c.value("host")
}

func lockedLockMoved() Shape {
	return Shape{
		Name:    "locked-lock-moved",
		Doc:     "A slice of shards grows while the lock of one is held, and the lock in the new array is never unlocked.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			s := &shardedMap{shards: make([]shard, 1)}
			s.shards[0].update(func(*shard) { s.grow() })
			go s.shards[0].update(func(s *shard) { s.keys = append(s.keys, "key") }) // stays
		},
	}
}

type shardedMap struct{ shards []shard }

type shard struct {
	mu   sync.Mutex
	keys []string
}

func (s *shardedMap) grow() { s.shards = append(s.shards, shard{}) }

func (s *shard) update(change func(*shard)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

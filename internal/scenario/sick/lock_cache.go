package sick

import (
	"bufio"
	"context"
	"net"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func lockOverQuery() scenario.Scenario {
	return scenario.Scenario{
		Name:  "lock-held-over-query",
		Doc:   "A cache asks its backend for what it has not while it holds its lock, so that all who look something up stand behind one query after another.",
		Kind:  "lock-contention",
		Sites: []string{site("(*lookupCache).get")},
		Start: startLookups,
	}
}

// backendTime is how long the backend thinks.
const backendTime = 5 * time.Millisecond

// startLookups starts the callers. While the cache has what they look for nobody waits; the fault is
// that it has not any more.
func startLookups(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	backend, err := s.listen(func(c net.Conn) { answerLookups(c) })
	if err != nil {
		return s.abandon(err)
	}
	c, err := s.dial(backend)
	if err != nil {
		return s.abandon(err)
	}
	cache := &lookupCache{conn: c, in: bufio.NewReader(c), full: true}
	for i := range 12 {
		s.running.Go(func() { s.lookUp(cache, time.Duration(i)*5*time.Millisecond) })
	}
	s.fault = func(strength scenario.Strength) error {
		for i := range pick(strength, 0, 48) {
			s.running.Go(func() { s.lookUp(cache, time.Duration(i)*time.Millisecond) })
		}
		cache.mu.Lock()
		defer cache.mu.Unlock()
		cache.full = false
		return nil
	}
	return s, nil
}

// answerLookups serves the backend's one connection.
func answerLookups(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		time.Sleep(backendTime)
		if _, err := c.Write([]byte("found\n")); err != nil {
			return
		}
	}
}

// lookUp is one caller. It begins when the others do not.
func (s *stage) lookUp(cache *lookupCache, begin time.Duration) {
	timer := time.NewTimer(begin)
	defer timer.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-timer.C:
		}
		if _, err := cache.get("key\n"); err != nil {
			s.fail(err)
			return
		}
		timer.Reset(20 * time.Millisecond)
	}
}

// lookupCache holds what the backend has said.
type lookupCache struct {
	mu   sync.Mutex
	full bool // has everything
	conn net.Conn
	in   *bufio.Reader
}

// get looks a key up, and asks the backend with the lock held.
//
//go:noinline
func (c *lookupCache) get(key string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full {
		return "found", nil
	}
	return exchange(c.conn, c.in, key)
}

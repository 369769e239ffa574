package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Service is the running service with its load. Its methods may be called from any goroutine.
type Service struct {
	front   *server
	backend *server
	store   *store

	prices *http.Client
	pool   *pool
	cache  *cache
	hasher *hasher

	load    *load
	release func()

	cancel     context.CancelFunc
	background sync.WaitGroup

	stopOnce sync.Once
	stopErr  error
}

// Start starts the service with fault f and a load on it, and returns when both run. The end of ctx
// ends the load and the fault, but only [Service.Stop] ends the service and waits for it.
//
// [GCAssist] takes a fraction of a second to build its heap and lowers the process's GC percentage until
// Stop: of that fault only one service may run at a time.
func Start(ctx context.Context, f Fault) (*Service, error) {
	spec, ok := f.spec()
	if !ok {
		return nil, fmt.Errorf("shop: unknown fault %q", f)
	}
	listeners, err := listenAll(3)
	if err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}
	ch := spec.prepare()

	ctx, cancel := context.WithCancel(ctx)
	s := &Service{
		cancel:  cancel,
		cache:   newCache(),
		hasher:  newHasher(),
		prices:  newClient(4),
		release: ch.release,
	}
	s.backend = serve(listeners[0], http.HandlerFunc(quotePrice))
	s.store = serveStore(listeners[1], ch.storeDelay)
	s.pool = newPool(s.store.addr)
	s.front = serve(listeners[2], s.routes(ch.report))
	s.background.Go(func() { s.housekeep(ctx) })
	if ch.run != nil {
		s.background.Go(func() { ch.run(ctx) })
	}
	s.load = startLoad(ctx, s.front.url)
	return s, nil
}

// URL returns the address of the service, such as "http://127.0.0.1:40123".
func (s *Service) URL() string { return s.front.url }

// Requests returns how many requests of the load have been answered so far, and the median and 99th
// percentile of their latencies, exact to ten percent.
func (s *Service) Requests() (n int, p50, p99 time.Duration) {
	return s.load.latencies.summary()
}

// Stop ends the load, the fault and the service, and waits for their goroutines, leaked ones
// included. It returns the first error that the load met; a slow or refused answer is not one.
// Every call after the first returns the same.
func (s *Service) Stop() error {
	s.stopOnce.Do(func() { s.stopErr = s.stop() })
	return s.stopErr
}

// stop takes the service down from its users to its backends, so that nothing is asked of a part
// that is gone.
func (s *Service) stop() error {
	s.cancel()
	loadErr := s.load.wait()
	frontErr := s.front.stop()
	s.background.Wait()
	if s.release != nil {
		s.release()
	}
	s.hasher.stop()
	s.pool.close()
	s.prices.CloseIdleConnections()
	return errors.Join(loadErr, frontErr, s.backend.stop(), s.store.stop())
}

// housekeep is the service's background work.
func (s *Service) housekeep(ctx context.Context) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			s.cache.expire(now)
			s.pool.expire(now)
		}
	}
}

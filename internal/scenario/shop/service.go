package shop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
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

	load *load

	ctx        context.Context // of what runs beside the service
	cancel     context.CancelFunc
	background sync.WaitGroup

	broken   atomic.Pointer[change] // nil while healthy
	breaking sync.Mutex             // held by Break and by the beginning of Stop
	stopped  bool

	stopOnce sync.Once
	stopErr  error
}

// Start starts the service and a load on it, with fault f in its severe form, and returns when both
// run. The end of ctx ends the load and the fault, but only [Service.Stop] ends the service and
// waits for it. Of a service that is started with [None] a fault can begin later: see
// [Service.Break], also for what f costs. Around is put around the service's handler, as middleware is.
func Start(ctx context.Context, f Fault, around ...func(http.Handler) http.Handler) (*Service, error) {
	if _, ok := f.spec(); !ok {
		return nil, fmt.Errorf("shop: unknown fault %q", f)
	}
	listeners, err := listenAll(3)
	if err != nil {
		return nil, fmt.Errorf("shop: %w", err)
	}

	ctx, cancel := context.WithCancel(ctx)
	s := &Service{
		ctx:    ctx,
		cancel: cancel,
		cache:  newCache(),
		hasher: newHasher(),
		prices: newClient(4),
	}
	s.backend = serve(listeners[0], http.HandlerFunc(quotePrice))
	s.store = serveStore(listeners[1], s.storeDelay)
	s.pool = newPool(s.store.addr)
	front := s.routes()
	for _, middleware := range around {
		front = middleware(front)
	}
	s.front = serve(listeners[2], front)
	s.background.Go(func() { s.housekeep(ctx) })
	if f != None {
		err = s.Break(f, scenario.Severe) // before the first request: what a fault builds is no load's to wait for
	}
	s.load = startLoad(ctx, s.front.url)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
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
	s.breaking.Lock()
	s.stopped = true
	s.breaking.Unlock()
	s.cancel()
	loadErr := s.load.wait()
	frontErr := s.front.stop()
	s.background.Wait()
	if release := s.change().release; release != nil {
		release()
	}
	s.hasher.stop()
	s.pool.close()
	s.prices.CloseIdleConnections()
	return errors.Join(loadErr, frontErr, s.backend.stop(), s.store.stop())
}

// storeDelay is how long the store thinks about a query: one to three milliseconds when healthy.
func (s *Service) storeDelay() time.Duration {
	if broken := s.change().storeDelay; broken != nil {
		return broken()
	}
	return millis(1, 3)
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

package sick

import (
	"context"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// There are so many readers of the prices, and each reads so often.
const (
	priceReaders = 30
	priceRead    = 20 * time.Millisecond
)

func writerBlocksReaders() scenario.Scenario {
	return scenario.Scenario{
		Name:  "reload-under-write-lock",
		Doc:   "Prices are loaded again and again, piece by piece, under the write lock of a table that dozens of goroutines read.",
		Kind:  "lock-contention",
		Sites: []string{site("(*priceTable).reload")},
		Start: startPrices,
	}
}

// startPrices starts the readers. Healthy, the writer loads first and then takes the lock.
func startPrices(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	t := &priceTable{prices: map[string]int{"item": 1999}}
	for i := range priceReaders {
		s.running.Go(func() { t.readOften(s.ctx, priceRead*time.Duration(i)/priceReaders) })
	}
	pieces := make(chan int, 1)
	s.running.Go(func() { t.reloadOften(s.ctx, pieces) })
	s.fault = func(strength scenario.Strength) error {
		pieces <- pick(strength, 5, 30) // of 5 ms each
		return nil
	}
	return s, nil
}

// priceTable is read much and written seldom.
type priceTable struct {
	mu     sync.RWMutex
	prices map[string]int
}

// readOften is one reader. It begins when the others do not.
func (t *priceTable) readOften(ctx context.Context, begin time.Duration) {
	scenario.Apart(ctx, begin, priceRead, func() { t.price("item") })
}

// price is a short read.
//
//go:noinline
func (t *priceTable) price(item string) int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.prices[item]
}

// reloadOften loads the prices ten times a second.
func (t *priceTable) reloadOften(ctx context.Context, fault <-chan int) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	pieces := 0
	for {
		select {
		case <-ctx.Done():
			return
		case pieces = <-fault:
		case <-ticker.C:
			if pieces > 0 {
				t.reload(pieces)
			} else {
				t.replace(loadPiece())
			}
		}
	}
}

// replace takes the lock for no longer than it takes.
func (t *priceTable) replace(price int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.prices["item"] = price
}

// reload loads all pieces with the lock held.
//
//go:noinline
func (t *priceTable) reload(pieces int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range pieces {
		t.prices["item"] = loadPiece()
	}
}

// loadPiece gets a piece from somewhere else.
func loadPiece() int {
	time.Sleep(5 * time.Millisecond)
	return 1999
}

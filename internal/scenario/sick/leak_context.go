package sick

import (
	"context"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func forgottenContext() scenario.Scenario {
	return scenario.Scenario{
		Name:   "context-never-cancelled",
		Doc:    "Each request subscribes to a price in a goroutine that waits for news or for the end of a context, and no request cancels its context.",
		Kind:   "goroutine-leak",
		Sites:  []string{site("subscribe"), site("follow")},
		Settle: leakSettle,
		Start:  startSubscriptions,
	}
}

// startSubscriptions takes requests, healthy ones first. Nothing but a goroutine that leaked itself
// refers to what it waits for, so that the runtime's own profile of leaks can prove it; so nobody
// can wake it any more, and Stop leaves these goroutines behind: they are a few hundred, and parked
// for good.
func startSubscriptions(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	forget := make(chan time.Duration, 1)
	s.running.Go(func() { takeRequests(s.ctx, forget) })
	s.fault = func(strength scenario.Strength) error {
		forget <- time.Second / time.Duration(pick(strength, 5, 60))
		return nil
	}
	return s, nil
}

// takeRequests takes one request after the other, in the rate that it is told with the fault.
func takeRequests(ctx context.Context, forget <-chan time.Duration) {
	ticker := time.NewTicker(time.Second / 20)
	defer ticker.Stop()
	forgets := false
	for {
		select {
		case <-ctx.Done():
			return
		case period := <-forget:
			forgets = true
			ticker.Reset(period)
		case <-ticker.C:
			serveRequest(forgets)
		}
	}
}

// request is what belongs to one request.
type request struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func serveRequest(forgets bool) {
	var r request
	r.ctx, r.cancel = context.WithCancel(context.Background())
	subscribe(r.ctx)
	if !forgets {
		r.cancel()
	}
}

// subscribe starts following a price.
//
//go:noinline
func subscribe(ctx context.Context) {
	news := make(chan int)
	go follow(ctx, news)
}

// follow waits for news until its context ends.
//
//go:noinline
func follow(ctx context.Context, news <-chan int) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-news:
		}
	}
}

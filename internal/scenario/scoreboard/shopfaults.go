package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
)

// shopFaults returns the faults of the shop as scenarios.
func shopFaults() []scenario.Scenario {
	kinds := map[shop.Fault]string{
		shop.Sched: "sched-delay", shop.GCAssist: "gc-assist", shop.Netpoll: "netpoll-block",
		shop.Preempt: "preempt-failure", shop.Leak: "goroutine-leak",
	}
	var all []scenario.Scenario
	for _, f := range shop.Faults() {
		s := scenario.Scenario{
			Name: "shop-" + string(f), Doc: f.Doc(), Kind: kinds[f], Sites: []string{f.Site()},
			Start: func(ctx context.Context) (scenario.Program, error) { return startShop(ctx, f) },
		}
		switch f {
		case shop.GCAssist:
			s.Settle = 2 * time.Second // imports are pulses, one in a second and a half
		case shop.Leak:
			s.Settle = 6 * time.Second
		}
		all = append(all, s)
	}
	return all
}

// faultyShop is a healthy shop that gives way to one with a fault.
type faultyShop struct {
	ctx   context.Context
	fault shop.Fault

	mu      sync.Mutex
	service *shop.Service
}

func startShop(ctx context.Context, f shop.Fault) (scenario.Program, error) {
	s, err := shop.Start(ctx, shop.None)
	if err != nil {
		return nil, err
	}
	return &faultyShop{ctx: ctx, fault: f, service: s}, nil
}

// Break implements [scenario.Program].
func (p *faultyShop) Break(scenario.Strength) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, err := shop.Start(p.ctx, p.fault)
	if err != nil {
		return err
	}
	old := p.service
	p.service = s
	return old.Stop()
}

// Stop implements [scenario.Program].
func (p *faultyShop) Stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errors.Join(p.service.Stop())
}

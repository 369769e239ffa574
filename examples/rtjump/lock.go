package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// catalog is prices, which are read again from the backend once a second.
type catalog struct {
	backend *backend
	slow    time.Duration // that the backend takes for all prices

	mu    sync.Mutex
	price string
}

func lockCause() cause {
	return cause{
		name:      "lock",
		doc:       "Version 2 asks for new prices with the mutex held that each request needs: it is locked one line earlier.",
		dimension: detectors.DimLock,
		site:      "(*catalog).get",
		load:      []lane{{clients: 40, every: 250 * time.Millisecond}},
		build: func(v version, b *backend) *program {
			c := &catalog{backend: b, slow: 400 * time.Millisecond}
			refresh := c.refresh
			if v == v2 {
				refresh = c.refreshLocked
			}
			return &program{
				handle: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.get()) },
				beside: []func(context.Context){func(ctx context.Context) { often(ctx, time.Second, refresh) }},
			}
		},
	}
}

// get is what requests do.
func (c *catalog) get() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.price
}

// refresh is version 1.
func (c *catalog) refresh(ctx context.Context) {
	price := c.load(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.price = price
}

// refreshLocked is version 2.
func (c *catalog) refreshLocked(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.price = c.load(ctx)
}

func (c *catalog) load(ctx context.Context) string {
	if err := c.backend.ask(ctx, c.slow); err != nil {
		return c.price // the one before
	}
	return "1999"
}

// often calls f again and again until ctx ends.
func often(ctx context.Context, every time.Duration, f func(context.Context)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f(ctx)
		}
	}
}

package main

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// A lane is clients that ask for the same over and over. Each waits for its answer, so that a slow
// service gets fewer requests, and never a backlog.
type lane struct {
	query   string
	clients int
	every   time.Duration // of each client
}

// mostlySmall is a load of which some percent are big requests: a P99 is about those, and not about what
// a busy machine does to any.
func mostlySmall(small int) []lane {
	return []lane{
		{"size=small", small, 250 * time.Millisecond},
		{"size=big", 4, 700 * time.Millisecond},
	}
}

// A load is clients at work.
type load struct {
	cancel  context.CancelFunc
	clients sync.WaitGroup

	once sync.Once
	err  error // the first
}

func startLoad(lanes []lane, url string) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{cancel: cancel}
	for _, ln := range lanes {
		for range ln.clients {
			l.clients.Go(func() {
				if err := ln.run(ctx, url); err != nil {
					l.once.Do(func() { l.err = err })
				}
			})
		}
	}
	return l
}

// run is one client, until ctx ends.
func (ln *lane) run(ctx context.Context, url string) error {
	client := newClient(1)
	defer client.CloseIdleConnections()
	next := time.NewTimer(rand.N(ln.every)) // they do not come all at once
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		}
		next.Reset(ln.every) // counted from the beginning of a request
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/quote?"+ln.query, nil)
		if err != nil {
			return err
		}
		if err := drain(client.Do(req)); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// stop ends the load, and returns the first error that a client met.
func (l *load) stop() error {
	l.cancel()
	l.clients.Wait()
	return l.err
}

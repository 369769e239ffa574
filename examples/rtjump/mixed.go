package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// asking is how long the backend takes for a price. Six clients that have to ask one after the other
// get one in 480 ms: each waits 230 ms for its turn, if it does something else for 170 ms.
const asking = 80 * time.Millisecond

func mixedCause() cause {
	return cause{
		name:      "mixed",
		doc:       "Version 2 has two faults: requests ask for prices one after the other, each with a mutex held, which makes them wait 230 ms; and what they ask the backend besides takes it 170 ms instead of 10 ms.",
		dimension: detectors.DimLock,
		site:      "(*till).priceLocked",
		shares:    map[detectors.Dimension]float64{detectors.DimLock: 0.59, detectors.DimNetwork: 0.41},
		load: []lane{
			{"size=small", 40, 200 * time.Millisecond},
			{"size=big", 6, 400 * time.Millisecond},
		},
		build: func(v version, b *backend) *program {
			t := &till{backend: b}
			price, besides := t.price, 10*time.Millisecond
			if v == v2 {
				price, besides = t.priceLocked, 170*time.Millisecond
			}
			return &program{handle: func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("size") != "big" {
					return
				}
				err := price(r.Context())
				if err == nil {
					err = b.ask(r.Context(), besides)
				}
				if err != nil {
					http.Error(w, err.Error(), http.StatusBadGateway)
				}
			}}
		},
	}
}

// till knows prices from a backend.
type till struct {
	backend *backend
	mu      sync.Mutex
}

// price is version 1.
func (t *till) price(ctx context.Context) error {
	return t.backend.ask(ctx, asking)
}

// priceLocked is version 2.
func (t *till) priceLocked(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.backend.ask(ctx, asking)
}

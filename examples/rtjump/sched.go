package main

import (
	"context"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

const (
	// indexers is how many goroutines version 2 starts for each P, and turn how long each works before
	// it lets others run: whoever joins the queue of a P waits for up to all of them.
	indexers = 45
	turn     = 2 * time.Millisecond

	// steps is how often a big request hands over: each of its steps has parts that are done at
	// once, and of those that become ready together one runs next and the others join the queue.
	steps = 4
	parts = 3
)

func schedCause() cause {
	return cause{
		name:      "sched",
		doc:       "Version 2 indexes its documents all at once, each in a goroutine: requests, which hand over to others several times, wait behind them each time.",
		dimension: detectors.DimRunnable,
		site:      "indexDocument",
		load:      mostlySmall(24),
		build: func(v version, _ *backend) *program {
			p := &program{handle: quoteInSteps}
			if v == v2 {
				for range indexers * runtime.GOMAXPROCS(0) {
					p.beside = append(p.beside, indexDocument)
				}
			}
			return p
		},
	}
}

// quoteInSteps is both versions.
func quoteInSteps(_ http.ResponseWriter, r *http.Request) {
	if r.FormValue("size") != "big" {
		return
	}
	for range steps {
		var all sync.WaitGroup
		for range parts {
			all.Go(readPart)
		}
		all.Wait()
	}
}

// readPart takes as long as a disk.
func readPart() { time.Sleep(time.Millisecond) }

// indexDocument computes until ctx ends. It does that itself: a site is the innermost function.
//
//go:noinline
func indexDocument(ctx context.Context) {
	h := uint64(14695981039346656037)
	for ctx.Err() == nil {
		for begin := time.Now(); time.Since(begin) < turn; {
			for i := range uint64(2000) { // FNV-1a, some microseconds between looks at the clock
				h = (h ^ (i & 0xff)) * 1099511628211
			}
		}
		runtime.Gosched()
	}
	runtime.KeepAlive(h)
}

package main

import (
	"context"
	"net/http"
	"runtime"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

const (
	// batches is how many goroutines version 2 computes with for each P. After ten milliseconds the
	// runtime lets the next one run.
	batches = 6

	// reportTakes is the computing that a report needs.
	reportTakes = 50 * time.Millisecond
)

func preemptCause() cause {
	return cause{
		name:      "preempt",
		doc:       "Version 2 runs a batch beside its requests: a report, 50 ms of computing, is stopped by the runtime every 10 ms and then waits for its next turn.",
		dimension: detectors.DimPreempted,
		site:      "runBatch",
		load:      mostlySmall(24),
		build: func(v version, _ *backend) *program {
			rounds := roundsFor(reportTakes)
			p := &program{handle: func(_ http.ResponseWriter, r *http.Request) {
				if r.FormValue("size") == "big" {
					computeReport(rounds)
				}
			}}
			if v == v2 {
				for range batches * runtime.GOMAXPROCS(0) {
					p.beside = append(p.beside, runBatch)
				}
			}
			return p
		},
	}
}

// computeReport is both versions. It goes by a count, and not by the clock: waiting gets no work done.
//
//go:noinline
func computeReport(rounds int) {
	h := uint64(14695981039346656037)
	for i := range rounds {
		h = (h ^ uint64(i&0xff)) * 1099511628211
	}
	runtime.KeepAlive(h)
}

// roundsFor measures how much this machine computes in a time. The fastest of some tries counts: what
// else the machine does made the others slower.
func roundsFor(d time.Duration) int {
	const sample = 1 << 20
	took := time.Hour
	for range 20 {
		begin := time.Now()
		computeReport(sample)
		took = min(took, time.Since(begin))
	}
	return int(sample * d / max(took, time.Microsecond))
}

// runBatch computes until ctx ends.
//
//go:noinline
func runBatch(ctx context.Context) {
	h := uint64(14695981039346656037)
	for ctx.Err() == nil {
		for i := range uint64(1 << 20) {
			h = (h ^ (i & 0xff)) * 1099511628211
		}
	}
	runtime.KeepAlive(h)
}

package main

import (
	"context"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

const (
	// shelves of shelfSize rows are the heap of both versions, for each P. The GC takes some 50 ms
	// of CPU to mark those of one P.
	shelves   = 256
	shelfSize = 10_000

	// gcPercent is how much may be allocated until it is marked again.
	gcPercent = 3

	// listing is how many rows a listing has. They come in pages.
	listing = 4 * page
	page    = 1 << 16
)

func gcassistCause() cause {
	return cause{
		name:      "gcassist",
		doc:       "Version 2 builds a listing in memory before it sends it, beside a large heap and with a low GOGC: the GC makes the request mark that heap.",
		dimension: detectors.DimAssist,
		site:      "buildPage",
		load: []lane{
			{"size=small", 10, 270 * time.Millisecond},
			{"size=big", 1, 900 * time.Millisecond}, // more often is too much: see makeThumbnails
		},
		build: func(v version, _ *backend) *program {
			a, before := newArchive(), debug.SetGCPercent(gcPercent)
			list := streamListing
			if v == v2 {
				list = buildListing
			}
			p := &program{
				handle: func(_ http.ResponseWriter, r *http.Request) {
					if r.URL.RawQuery == "size=big" { // it allocates nothing to look there
						list()
					}
				},
				free: func() {
					runtime.KeepAlive(a)
					debug.SetGCPercent(before)
				},
			}
			for range runtime.GOMAXPROCS(0) {
				p.beside = append(p.beside, makeThumbnails)
			}
			return p
		},
	}
}

// row is what the heap is made of: small, and linked.
type row struct {
	next *row
	key  uint64
}

// newArchive makes the heap: many lists, because one long one could not be marked in parallel.
func newArchive() []*row {
	before := debug.SetGCPercent(-1) // it would be marked again and again while it grows
	defer debug.SetGCPercent(before)
	procs := runtime.GOMAXPROCS(0)
	archive := make([]*row, shelves*procs)
	var built sync.WaitGroup
	for p := range procs {
		built.Go(func() {
			for i := p; i < len(archive); i += procs {
				for range shelfSize {
					archive[i] = &row{next: archive[i]}
				}
			}
		})
	}
	built.Wait()
	runtime.GC() // now, and not in the middle of what is compared
	return archive
}

// streamListing is version 1: it has one row at a time.
func streamListing() {
	var one [1]row
	for range listing {
		fill(one[:])
	}
}

// buildListing is version 2.
func buildListing() {
	var all [][]row
	for n := 0; n < listing; n += page {
		p := buildPage()
		fill(p)
		all = append(all, p)
	}
	runtime.KeepAlive(all)
}

// makeThumbnails is what both versions do with the rest of the CPU. Were most of what the program does
// the GC's work, the runtime would do away with assists after some seconds (runtime/mgclimit.go).
//
//go:noinline
func makeThumbnails(ctx context.Context) {
	h := uint64(14695981039346656037)
	for ctx.Err() == nil {
		for i := range uint64(1 << 20) { // FNV-1a, a millisecond
			h = (h ^ (i & 0xff)) * 1099511628211
		}
	}
	runtime.KeepAlive(h)
}

// buildPage allocates a megabyte at once, as one does who knows the number of rows: while the GC marks,
// that is charged in advance with marking thirty times as much.
//
//go:noinline
func buildPage() []row { return make([]row, page) }

//go:noinline
func fill(p []row) {
	for i := range p {
		p[i].key = uint64(i)
	}
}

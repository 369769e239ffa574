package shop

import (
	"context"
	"runtime/debug"
	"sync"
	"time"
)

// The heap has a quarter of a million records, which take some 50 ms of CPU time to mark, and the
// collector may let it grow by 4 %, much less than an import allocates. With a bigger heap assists
// would be longer, but collections too: each of these is shorter than a watcher's bucket of time, so
// that what a bucket has of assists depends on what was allocated in it.
const (
	shelves   = 256
	shelfSize = 1000
	gcPercent = 4
)

// An import is a pulse of allocation, over in half a second. In a long one the collector's pacer
// would learn the rate, begin earlier, and leave little to the assists.
const (
	importers    = 12
	batchSize    = 2048 // 128 KiB of records
	importPeriod = 1500 * time.Millisecond
)

func gcAssistSpec() spec {
	return spec{
		doc:     "Goroutines that allocate faster than a big heap can be marked are made to mark it themselves.",
		site:    sitePrefix + "retainRecords",
		prepare: prepareGCAssist,
	}
}

// record is what the heap is made of: small, linked, and pointing at something.
type record struct {
	next  *record
	value *[16]uint64
	key   uint64
	_     [5]uint64
}

// archive holds the heap.
type archive struct {
	shelves   []*record
	imported  [importers][]record // the last batch of each importer
	gcPercent int                 // what to restore
}

func prepareGCAssist() change {
	a := &archive{gcPercent: debug.SetGCPercent(-1)} // a collection would only delay the building
	for range shelves {
		a.shelves = append(a.shelves, newShelf())
	}
	debug.SetGCPercent(gcPercent)
	return change{run: a.importOften, release: a.release}
}

// newShelf allocates its records one by one. One list of all of them could not be marked in
// parallel, which is a fault of another kind.
func newShelf() *record {
	var head *record
	for range shelfSize {
		head = &record{next: head, value: new([16]uint64)}
	}
	return head
}

// importOften runs imports of 24 to 78 MB. They differ, so that there is a slope to be seen in how the
// assist time follows the allocation rate.
func (a *archive) importOften(ctx context.Context) {
	ticker := time.NewTicker(importPeriod)
	defer ticker.Stop()
	batches := []int{16, 40, 28, 52}
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.importOnce(batches[n%len(batches)])
		}
	}
}

func (a *archive) importOnce(batches int) {
	var wg sync.WaitGroup
	for i := range a.imported {
		wg.Go(func() {
			for range batches {
				a.imported[i] = retainRecords()
			}
		})
	}
	wg.Wait()
}

// retainRecords allocates a batch at once, as one does who knows the number of rows: while the
// collector marks, such an allocation is charged in advance with marking many times its size.
//
//go:noinline
func retainRecords() []record {
	batch := make([]record, batchSize)
	for i := 1; i < len(batch); i++ {
		batch[i].next = &batch[i-1]
		batch[i].key = decode(i)
	}
	return batch
}

// decode stands for the work of reading a row. Without it the collector would use most of the CPU
// time, and its limiter would do away with assists (runtime/mgclimit.go).
func decode(row int) uint64 {
	h := uint64(row)
	for i := range uint64(200) {
		h = (h ^ (i & 0xff)) * 1099511628211
	}
	return h
}

// release gives the memory back: the process may have more to do than this service.
func (a *archive) release() {
	*a = archive{gcPercent: a.gcPercent}
	debug.SetGCPercent(a.gcPercent)
	debug.FreeOSMemory()
}

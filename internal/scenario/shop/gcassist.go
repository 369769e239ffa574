package shop

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// For each P the heap has an eighth of a million records, which take some 25 ms of CPU time to mark: the
// collector uses a quarter of the Ps, so that it takes as long on any number of them. The
// collector may let it grow by 4 %, much less than an import allocates. With a bigger heap assists
// would be longer, but collections too: each of these is shorter than a watcher's bucket of time, so
// that what a bucket has of assists depends on what was allocated in it.
const (
	mildShelves   = 128 // for each P
	severeShelves = 256
	shelfSize     = 1000
	gcPercent     = 4
)

// An import is a pulse of allocation, over in half a second. In a long one the collector's pacer
// would learn the rate, begin earlier, and leave little to the assists.
const (
	importers    = 6    // for each P
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
	imported  [][]record // the last batch of each importer
	gcPercent int        // what to restore
}

func prepareGCAssist(strength scenario.Strength) change {
	procs := runtime.GOMAXPROCS(0)
	shelves := mildShelves * procs
	if strength == scenario.Severe {
		shelves = severeShelves * procs
	}
	a := &archive{
		imported:  make([][]record, importers*procs),
		gcPercent: debug.SetGCPercent(-1), // a collection would only delay the building
	}
	a.shelves = make([]*record, shelves)
	var built sync.WaitGroup
	for p := range procs {
		built.Go(func() {
			for i := p; i < shelves; i += procs {
				a.shelves[i] = newShelf()
			}
		})
	}
	built.Wait()
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

// importOften runs imports of 12 to 39 MB for each P. They differ, so that there is a slope to be seen in how the
// assist time follows the allocation rate.
func (a *archive) importOften(ctx context.Context) {
	batches := []int{16, 40, 28, 52}
	n := 0
	scenario.Every(ctx, importPeriod, func() {
		a.importOnce(batches[n%len(batches)])
		n++
	})
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

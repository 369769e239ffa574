package leakshapes

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unique"
	"weak"
)

// Three things of the process follow, each with goroutines that whoever comes first starts. They
// serve every later caller and are nobody's leak, though they stay for ever.

// audit is a log that one goroutine writes.
var audit struct {
	start   sync.Once
	entries chan string
	written atomic.Int64
}

func auditOnce(entry string) {
	audit.start.Do(func() {
		audit.entries = make(chan string)
		go writeAudit()
	})
	audit.entries <- entry
}

func writeAudit() {
	for range audit.entries {
		audit.written.Add(1)
	}
}

// startClock starts the clock that coarseNow reads.
var startClock = sync.OnceFunc(func() {
	coarseNow.Store(time.Now().UnixNano())
	go tickClock()
})

var coarseNow atomic.Int64

func tickClock() {
	for now := range time.Tick(50 * time.Millisecond) {
		coarseNow.Store(now.UnixNano())
	}
}

// processWorkers is a pool of workers that serve the whole process.
var processWorkers = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	for range 4 {
		go serveProcess(jobs)
	}
	return jobs
})

func serveProcess(jobs <-chan func()) {
	for job := range jobs {
		job()
	}
}

func processWideOnce() Shape {
	return Shape{
		Name: "process-wide-once",
		Doc:  "The first caller starts a goroutine that writes the process's log for ever.",
		Run: func(t testing.TB) {
			auditOnce("one")
			auditOnce("two")
			if audit.written.Load() == 0 {
				t.Fatal("nothing written")
			}
		},
	}
}

func processWideOnceFunc() Shape {
	return Shape{
		Name: "process-wide-once-func",
		Doc:  "The first caller starts a clock that ticks for the whole process.",
		Run: func(t testing.TB) {
			startClock()
			if coarseNow.Load() == 0 {
				t.Fatal("no time")
			}
		},
	}
}

func processWideOnceValue() Shape {
	return Shape{
		Name: "process-wide-once-value",
		Doc:  "The first caller starts a pool of four workers that waits for all tests' jobs.",
		Run: func(t testing.TB) {
			var done sync.WaitGroup
			for range 20 {
				done.Add(1)
				processWorkers() <- done.Done
			}
			done.Wait()
		},
	}
}

func processWideFromWorkers() Shape {
	return Shape{
		Name: "process-wide-from-workers",
		Doc:  "Several goroutines of a test use the process's things at once, and one of them starts what stays.",
		Run: func(t testing.TB) {
			var callers, done sync.WaitGroup
			for range 8 {
				done.Add(1)
				callers.Go(func() {
					startClock()
					auditOnce("called")
					processWorkers() <- done.Done
				})
			}
			callers.Wait()
			done.Wait()
		},
	}
}

func finalizers() Shape {
	return Shape{
		Name: "finalizers",
		Doc:  "The first finalizer of a process starts the runtime's goroutine for them, which stays.",
		Run: func(t testing.TB) {
			freed := make(chan bool, 1)
			setFinalizer(freed)
			awaitCollected(t, freed)
		},
	}
}

// setFinalizer is a function of its own, so that the stack holds the object no longer.
//
//go:noinline
func setFinalizer(freed chan<- bool) {
	runtime.SetFinalizer(&[64]byte{}, func(*[64]byte) { freed <- true })
}

func runtimeCleanups() Shape {
	return Shape{
		Name: "runtime-cleanups",
		Doc:  "A cleanup of the collector starts a goroutine, from one of the runtime's that stays.",
		Run: func(t testing.TB) {
			freed := make(chan bool, 1)
			addCleanup(freed)
			awaitCollected(t, freed)
		},
	}
}

//go:noinline
func addCleanup(freed chan<- bool) {
	runtime.AddCleanup(&[64]byte{}, func(freed chan<- bool) {
		go func() {
			freed <- true
			time.Sleep(20 * time.Millisecond)
		}()
	}, freed)
}

func awaitCollected(t testing.TB, freed <-chan bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		runtime.GC()
		select {
		case <-freed:
			return
		case <-deadline:
			t.Fatal("the collector did not free it")
		case <-time.After(time.Millisecond):
		}
	}
}

func uniqueAndWeak() Shape {
	return Shape{
		Name: "unique-and-weak",
		Doc:  "Package unique registers with the collector at its first handle, and the runtime cleans up after it.",
		Run: func(t testing.TB) {
			h := unique.Make(strings.Clone("a string nobody else has"))
			p := weak.Make(&[64]byte{})
			for range 3 {
				runtime.GC()
			}
			if p.Value() != nil {
				t.Log("the weak pointer's object is still there")
			}
			if h.Value() != "a string nobody else has" {
				t.Fatal(h.Value())
			}
		},
	}
}

func syncPoolAndCollections() Shape {
	return Shape{
		Name: "sync-pool-and-collections",
		Doc:  "Five collections run, with the runtime's mark workers, while goroutines take from a pool.",
		Run: func(testing.TB) {
			buffers := sync.Pool{New: func() any { return new([1 << 10]byte) }}
			var users sync.WaitGroup
			for range 10 {
				users.Go(func() {
					for range 100 {
						buffers.Put(buffers.Get())
					}
				})
			}
			for range 5 {
				runtime.GC()
			}
			users.Wait()
		},
	}
}

package shop

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// The report takes longer than its caller waits, so every request for such a report leaks. A mild
// fault has one request in five ask for one.
const (
	reportTime    = 20 * time.Millisecond
	reportTimeout = 5 * time.Millisecond
	mildLeak      = 5
)

func leakSpec() spec {
	return spec{
		doc:     "A goroutine blocks for ever sending a report to a caller that has timed out: up to 30 a second stay.",
		site:    sitePrefix + "startReport",
		prepare: prepareLeak,
	}
}

func prepareLeak(strength scenario.Strength) change {
	f := &forgotten{every: 1}
	if strength == scenario.Mild {
		f.every = mildLeak
	}
	return change{report: f.serve, release: f.release}
}

// forgotten is the leaking report handler. It remembers the channels nobody receives from, for
// release alone: the leak is real until then.
type forgotten struct {
	every    int64 // one request in so many leaks
	requests atomic.Int64

	mu       sync.Mutex
	channels []<-chan string
	running  sync.WaitGroup
}

// serve has the healthy handler answer those that do not leak.
func (f *forgotten) serve(w http.ResponseWriter, r *http.Request) {
	if f.requests.Add(1)%f.every != 0 {
		reportHandler(w, r)
		return
	}
	f.report(w, r)
}

func (f *forgotten) report(w http.ResponseWriter, r *http.Request) {
	done := startReport(&f.running)
	select {
	case rep := <-done:
		io.WriteString(w, rep)
	case <-time.After(reportTimeout):
		f.mu.Lock()
		f.channels = append(f.channels, done)
		f.mu.Unlock()
		http.Error(w, "report timed out", http.StatusServiceUnavailable)
	}
}

// startReport gathers a report in a goroutine. The channel has no room for it: a goroutine whose
// caller has left never ends.
//
//go:noinline
func startReport(running *sync.WaitGroup) <-chan string {
	done := make(chan string)
	running.Add(1)
	go func() {
		defer running.Done()
		time.Sleep(reportTime)
		done <- "report"
	}()
	return done
}

func (f *forgotten) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.channels {
		<-c
	}
	f.channels = nil
	f.running.Wait()
}

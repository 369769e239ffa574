package browser

import (
	"net/http"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// meter sums up the processor time that a handler takes.
type meter struct{ used, calls atomic.Int64 }

const rusageThread = 1 // RUSAGE_THREAD of Linux

// around measures by the thread that the handler runs on meanwhile. What the handler lets other goroutines do is
// not seen: that is a report, an anomaly's trace and the like, which are no part of a page that is only open.
func (m *meter) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := threadTime()
		defer func() { m.used.Add(int64(threadTime() - before)); m.calls.Add(1) }()
		h.ServeHTTP(w, r)
	})
}

func threadTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(rusageThread, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// hostWeight is what the process that serves the page has.
type hostWeight struct {
	goroutines int // the fewest of two seconds, so that bursts of the service do not count
	heap       uint64
}

func weighHost(t *testing.T) hostWeight {
	t.Helper()
	least := runtime.NumGoroutine()
	end := time.After(2 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-tick.C:
			least = min(least, runtime.NumGoroutine())
			continue
		case <-end:
		case <-t.Context().Done():
			require.NoError(t, t.Context().Err())
		}
		tick.Stop()
		break
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return hostWeight{least, m.HeapAlloc}
}

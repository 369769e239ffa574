package tracewatchhttp

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A page that nobody looks at any more holds none of the service's memory.
func TestForgets(t *testing.T) {
	held := func(h *handler) (report bool, cells int) {
		h.reports.mu.Lock()
		defer h.reports.mu.Unlock()
		h.cells.mu.Lock()
		defer h.cells.mu.Unlock()
		return h.reports.doc != nil, len(h.cells.all)
	}
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		slowReports(src, time.Second) // it is the answer for 50 s
		h := newHandler(src, nil)
		for range 2 { // what was forgotten is made again, and forgotten again
			require.Equal(t, http.StatusOK, fetch(h, "/report.json").Code)
			report, _ := held(h)
			require.True(t, report)
			time.Sleep(50*time.Second + limits.PageKeep - time.Second)
			report, _ = held(h)
			require.True(t, report)
			time.Sleep(2 * time.Second)
			report, _ = held(h)
			require.False(t, report)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(newFake(1), nil)
		for range 2 {
			for i := range 3 {
				h.cells.put(cellKey{proc: 1, to: 10}, &document{})
				h.cells.put(cellKey{proc: 2, to: 10}, &document{})
				require.NotNil(t, h.cells.get(cellKey{proc: 1, to: 10}), i)
			}
			time.Sleep(limits.PageKeep / 2)
			require.NotNil(t, h.cells.get(cellKey{proc: 1, to: 10}))
			time.Sleep(limits.PageKeep/2 + time.Second)
			require.Nil(t, h.cells.get(cellKey{proc: 2, to: 10}))
			_, cells := held(h)
			require.Equal(t, 1, cells)
			time.Sleep(limits.PageKeep/2 + time.Second)
			_, cells = held(h)
			require.Zero(t, cells)
		}
	})
}

// A report that is made anew in time is kept for that one's time.
func TestForgetsNoNewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		slowReports(src, time.Second)
		h := newHandler(src, nil)
		for range 5 {
			require.Equal(t, http.StatusOK, fetch(h, "/report.json").Code)
			time.Sleep(50*time.Second + limits.PageKeep/2)
			h.reports.mu.Lock()
			require.NotNil(t, h.reports.doc)
			h.reports.mu.Unlock()
		}
	})
}

package tracewatchhttp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// slowReports lets a report take so long, and counts.
func slowReports(src *fake, took time.Duration) (begun, ended *atomic.Int64) {
	begun, ended = new(atomic.Int64), new(atomic.Int64)
	src.rec.report = func(ctx context.Context) (*tracewatch.Report, error) {
		n := begun.Add(1)
		defer ended.Add(1)
		select {
		case <-time.After(took):
			return &tracewatch.Report{Undivided: uint64(n)}, nil
		case <-ctx.Done():
			return nil, fmt.Errorf("tracewatch: %w", ctx.Err())
		}
	}
	return begun, ended
}

func leaving(ctx context.Context) func(*http.Request) {
	return func(r *http.Request) { *r = *r.WithContext(ctx) }
}

// However many ask, one report is made, and no other before the time it took a hundred times.
func TestReportIsMadeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		begun, _ := slowReports(src, time.Second)
		h := newHandler(src, nil)
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				got := decode[Recent](t, fetch(h, "/report.json"))
				require.EqualValues(t, 1, got.Of.Undivided)
				require.Equal(t, time.Second, got.Took)
				require.Equal(t, 50*time.Second, got.Again.Sub(got.Made))
				require.WithinDuration(t, time.Now(), got.Made, 0)
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, begun.Load())

		time.Sleep(49 * time.Second)
		require.EqualValues(t, 1, decode[Recent](t, fetch(h, "/report.json")).Of.Undivided)
		time.Sleep(time.Second)
		require.EqualValues(t, 2, decode[Recent](t, fetch(h, "/report.json")).Of.Undivided)
	})
}

// A report that takes no time is kept for a while all the same.
func TestQuickReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		begun, _ := slowReports(src, 0)
		h := newHandler(src, nil)
		for range 100 {
			require.Equal(t, http.StatusOK, fetch(h, "/report.json").Code)
			time.Sleep(500 * time.Millisecond)
		}
		require.EqualValues(t, 10, begun.Load())
	})
}

// Whoever asked first may go: others wait for it. When all have gone it ends.
func TestReportNobodyWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		begun, ended := slowReports(src, 10*time.Second)
		h := newHandler(src, nil)
		first, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { fetch(h, "/report.json", leaving(first)) })
		synctest.Wait()
		wg.Go(func() { require.EqualValues(t, 1, decode[Recent](t, fetch(h, "/report.json")).Of.Undivided) })
		time.Sleep(time.Second)
		leave()
		wg.Wait()
		require.EqualValues(t, 1, begun.Load())
		time.Sleep(10 * time.Minute) // the report rests, and is kept

		// Both go.
		first, leave = context.WithCancel(t.Context())
		for range 2 {
			wg.Go(func() { require.NotEqual(t, http.StatusOK, fetch(h, "/report.json", leaving(first)).Code) })
		}
		time.Sleep(2 * time.Second)
		leave()
		wg.Wait()
		synctest.Wait()
		require.EqualValues(t, 2, begun.Load())
		require.EqualValues(t, 2, ended.Load())
		// What there was is the answer until twenty seconds have passed, then another is made.
		require.EqualValues(t, 1, decode[Recent](t, fetch(h, "/report.json")).Of.Undivided)
		time.Sleep(20 * time.Second)
		require.EqualValues(t, 3, decode[Recent](t, fetch(h, "/report.json")).Of.Undivided)
	})
}

// Somebody who reloads the page while the first report is made is told when to come again.
func TestReportGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		begun, _ := slowReports(src, time.Second)
		h := newHandler(src, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		fetch(h, "/report.json", leaving(ctx))
		synctest.Wait()
		w := fetch(h, "/report.json")
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Equal(t, "3", w.Header().Get("Retry-After"))
		require.Contains(t, told(t, w), "given up")
		time.Sleep(3 * time.Second)
		require.Equal(t, http.StatusOK, fetch(h, "/report.json").Code)
		require.EqualValues(t, 2, begun.Load())
	})
}

// Who comes right after the last one has gone, while the work has not ended, gets a report of his own.
func TestReportAfterOneThatIsEnding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		stubborn := make(chan struct{})
		var begun atomic.Int64
		src.rec.report = func(ctx context.Context) (*tracewatch.Report, error) {
			if begun.Add(1) == 1 {
				<-stubborn // it does not look at its context for long
				return nil, ctx.Err()
			}
			return &tracewatch.Report{}, nil
		}
		h := newHandler(src, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { fetch(h, "/report.json", leaving(ctx)) })
		synctest.Wait()
		cancel()
		wg.Wait()
		wg.Go(func() { require.Equal(t, http.StatusOK, fetch(h, "/report.json").Code) })
		synctest.Wait()
		require.EqualValues(t, 1, begun.Load(), "one at a time")
		close(stubborn)
		wg.Wait()
	})
}

func TestReportFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		h := newHandler(src, nil)
		calls := 0
		for _, f := range []func() (*tracewatch.Report, error){
			func() (*tracewatch.Report, error) { panic("secret") },
			func() (*tracewatch.Report, error) { return nil, errors.New("secret") },
		} {
			src.rec.report = func(context.Context) (*tracewatch.Report, error) { calls++; return f() }
			time.Sleep(time.Hour)
			calls = 0
			for range 10 { // it is not tried again at once
				w := fetch(h, "/report.json")
				require.Equal(t, http.StatusInternalServerError, w.Code)
				require.NotContains(t, told(t, w), "secret")
			}
			require.Equal(t, 1, calls)
		}

		// One that does not end is stopped.
		_, ended := slowReports(src, time.Hour)
		time.Sleep(time.Hour)
		before := time.Now()
		w := fetch(h, "/report.json")
		require.Equal(t, http.StatusServiceUnavailable, w.Code)
		require.Contains(t, told(t, w), "too long")
		require.Equal(t, time.Minute, time.Since(before))
		require.EqualValues(t, 1, ended.Load())
		time.Sleep(2 * time.Hour)

		h.bounds.report = 160 << 10
		// The heat maps are left to live.json.
		src.rec.report = func(context.Context) (*tracewatch.Report, error) {
			return &tracewatch.Report{HeatLeft: 39, Heat: []tracewatch.HeatStrip{{Cells: []tracewatch.Levels{make(tracewatch.Levels, 130<<10)}}}}, nil
		}
		got := decode[Recent](t, fetch(h, "/report.json"))
		require.Empty(t, got.Of.Heat)
		require.Equal(t, 40, got.Of.HeatLeft)
		time.Sleep(time.Hour)
		src.rec.report = func(context.Context) (*tracewatch.Report, error) {
			return &tracewatch.Report{Places: []tracewatch.Place{{Site: detectors.Site{Func: strings.Repeat("x", 170<<10)}}}}, nil
		}
		require.Contains(t, told(t, fetch(h, "/report.json")), "at most 163840")
	})
}

// Cells are made one at a time, and the last ones are kept.
func TestCells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		made, at, most := 0, 0, 0
		var mu sync.Mutex
		src.rec.cell = func() (*tracewatch.Cell, error) {
			mu.Lock()
			made++
			at++
			most = max(most, at)
			mu.Unlock()
			time.Sleep(50 * time.Millisecond)
			mu.Lock()
			at--
			mu.Unlock()
			return &tracewatch.Cell{}, nil
		}
		h := newHandler(src, nil)
		cell := func(n int) *httptest.ResponseRecorder {
			return fetch(h, fmt.Sprintf("/cell.json?proc=%d&from=571000000000&to=572000000000", n))
		}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() { require.Equal(t, http.StatusOK, cell(i%4).Code) })
		}
		wg.Wait()
		require.Equal(t, 4, made, "who asked for the same waited")
		require.Equal(t, 1, most)

		time.Sleep(5 * time.Minute) // those four are kept
		made = 0
		for i := range 36 {
			require.Equal(t, http.StatusOK, cell(i).Code)
			time.Sleep(2 * time.Second)
		}
		require.Equal(t, 32, made)
		for i := range 32 {
			require.Equal(t, http.StatusOK, cell(35-i).Code)
		}
		require.Equal(t, 32, made, "they are kept")
		require.Len(t, h.cells.all, 32)
		require.Equal(t, http.StatusOK, cell(3).Code)
		require.Equal(t, 33, made)

		// Of what has not ended in memory there will be more.
		for range 2 {
			require.Equal(t, http.StatusOK, fetch(h, "/cell.json?proc=1&from=599000000000&to=601000000000").Code)
		}
		require.Equal(t, 35, made)

		// So many in a minute, and those that are kept cost nothing.
		time.Sleep(time.Hour)
		made = 0
		for i := range 40 {
			w := cell(100 + i)
			if w.Code != http.StatusOK {
				require.Equal(t, http.StatusTooManyRequests, w.Code)
				require.Equal(t, "1", w.Header().Get("Retry-After"))
				break
			}
		}
		require.GreaterOrEqual(t, made, 20)
		require.Less(t, made, 25)
		require.Equal(t, http.StatusOK, cell(100).Code)
	})
}

// Traces cost the runtime something, and memory while they are sent.
func TestDownloadsAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newFake(1)
		h := newHandler(src, nil)
		served := 0
		for range 120 { // a minute
			w := fetch(h, "/trace")
			switch w.Code {
			case http.StatusOK:
				served++
			case http.StatusTooManyRequests:
				require.Regexp(t, `^[12]$`, w.Header().Get("Retry-After"))
			default:
				t.Fatal(w.Code)
			}
			time.Sleep(500 * time.Millisecond)
		}
		require.Equal(t, 39, served)
		require.Equal(t, served, src.asked)

		time.Sleep(time.Hour)
		var wg sync.WaitGroup
		for range 2 {
			require.NoError(t, h.downloads.enter(t.Context()))
		}
		wg.Go(func() {
			w := fetch(h, "/profile?kind=sched")
			require.Equal(t, http.StatusServiceUnavailable, w.Code)
			require.Equal(t, "1", w.Header().Get("Retry-After"))
		})
		wg.Wait()
	})
}

// Who waits for an analysis that does not end is told to come again.
func TestAnalysesWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHandler(newFake(1), nil)
		require.NoError(t, h.analyses.enter(t.Context()))
		before := time.Now()
		var wg sync.WaitGroup
		var busy atomic.Int64
		for i := range 12 {
			wg.Go(func() {
				w := fetch(h, fmt.Sprintf("/cell.json?proc=%d&from=571000000000&to=572000000000", i))
				require.Equal(t, http.StatusServiceUnavailable, w.Code)
				require.NotEmpty(t, w.Header().Get("Retry-After"))
				if time.Since(before) < time.Second {
					busy.Add(1)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 4, busy.Load(), "eight may wait")
		require.Equal(t, 30*time.Second, time.Since(before))
		h.analyses.leave()
		require.Equal(t, http.StatusOK, fetch(h, "/cell.json?proc=1&from=571000000000&to=572000000000").Code)
	})
}

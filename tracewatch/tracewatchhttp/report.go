package tracewatchhttp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// reports is the report that was made last, and the one that is being made.
type reports struct {
	mu    sync.Mutex
	doc   *document   // nil: none
	err   error       // what came of the last instead
	again time.Time   // until then that is the answer
	run   *run        // nil: none is being made
	lapse *time.Timer // of doc; nil: there was none yet
}

// run is the making of a report, on a goroutine that lasts as long as somebody waits for it.
type run struct {
	cancel context.CancelFunc
	askers int
	done   chan struct{} // closed when doc and err are set
	doc    *document
	err    error
}

func (h *handler) serveReport(x *exchange) error {
	if err := h.docRate.take(); err != nil {
		return err
	}
	doc, err := h.report(x.r.Context())
	if err != nil {
		return err
	}
	if err := h.documents.enter(x.r.Context()); err != nil {
		return err
	}
	defer h.documents.leave()
	return x.json(doc)
}

// report returns the report that was made last, or waits for a new one if it is time for that.
func (h *handler) report(ctx context.Context) (*document, error) {
	c := &h.reports
	c.mu.Lock()
	if wait := time.Until(c.again); wait > 0 {
		defer c.mu.Unlock()
		if c.doc == nil && c.err == nil {
			return nil, &problem{status: http.StatusServiceUnavailable, retry: wait, text: "the last report was given up because nobody waited for it; come again when Retry-After says"}
		}
		return c.doc, c.err
	}
	r := c.run
	if r == nil {
		// Its context is nobody's: who asked first may go away before others do.
		work, cancel := context.WithCancel(context.Background())
		r = &run{cancel: cancel, done: make(chan struct{})}
		c.run = r
		go h.makeReport(work, r)
	}
	r.askers++
	c.mu.Unlock()

	select {
	case <-r.done:
		return r.doc, r.err
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.askers--; r.askers == 0 {
		r.cancel()
		if c.run == r {
			c.run = nil // who asks now does not get what was given up
		}
	}
	return nil, ctx.Err()
}

// makeReport makes a report and says when there may be another.
func (h *handler) makeReport(ctx context.Context, r *run) {
	defer r.cancel()
	var took time.Duration
	err := h.analyses.enter(ctx)
	if err == nil {
		begun := time.Now()
		r.doc, err = h.newReport(ctx, begun)
		took = time.Since(begun)
		h.analyses.leave()
	}
	r.err = err

	c := &h.reports
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(r, took)
	close(r.done)
}

// settle keeps what came of a run that took so long.
func (c *reports) settle(r *run, took time.Duration) {
	now := time.Now()
	if c.run == r {
		c.run = nil
	}
	switch {
	case r.err == nil:
		c.doc, c.err = r.doc, nil
		c.again = now.Add(max(limits.PageReportPause, limits.PageReportShare*took))
		c.keep()
	case errors.Is(r.err, context.Canceled):
		if again := now.Add(limits.PageGivenUpShare * took); again.After(c.again) {
			c.again = again
		}
	case errors.Is(r.err, errBusy), errors.Is(r.err, tracewatch.ErrNoTrace), errors.Is(r.err, tracewatch.ErrStopped):
		// That cost nothing.
	default:
		c.doc, c.err = nil, r.err
		c.again = now.Add(max(limits.PageReportPause, limits.PageReportShare*took))
	}
}

// keep has the report forgotten when it has not been the answer for a while. c is locked.
func (c *reports) keep() {
	left := time.Until(c.again) + limits.PageKeep
	if c.lapse == nil {
		c.lapse = time.AfterFunc(left, c.forget)
		return
	}
	c.lapse.Reset(left)
}

// forget drops the report, or comes again if it became the answer once more.
func (c *reports) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.again) < limits.PageKeep {
		c.keep()
		return
	}
	c.doc = nil
}

// newReport makes a report. A panic in it is an error.
func (h *handler) newReport(ctx context.Context, begun time.Time) (doc *document, err error) {
	defer func() {
		if v := recover(); v != nil {
			h.say("a bug in tracewatch, please report it", slog.Any("panic", v), slog.String("stack", stack()))
			doc, err = nil, errBug
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, h.bounds.work)
	defer cancel()
	rec, err := h.src.recording(limits.PageAge)
	if err != nil {
		return nil, err
	}
	report, err := rec.Report(ctx, tracewatch.WithPlaces())
	if err != nil {
		return nil, err
	}
	took := time.Since(begun)
	report.Heat, report.HeatLeft = nil, report.HeatLeft+len(report.Heat) // live.json has it, of ten minutes
	again := begun.Add(took + max(limits.PageReportPause, limits.PageReportShare*took))
	if doc, err = encode(Recent{Made: begun.Add(took), Again: again, Took: took, Of: report}); err != nil {
		return nil, err
	}
	if n := len(doc.plain); n > h.bounds.report {
		return nil, problemf(http.StatusInternalServerError, "the report has %d bytes, at most %d are sent; download the trace and read it with tracewatch.Analyze", n, h.bounds.report)
	}
	h.zip(doc)
	return doc, nil
}

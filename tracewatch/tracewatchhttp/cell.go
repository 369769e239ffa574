package tracewatchhttp

import (
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// cellKey is which cell.
type cellKey struct {
	proc     detectors.ProcID
	from, to detectors.Time
}

// cells keeps the cells that were asked for last.
type cells struct {
	mu    sync.Mutex
	all   []keptCell  // the one asked for last comes last
	lapse *time.Timer // nil: none is kept
}

type keptCell struct {
	key   cellKey
	doc   *document
	asked time.Time
}

// get returns a cell if it is kept, else nil.
func (c *cells) get(key cellKey) *document {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.all, func(k keptCell) bool { return k.key == key })
	if i < 0 {
		return nil
	}
	k := c.all[i]
	k.asked = time.Now()
	c.all = append(slices.Delete(c.all, i, i+1), k)
	return k.doc
}

// put keeps a cell.
func (c *cells) put(key cellKey, doc *document) {
	if len(doc.plain)+len(doc.zipped) > limits.PageCellBytes {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = slices.DeleteFunc(c.all, func(k keptCell) bool { return k.key == key })
	if len(c.all) == limits.PageCells {
		c.all = slices.Delete(c.all, 0, 1)
	}
	c.all = append(c.all, keptCell{key, doc, time.Now()})
	if c.lapse == nil {
		c.lapse = time.AfterFunc(limits.PageKeep, c.forget)
	}
}

// forget drops the cells that nobody has asked for lately, and comes again as long as there are others.
func (c *cells) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = slices.DeleteFunc(c.all, func(k keptCell) bool { return time.Since(k.asked) >= limits.PageKeep })
	if len(c.all) == 0 {
		c.lapse = nil
		return
	}
	c.lapse.Reset(limits.PageKeep - time.Since(c.all[0].asked))
}

func (h *handler) serveCell(x *exchange) error {
	proc, err := x.query.needed("proc", "a P's number", 0, limits.Procs-1)
	if err != nil {
		return err
	}
	from, to, err := x.query.moments()
	if err != nil {
		return err
	}
	if to-from > int64(limits.PageCellSpan) {
		return problemf(http.StatusBadRequest, "from and to are %v apart; at most %v", time.Duration(to-from), limits.PageCellSpan)
	}
	key := cellKey{detectors.ProcID(proc), detectors.Time(from), detectors.Time(to)}
	doc := h.cells.get(key)
	if doc == nil {
		if doc, err = h.cell(x.r.Context(), key); err != nil {
			return err
		}
	}
	return x.json(doc)
}

// cell makes a cell.
func (h *handler) cell(ctx context.Context, key cellKey) (*document, error) {
	rec, err := h.src.recording(math.MaxInt64) // who asks has seen the cell, so that it was analysed
	if err != nil {
		return nil, err
	}
	begin, end := rec.Span()
	switch {
	case key.from < begin:
		return nil, problemf(http.StatusGone, "that time is not in memory any more: what is begins at %d", begin)
	case key.from >= end:
		return nil, &problem{status: http.StatusServiceUnavailable, retry: time.Second, text: "that time is not in memory yet; come again"}
	}
	if err := h.cellRate.take(); err != nil { // what cannot be answered costs nothing
		return nil, err
	}
	var doc *document
	err = h.analyse(ctx, func(ctx context.Context) error {
		if doc = h.cells.get(key); doc != nil {
			return nil // somebody else asked for it just before
		}
		cell, err := rec.Cell(ctx, key.proc, key.from, key.to)
		if err != nil {
			return err
		}
		if doc, err = encode(cell); err != nil {
			return err
		}
		h.zip(doc)
		if key.to <= end { // else there is more of it later
			h.cells.put(key, doc)
		}
		return nil
	})
	return doc, err
}

package tracewatchhttp

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// thisProgram returns what is watched.
func thisProgram() Program {
	name := os.Args[0]
	if exe, err := os.Executable(); err == nil {
		name = exe
	}
	return Program{Name: strings.TrimSuffix(filepath.Base(name), ".exe"), PID: os.Getpid(), Go: runtime.Version()}
}

func (h *handler) serveLive(x *exchange) error {
	after, err := x.query.whole("after", 0, 0, math.MaxInt64)
	if err != nil {
		return err
	}
	if err := h.docRate.take(); err != nil {
		return err
	}
	if err := h.documents.enter(x.r.Context()); err != nil {
		return err
	}
	defer h.documents.leave()
	doc, err := encode(h.live(uint64(after)))
	if err != nil {
		return err
	}
	return x.json(doc)
}

// live returns what changed since a strip.
func (h *handler) live(after uint64) *Live {
	live := &Live{Program: h.program, Now: time.Now(), Verdicts: orEmpty(h.src.Verdicts()), Stats: h.src.Stats(), Health: h.src.Health()}
	live.Strips, live.More = fit(h.src.Heat(after, limits.PageStrips+1))
	if all := h.src.Anomalies(); len(all) > 0 {
		live.Newest = all[len(all)-1].Number
	}
	return live
}

// fit returns those of the strips that fit into one answer, one at least, and if that leaves out any.
func fit(strips []tracewatch.HeatStrip) (some []tracewatch.HeatStrip, more bool) {
	bytes := 0
	for i := range strips {
		for _, rows := range [][]tracewatch.Levels{strips[i].Cells, strips[i].Waits} {
			for _, levels := range rows {
				bytes += len(levels)*4/3 + len(`"",`) // base64
			}
		}
		if i == limits.PageStrips || i > 0 && bytes > limits.PageStripBytes {
			return strips[:i], true
		}
	}
	return orEmpty(strips), false
}

func (h *handler) serveAnomalies(x *exchange) error {
	if err := h.docRate.take(); err != nil {
		return err
	}
	if err := h.documents.enter(x.r.Context()); err != nil {
		return err
	}
	defer h.documents.leave()
	all := orEmpty(slices.Clone(h.src.Anomalies()))
	slices.Reverse(all)
	for i, a := range all {
		all[i] = a.Brief()
	}
	doc, err := encode(Anomalies{all})
	if err != nil {
		return err
	}
	return x.json(doc)
}

// orEmpty makes an empty list of none, which is null in JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

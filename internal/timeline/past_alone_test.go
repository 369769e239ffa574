package timeline

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// TestKeepAlone: a past that begins in the middle of a trace is the one of all of it, since then. What a
// goroutine was in by then may have begun at any time before.
func TestKeepAlone(t *testing.T) {
	traces := make(map[string][]byte)
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		traces[tr.String()] = data
	}
	for seed := range uint64(3) {
		for _, v := range versions {
			traces[fmt.Sprintf("service go1.%d %d", v, seed)] = tracegen.Service(seed, tracegen.Shape{Version: v, Events: 20_000, Threads: 8, Procs: 4})
		}
	}
	kept := 0
	for name, data := range traces {
		start, end := spanOf(t, data)
		for part := range detectors.Time(4) {
			from := start + (end-start)*part/4
			all := staysSince(t, data, from, func(tl *Timeline, p *Past) { tl.Keep(p) })
			late := staysSince(t, data, from, func(tl *Timeline, p *Past) { tl.KeepAlone(p) })
			require.Equal(t, all, late, "%s since %d", name, from)
			kept += len(late)
		}
	}
	require.Greater(t, kept, 100_000)
}

// spanOf returns the time that a trace covers.
func spanOf(t *testing.T, data []byte) (start, end detectors.Time) {
	t.Helper()
	tl := New(detectors.NewCode(), nil)
	for i, g := range generationsOf(t, data) {
		w, err := tl.Feed(g)
		require.NoError(t, err)
		if i == 0 {
			start = w.Start
		}
		end = w.End
	}
	return start, end
}

// staysSince reads a trace and returns the stays that ended after a moment, each with who ended it, and
// when Ps became idle or did not stay so.
func staysSince(t *testing.T, data []byte, from detectors.Time, keep func(*Timeline, *Past)) (all []string) {
	t.Helper()
	p := NewPast(limits.PastStays)
	p.From = from
	code := detectors.NewCode()
	tl := New(code, nil)
	keep(tl, p)
	for _, g := range generationsOf(t, data) {
		_, err := tl.Feed(g)
		require.NoError(t, err)
	}
	tl.KeepOpen(tl.last)
	require.LessOrEqual(t, p.Horizon(), max(from, p.start))
	for _, s := range p.Since(from) {
		prev := p.At(s.Prev)
		if s.End <= from || prev == nil {
			continue // none of its own, or the first: it only says since when
		}
		by := "nobody"
		switch link := p.At(s.Link); {
		case s.Link == Open:
			by = "open"
		case link != nil:
			by = fmt.Sprint("goroutine ", link.G)
		}
		begun := "before"
		if prev.End > from {
			begun = fmt.Sprint(prev.End)
		}
		all = append(all, fmt.Sprint(s.G, begun, s.End, s.State, s.Reason, s.Stack != 0, s.Assist, by, code.SiteOf(s.Stack) != 0))
	}
	for _, c := range p.Procs {
		if c.At > from {
			all = append(all, fmt.Sprint("P", c.Proc, c.At, c.Idle))
		}
	}
	slices.Sort(all)
	return all
}

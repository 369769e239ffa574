package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

func TestGoroutine(t *testing.T) {
	file := annotated(t, "1.26")
	o := start(nil, file, "-goroutine", "1")
	require.Equal(t, statusFine, o.status, o.errors)
	for _, part := range []string{"nothing found", "── goroutine 1, ", "it was there when the trace began", "begin", "← goroutine "} {
		require.Contains(t, o.out, part)
	}
	require.NotContains(t, o.out, "totals")
	d := decode(t, start(nil, file, "-json", "-goroutine", "1").out)
	require.EqualValues(t, 1, d.Goroutine["goroutine"])
	require.NotEmpty(t, d.Goroutine["line"])

	for _, args := range [][]string{{file}, {file, "-json"}} {
		o = start(nil, append(args, "-goroutine", "123456789")...)
		require.Equal(t, statusBroken, o.status)
		require.NotEmpty(t, o.out)
		require.Contains(t, o.errors, "goroutine 123456789 is not in it")
	}
}

// TestPartOfGoroutine: the beginning of a part is not a goroutine's, nor is the end of it.
func TestPartOfGoroutine(t *testing.T) {
	g := &tracewatch.GoroutineLine{Goroutine: 7, Start: "main.f", Born: true, Ended: true, Line: []tracewatch.GoroutinePiece{{Begin: 1e9, End: 2e9}}}
	of := func(from, to detectors.Time, part bool) string {
		p := page{}
		p.goroutine(&reading{part: part, report: &tracewatch.Report{From: from, To: to, Goroutine: g}})
		return p.String()
	}
	for _, text := range []string{of(5e8, 3e9, false), of(5e8, 3e9, true)} {
		require.Contains(t, text, "created 500 ms after the trace's beginning")
		require.Contains(t, text, "ended 1.5 s after the trace's beginning")
	}
	text := of(1e9, 2e9, true)
	require.Contains(t, text, "it was there when that time began")
	require.NotContains(t, text, "created")
	require.NotContains(t, text, "ended 1")
}

// TestMerge: short pieces are put together until it can be read, and nothing gets lost.
func TestMerge(t *testing.T) {
	line := func(lengths ...time.Duration) (all []tracewatch.GoroutinePiece) {
		at := detectors.Time(1)
		for i, d := range lengths {
			all = append(all, tracewatch.GoroutinePiece{Begin: at, End: at.Add(d), Dimension: detectors.Dimension(1 + i%2)})
			at = at.Add(d)
		}
		return all
	}
	few := line(1, 1e6, 1, 1)
	require.Len(t, merge(few, 60), 4, "there is room")
	short := merge(few, 3)
	require.Len(t, short, 3)
	require.Equal(t, 2, short[2].pieces)
	require.Equal(t, few[3].End, short[2].End)

	var lengths []time.Duration
	for i := range 8_000 {
		lengths = append(lengths, 10_000)
		if i%1_000 == 500 {
			lengths = append(lengths, 1e8)
		}
	}
	all := line(lengths...)
	merged := merge(all, 60)
	require.LessOrEqual(t, len(merged), 60)
	pieces, long := 0, 0
	at := all[0].Begin
	for _, s := range merged {
		require.Equal(t, at, s.Begin)
		require.Equal(t, s.End.Sub(s.Begin), s.parts.Sum())
		at = s.End
		pieces += s.pieces
		if s.pieces == 1 && s.longest == 1e8 {
			long++
		}
	}
	require.Equal(t, all[len(all)-1].End, at)
	require.Len(t, all, pieces)
	require.Equal(t, 8, long, "what is long stays alone")

	alike := line(make([]time.Duration, 8_000)...)
	for i := range alike {
		alike[i].Begin, alike[i].End = detectors.Time(1+1_000*i), detectors.Time(1+1_000*(i+1))
	}
	n := len(merge(alike, 60))
	require.LessOrEqual(t, n, 60)
	require.Greater(t, n, 20, "one row would say nothing")
}

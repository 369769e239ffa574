package tracewatch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestFindingsInPieces: what is found does not depend on how the trace comes: whole, or in
// pieces of any size.
func TestFindingsInPieces(t *testing.T) {
	var n tally
	for name, data := range judgedTraces() {
		want, _ := wordsOf(t, bytes.NewReader(data))
		anomalies := 0
		for _, size := range []int{1, 2, 7, 61, 1_000, 4_096, 65_537, len(data) - 1} {
			got, found := wordsOf(t, &inPieces{data: data, size: size})
			requireSame(t, want, got, fmt.Sprintf("%s: pieces of %d", name, size))
			anomalies += found
		}
		n.add(t, name, anomalies)
	}
	n.done(t, "in pieces")
}

// wordsOf returns all that a report says, in words, and how many anomalies it has. Each kind's
// first ones, with the usual cooldown: without it, the limit on all together would leave
// none to those kinds that take longest to be found.
func wordsOf(t *testing.T, r io.Reader) (lines []string, anomalies int) {
	t.Helper()
	report, err := Analyze(context.Background(), r)
	require.NoError(t, err)
	for _, a := range report.Anomalies {
		lines = append(lines, inWords(t, a, tracegen.Names{}), fmt.Sprintf("%+v", a.Quality))
	}
	sums, err := json.Marshal(report.Totals)
	require.NoError(t, err)
	return append(lines, fmt.Sprintf("%+v", report.Verdicts), fmt.Sprintf("%+v", report.Stats), string(sums)), len(report.Anomalies)
}

// inPieces is a reader that gives no more than that many bytes at once.
type inPieces struct {
	data []byte
	size int
}

func (p *inPieces) Read(to []byte) (int, error) {
	if len(p.data) == 0 {
		return 0, io.EOF
	}
	n := copy(to[:min(len(to), p.size)], p.data)
	p.data = p.data[n:]
	return n, nil
}

// TestFindingsInSnapshots: overlapping snapshots, of which each generation is taken once, give
// what the stream gives, window by window.
func TestFindingsInSnapshots(t *testing.T) {
	var n tally
	for name, data := range judgedTraces() {
		stream := split(t, data)
		want := judges(t, engineOf(t, detectors.Default()...), stream, tracegen.Names{})
		anomalies := 0
		for _, held := range []int{1, 2, 3, 5} { // generations that the recorder holds
			for _, step := range []int{1, 2, 3} { // those that come between two polls
				if step > held {
					continue // some would be lost
				}
				got := judges(t, engineOf(t, detectors.Default()...), polled(t, data, stream, held, step), tracegen.Names{})
				anomalies += requireSameJudged(t, want, got, fmt.Sprintf("%s: %d held, %d new", name, held, step))
			}
		}
		n.add(t, name, anomalies)
	}
	n.done(t, "in overlapping snapshots")
}

// polled returns the generations of a trace as they are taken of snapshots of it, which hold
// the last few each.
func polled(t *testing.T, data []byte, stream []wire.Raw, held, step int) (taken []wire.Raw) {
	t.Helper()
	last := uint64(0)
	for end := step; len(taken) < len(stream); end += step {
		end := min(end, len(stream))
		snapshot := bytes.Clone(data[:wire.HeaderSize])
		for _, raw := range stream[max(0, end-held):end] {
			snapshot = append(snapshot, raw.Data...)
		}
		s := wire.Splitter{
			Want: func(n uint64) bool { return n > last },
			Emit: func(raw wire.Raw) {
				last = raw.Number
				taken = append(taken, raw)
			},
		}
		_, err := s.Write(snapshot)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	return taken
}

// TestFindingsInPrefixes: what is found in a window rests on it and what came before. A trace
// that is cut has the anomalies of the windows that are whole. (Before Go 1.26 a generation has
// no mark at its end: what has come of the last one is judged, too.)
func TestFindingsInPrefixes(t *testing.T) {
	var n tally
	for name, data := range judgedTraces() {
		raws := split(t, data)
		whole := analysed(t, data)
		anomalies, before := 0, 0 // before: those of the windows before
		for i, raw := range raws {
			end := int(raw.Offset) + len(raw.Data)
			for _, cut := range []int{end - len(raw.Data)*2/3, end - 2} {
				got := analysed(t, data[:cut])
				what := fmt.Sprintf("%s: cut at %d", name, cut)
				require.Error(t, got.err, what)
				require.GreaterOrEqual(t, len(got.lines), before, what)
				requireSame(t, whole.lines[:before], got.lines[:before], what)
				if raw.Version >= wire.Go126 {
					require.Len(t, got.lines, before, what)
				}
				anomalies += before
			}
			got := analysed(t, data[:end])
			require.NoError(t, got.err, "%s: window %d is the last", name, i)
			require.EqualValues(t, i+1, got.windows, name)
			before = len(got.lines)
			requireSame(t, whole.lines[:before], got.lines, name)
			anomalies += before
		}
		require.EqualValues(t, len(raws), whole.windows)
		require.Len(t, whole.lines, before, name)
		n.add(t, name, anomalies)
	}
	n.done(t, "in prefixes")
}

// outcome is what an analysis came to.
type outcome struct {
	lines   []string // the anomalies
	windows uint64
	err     error
}

func analysed(t *testing.T, data []byte) (o outcome) {
	t.Helper()
	report, err := Analyze(context.Background(), bytes.NewReader(data)) // as in wordsOf
	require.NotNil(t, report)
	for _, a := range report.Anomalies {
		o.lines = append(o.lines, inWords(t, a, tracegen.Names{})+fmt.Sprintf(" %+v", a.Quality))
	}
	o.windows, o.err = report.Stats.Windows, err
	return o
}

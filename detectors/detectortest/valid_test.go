package detectortest

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// The reference reader finds nothing wrong with any of the texts' traces, in any version.
func TestValid(t *testing.T) {
	for name, text := range texts(t) {
		for _, v := range []string{"1.22", "1.23", "1.25", "1.26"} {
			if v == "1.22" && bytes.Contains(text, []byte("coroutine")) || bytes.Contains(text, []byte("*2000")) || bytes.Contains(text, []byte("\ngo 1.")) {
				continue
			}
			data, err := Read(name, append([]byte("go "+v+"\n"), text...))
			require.NoError(t, err)
			r, err := trace.NewReader(bytes.NewReader(data))
			require.NoError(t, err, name)
			for err == nil {
				_, err = r.ReadEvent()
			}
			if bytes.Contains(text, []byte("\nlose ")) && v == "1.26" {
				continue // it does not take gaps
			}
			require.ErrorIs(t, err, io.EOF, "%s in go %s", name, v)
		}
	}
}

// What the reference reader reads of everything.txt is what the text says, to the
// nanosecond.
func TestEverything(t *testing.T) {
	text, err := os.ReadFile("testdata/everything.txt")
	require.NoError(t, err)
	sc, err := read("everything.txt", text)
	require.NoError(t, err)
	data, names, err := sc.play()
	require.NoError(t, err)
	var got []string
	r, err := trace.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	for {
		e, err := r.ReadEvent()
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			break
		}
		if at := int64(e.Time()) - base; at > 500_000 && at < 999_000_000 || at > 2_050_000_000 && at < 2_900_000_000 {
			got = append(got, fmt.Sprintf("%s %s", duration(float64(at)), event(e, names)))
		}
	}
	want, err := os.ReadFile("testdata/everything.events")
	require.NoError(t, err)
	require.Equal(t, strings.TrimSpace(string(want)), strings.Join(got, "\n"))
}

// event says in a line what an event is, and of whom.
func event(e trace.Event, names map[uint64]*goroutine) string {
	name := func(g trace.GoID) string {
		if n := names[uint64(g)]; n != nil {
			return n.String()
		}
		return "-"
	}
	on := "-"
	if p := e.Proc(); p != trace.NoProc {
		on = fmt.Sprintf("P%d", p)
	}
	context := fmt.Sprintf("by %s on %s%s", name(e.Goroutine()), on, at(e.Stack()))
	switch e.Kind() {
	case trace.EventStateTransition:
		tr := e.StateTransition()
		if tr.Resource.Kind == trace.ResourceProc {
			from, to := tr.Proc()
			return fmt.Sprintf("P%d %v %v %s", tr.Resource.Proc(), from, to, context)
		}
		from, to := tr.Goroutine()
		return fmt.Sprintf("%s %v %v %q%s %s", name(tr.Resource.Goroutine()), from, to, tr.Reason, at(tr.Stack), context)
	case trace.EventMetric:
		return fmt.Sprintf("%s %d %s", e.Metric().Name, e.Metric().Value.Uint64(), context)
	case trace.EventLabel:
		return fmt.Sprintf("label %q %s", e.Label().Label, context)
	case trace.EventTaskBegin, trace.EventTaskEnd:
		return fmt.Sprintf("%v %d of %d %q %s", e.Kind(), e.Task().ID, int64(e.Task().Parent), e.Task().Type, context)
	case trace.EventRegionBegin, trace.EventRegionEnd:
		return fmt.Sprintf("%v %q of %d %s", e.Kind(), e.Region().Type, e.Region().Task, context)
	case trace.EventLog:
		return fmt.Sprintf("log %q %q of %d %s", e.Log().Category, e.Log().Message, e.Log().Task, context)
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		return fmt.Sprintf("%v %q %s", e.Kind(), e.Range().Name, context)
	default:
		return fmt.Sprintf("%v %s", e.Kind(), context)
	}
}

func at(s trace.Stack) string {
	for f := range s.Frames() {
		return fmt.Sprintf(" at %s %s:%d", f.Func, f.File, f.Line)
	}
	return ""
}

// The clocks of each window's snapshot step and drift as the text says.
func TestClocks(t *testing.T) {
	text := "windows 4\nclock wall step 2s from 1500ms\nclock wall drift 100ppm from 1s\nclock mono drift 0-50ppm\nclock mono step 5ms from 3s\n"
	data, err := Read("f", []byte(text))
	require.NoError(t, err)
	type snapshot struct{ at, mono, wall int64 }
	var got []snapshot
	var wall int64
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(t, err)
		s := g.Snapshot
		if wall == 0 {
			wall = s.Wall.UnixNano() - int64(s.Trace)
		}
		got = append(got, snapshot{int64(s.Trace) - base, int64(s.Mono) - int64(s.Trace), s.Wall.UnixNano() - int64(s.Trace) - wall})
	}}
	_, err = split.Write(data)
	require.NoError(t, err)
	require.NoError(t, split.Close())
	require.Equal(t, []snapshot{
		{0, 0, 0},
		{1e9, -50_000, 0},
		{2e9, -100_000, 2e9 + 100_000},
		{3e9, 5e6 - 150_000, 2e9 + 200_000},
	}, got)
}

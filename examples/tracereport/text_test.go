package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestText(t *testing.T) {
	_, file := sample(t)
	o := start(nil, file)
	require.Equal(t, statusFine, o.status)
	require.Empty(t, o.errors)
	for _, part := range []string{
		file + ": format of Go 1.26", "nothing found", "scheduling delay", "GC mark assist", "waiting: preempted",
		"stop-the-world: GC mark termination", "woken by timers", "created", "where they ran", "what the Ps were used for", "analysed: 100.0%",
	} {
		require.Contains(t, o.out, part)
	}
	require.Less(t, strings.Index(o.out, "nothing found"), strings.Index(o.out, "──"), "the answer comes first")
	require.NotContains(t, start(nil, "-places=false", file).out, "where they ran")
	require.Empty(t, decode(t, start(nil, "-places=false", "-json", file).out).Places)
	o = start(nil, annotated(t, "1.26"))
	for _, part := range []string{"\nhandle  72 regions\n  P50", "\nrequest  72 tasks\n  P50", "RRR", "ZZZ", "Z sleep", "clock: it began at"} {
		require.Contains(t, o.out, part)
	}
}

// TestWidth: on a terminal everything fits, in a pipe nothing is cut.
func TestWidth(t *testing.T) {
	long := store(t, recordedTrace(t, "1.26", "network"))
	for _, args := range [][]string{
		{annotated(t, "1.26")}, {leak(t)}, {long}, {annotated(t, "1.25"), annotated(t, "1.27")}, {long, "-goroutine", "1"},
	} {
		for _, width := range []int{1, 20, 40, 60, 80, 120, 200} {
			f := newFake(nil)
			f.terminal(width)
			o := f.start(args...)
			require.NotEqual(t, statusBroken, o.status, o.errors)
			check(t, o.out, max(width, narrowest), args, width)
		}
		o := start(nil, args...)
		check(t, o.out, 0, args)
		require.NotContains(t, o.out, "…")
		require.NotContains(t, o.out, "\x1b")
	}
}

// TestTerminal: how wide it is, and whether it gets colours.
func TestTerminal(t *testing.T) {
	file := leak(t)
	at := func(columns int, vars map[string]string) string {
		f := newFake(nil)
		f.terminal(columns)
		f.vars = vars
		return f.start(file).out
	}
	colored := at(80, nil)
	require.Contains(t, colored, "\x1b[")
	bare := escapes.ReplaceAllString(colored, "")
	require.Equal(t, bare, at(80, map[string]string{"NO_COLOR": "1"}), "it reads the same without colours")
	require.Equal(t, bare, at(80, map[string]string{"TERM": "dumb"}))
	require.Equal(t, colored, at(80, map[string]string{"NO_COLOR": ""}), "an empty one is none")
	require.Equal(t, colored, at(0, nil), "one that does not say is an usual one")
	require.Equal(t, colored, at(300, map[string]string{"COLUMNS": "80"}), "whoever sets it wants it so")
	require.Equal(t, colored, at(80, map[string]string{"COLUMNS": "wide"}))

	f := newFake(nil)
	f.vars["COLUMNS"] = "40"
	require.Equal(t, start(nil, file), f.start(file), "a pipe has no width")
}

const hostile = "\x1b]0;owned\a\x1b[2J\u202eevil\u009b31m\nnothing found"

// hostileTrace is of a program in which everything has that name.
func hostileTrace() []byte {
	w := tracegen.NewWorld(wire.Go126)
	m := w.Thread(100, w.Proc(0))
	here := w.Frames(tracegen.Frame{Func: hostile, File: hostile, Line: 7})
	g := w.Goroutine(1, wire.GoRunnable, here)
	at := int64(10_000)
	for range 30 {
		m.Start(at, g)
		task := m.TaskBegin(at+100, 0, hostile, here)
		m.RegionBegin(at+200, task, hostile, here)
		m.Log(at+300, task, hostile, hostile, here)
		m.STWBegin(at+400, hostile, here)
		m.STWEnd(at + 500)
		m.Create(at+600, here, here)
		m.RegionEnd(at+700, task, hostile, here)
		m.TaskEnd(at+800, task, here)
		m.Yield(at+900, here)
		at += 1_000
	}
	return w.Bytes()
}

// TestHostile: nothing that a program wrote into its trace gets to a terminal as anything but text, nor does the
// file's name.
func TestHostile(t *testing.T) {
	data := hostileTrace()
	for _, args := range [][]string{{"-"}, {"-", store(t, data)}, {"-", "-goroutine", "1"}} {
		for _, terminal := range []bool{false, true} {
			f := newFake(bytes.NewReader(data))
			if terminal {
				f.terminal(400)
			}
			o := f.start(args...)
			require.NotEqual(t, statusBroken, o.status, o.errors)
			check(t, o.out, 0, args)
			require.Contains(t, o.out, `\x1b]0;owned\a\x1b[2J\u202eevil\u009b31m\nnothing found`)
		}
	}
	f := newFake(bytes.NewReader(data))
	parseExposition(t, f.start("-prom", "-").out)
	for _, o := range []outcome{start(nil, hostile), start(nil, "-min-severity", hostile), start(nil, "-svg", hostile+"/x", store(t, data))} {
		require.Equal(t, statusBroken, o.status)
		check(t, o.errors, 0)
	}
}

// TestTree: what hardly ran is left out, and what is too long.
func TestTree(t *testing.T) {
	x := &detectors.Explanation{Goroutine: 7, Chain: []*detectors.Link{{Dimension: detectors.DimRunnable, Total: 10e6, Goroutines: []detectors.GoID{7}}}}
	p := page{}
	p.tree(piece{}, x)
	require.Empty(t, p.String(), "it says what the sentence does")
	x.Instead = &detectors.Instead{Ready: 10e6, Procs: 1, Ran: []detectors.Occupant{
		{Site: detectors.Site{Func: "main.spin"}, Total: 9.9e6, Goroutines: 1, LongestBy: 8},
		{Site: detectors.Site{Func: "main.quick"}, Total: 1e3, Goroutines: 1, LongestBy: 9},
	}}
	p.tree(piece{}, x)
	require.Contains(t, p.String(), "99% main.spin")
	require.NotContains(t, p.String(), "main.quick")
	for i := range 20 {
		x.Chain = append(x.Chain, &detectors.Link{Dimension: detectors.DimRunning, Site: detectors.Site{Func: fmt.Sprint("main.f", i)}, Goroutines: []detectors.GoID{7}})
	}
	p.Reset()
	p.tree(piece{}, x)
	require.Contains(t, p.String(), "lines more: -json has them all")
	require.Equal(t, mostLines+1, strings.Count(p.String(), "\n"))
}

// TestAll prints every recorded trace.
func TestAll(t *testing.T) {
	for _, r := range recorded.All() {
		o := start(bytes.NewReader(recordedTrace(t, r.Go, r.Name)), "-")
		require.NotEqual(t, statusBroken, o.status, "%s: %s", r, o.errors)
		require.Contains(t, o.out, "standard input: format of Go 1.", r)
		check(t, o.out, 0, r)
	}
}

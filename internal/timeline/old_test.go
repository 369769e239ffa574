package timeline

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
)

// fakeProcs is where the reference's numbers of Ps begin that do not exist; timerProcs is
// the one on which the timers' goroutines of Go 1.13 and older wake others.
const (
	fakeProcs  = 1_000_000
	timerProcs = fakeProcs + 1
)

// readOldReference reads a trace of the first format with golang.org/x/exp/trace, and takes
// out what that makes up: see the documentation of package tracev1. What the timers'
// goroutines do is nobody's doing.
func readOldReference(data []byte, timers map[int64]bool, each func(event)) error {
	r, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		return err
	}
	stacks := make(stackTexts[trace.Stack])
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		e, ok := fromReference(&ev, stacks)
		if !ok {
			continue // the syncs
		}
		if e.proc == timerProcs && e.from == "Waiting" || e.from == "NotExist" && timers[e.g] {
			timers[e.g] = true
			e.g, e.stack = 0, ""
		}
		if e.proc >= fakeProcs {
			e.proc = int64(detectors.NoProc)
		}
		if e.kind == "StateTransition" && (e.from == "Undetermined" || e.from == "Runnable") {
			e.g = 0 // it did not run until now
		}
		each(e)
	}
}

// eachWindow reads a trace of the first format with this package.
func eachWindow(data []byte, tl *Timeline, each func(detectors.Window)) error {
	r, err := tracev1.NewReader(data)
	if err != nil {
		return err
	}
	for o := NewOld(tl, r); o.More(); {
		w, err := o.Feed()
		each(w)
		if err != nil {
			return err
		}
	}
	return nil
}

func readOld(data []byte, each func(event)) error {
	code := detectors.NewCode()
	stacks := make(stackTexts[detectors.StackID])
	tl := New(code, []Observer{{Observes: allKinds, Observe: func(o *detectors.Observation) { each(fromOurs(o, code, stacks)) }}})
	tl.OnPanic = func(_ int, v any, stack []byte) { panic(fmt.Sprintf("%v\n%s", v, stack)) }
	return eachWindow(data, tl, func(detectors.Window) {})
}

// compareOld is compare for a trace of the first format. The reference puts events of the
// same tick of the clock in another order each time it reads them, a nanosecond apart;
// that order is not compared, but that of what is about one goroutine or P is.
func compareOld(t *testing.T, data []byte, timers ...int64) int {
	t.Helper()
	known := make(map[int64]bool)
	for _, g := range timers {
		known[g] = true
	}
	r, err := tracev1.NewReader(data)
	require.NoError(t, err)
	require.NoError(t, r.Cut())
	var want, got []event
	require.NoError(t, readOldReference(data, known, func(e event) { want = append(want, e) }), "reference")
	require.NoError(t, readOld(data, func(e event) { got = append(got, e) }))
	require.Len(t, got, len(want))
	for _, pair := range [][2][]event{{byTick(want), byTick(got)}, {bySubject(want), bySubject(got)}} {
		for i, w := range pair[0] {
			if g := pair[1][i]; g != w {
				t.Fatalf("event %d:\ngot  %v\nwant %v", i, g, w)
			}
		}
	}
	return len(want)
}

// byTick puts what follows each other by a nanosecond into some order.
func byTick(events []event) []event {
	sorted := slices.Clone(events)
	for i := range sorted {
		sorted[i].time = 0
	}
	for from := 0; from < len(events); {
		to := from + 1
		for to < len(events) && events[to].time == events[to-1].time+1 {
			to++
		}
		slices.SortFunc(sorted[from:to], func(a, b event) int { return cmp.Compare(a.String(), b.String()) })
		from = to
	}
	for i := range sorted {
		sorted[i].time = events[i].time
	}
	return sorted
}

// bySubject puts events into the order of what they are about, without their moments.
func bySubject(events []event) []event {
	about := func(e event) string {
		if e.kind == "StateTransition" || e.kind == "proc" {
			return fmt.Sprint(e.kind, e.subject)
		}
		return fmt.Sprint(e.kind, e.text, e.g, e.subject, e.num)
	}
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b event) int { return strings.Compare(about(a), about(b)) })
	for i := range sorted {
		sorted[i].time = 0
	}
	return sorted
}

// TestDifferentialOld is [TestDifferential] for the first format.
func TestDifferentialOld(t *testing.T) {
	traces, events := 0, 0
	for _, tr := range recorded.Old() {
		t.Run(tr.String(), func(t *testing.T) {
			data, err := tr.Bytes()
			require.NoError(t, err)
			n := compareOld(t, data)
			t.Logf("%d events", n)
			traces++
			events += n
		})
	}
	if !t.Failed() {
		t.Logf("compared %d traces of Go 1.21, %d events, 0 differences from golang.org/x/exp/trace", traces, events)
	}
	require.NotZero(t, events)
}

// TestDifferentialOldSynthetic is the same for traces that no program would record, of all
// versions of the first format.
func TestDifferentialOldSynthetic(t *testing.T) {
	t.Parallel()
	traces, events := 0, 0
	for _, v := range oldVersions {
		for seed := range uint64(20) {
			shape := oldgen.Shape{Version: v, Procs: 1 + int(seed%5), Goroutines: 5 + 10*int(seed), Events: 1000, Seconds: 1 + int(seed%4)}
			t.Run(fmt.Sprintf("go1.%d %d", v, seed), func(t *testing.T) {
				var timers []int64
				if v == 11 {
					timers = append(timers, oldgen.TimerOfGo111)
				}
				events += compareOld(t, oldgen.Random(seed, shape), timers...)
				traces++
			})
		}
	}
	if !t.Failed() {
		t.Logf("compared %d traces of %d versions, %d events, 0 differences from golang.org/x/exp/trace", traces, len(oldVersions), events)
	}
}

var oldVersions = []int{11, 19, 21}

// TestDifferentialOldGo is the same for the traces that Go itself is tested with, of Go
// 1.11, 1.19 and 1.21. They are where Go's source code is; without it, this is skipped.
func TestDifferentialOldGo(t *testing.T) {
	t.Parallel()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("there is no go command:", err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "src/internal/trace/internal/tracev1/testdata/*_good"))
	require.NoError(t, err)
	if len(files) == 0 {
		t.Skip("there are no traces in GOROOT")
	}
	traces, events := 0, 0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			require.True(t, strings.HasPrefix(string(data), "go 1."))
			n := compareOld(t, data)
			t.Logf("%d events", n)
			traces++
			events += n
			sameAgain(t, data)
		})
	}
	if !t.Failed() {
		t.Logf("compared %d traces, %d events, 0 differences from golang.org/x/exp/trace", traces, events)
	}
}

// sameAgain wants the same bytes to say the same each time, in the same order.
func sameAgain(t *testing.T, data []byte) {
	t.Helper()
	var first []event
	require.NoError(t, readOld(data, func(e event) { first = append(first, e) }))
	for range 2 {
		n := 0
		require.NoError(t, readOld(data, func(e event) {
			if n < len(first) && first[n] != e {
				t.Fatalf("event %d:\nnow    %v\nbefore %v", n, e, first[n])
			}
			n++
		}))
		require.Len(t, first, n)
	}
}

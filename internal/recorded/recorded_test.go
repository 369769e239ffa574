package recorded_test

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/recorded"
)

// headers are the versions that the releases write in their traces' headers.
var headers = map[string]string{
	"1.22": "go 1.22 trace\x00\x00\x00",
	"1.23": "go 1.23 trace\x00\x00\x00",
	"1.24": "go 1.23 trace\x00\x00\x00",
	"1.25": "go 1.25 trace\x00\x00\x00",
	"1.26": "go 1.26 trace\x00\x00\x00",
	"1.27": "go 1.26 trace\x00\x00\x00",
}

// purposes say what a program's traces must have for the tests that use them.
var purposes = map[string]func(t *testing.T, s *summary){
	"annotations":           hasAnnotations,
	"coroutines":            hasCoroutines,
	"flightrecorder":        hasWork,
	"flightrecorder.1":      hasWork,
	"flightrecorder.2":      hasWork,
	"flightrecorder.3":      hasWork,
	"flightrecorder.stream": hasWork,
	"gcheavy":               hasGC,
	"network":               hasNetwork,
	"scheduling":            hasScheduling,
	"syscalls":              hasSyscalls,
}

// since are the programs that need a newer release than the oldest.
var since = map[string]string{"coroutines": "1.23", "flightrecorder": "1.25"}

func TestAllIsCompleteAndSorted(t *testing.T) {
	t.Parallel()
	var want []string
	for release := range headers {
		for name := range purposes {
			program, _, _ := strings.Cut(name, ".")
			if release >= since[program] {
				want = append(want, "go"+release+"-"+name)
			}
		}
	}
	all := recorded.All()
	var got []string
	for _, tr := range all {
		got = append(got, tr.String())
	}
	require.ElementsMatch(t, want, got)
	require.IsIncreasing(t, got)
}

func TestTraces(t *testing.T) {
	t.Parallel()
	for _, tr := range recorded.All() {
		t.Run(tr.String(), func(t *testing.T) {
			t.Parallel()
			raw, err := tr.Bytes()
			require.NoError(t, err)
			header := headers[tr.Go]
			require.Equal(t, header, string(raw[:len(header)]))

			s := summarize(t, raw)
			t.Logf("%d bytes, %d events, %d generations, %d goroutines", len(raw), s.events, s.generations, s.goroutines)
			require.GreaterOrEqual(t, s.generations, 4)
			for file := range s.files {
				require.False(t, path.IsAbs(file), "a stack names a file of the machine that recorded it: %s", file)
			}
			purposes[tr.Name](t, s)
		})
	}
}

// oldPurposes are [purposes] of the traces of the first format.
var oldPurposes = map[string]func(t *testing.T, s *summary){
	"annotations": hasAnnotations,
	"blocking":    hasBlockingCalls,
	"gcheavy":     hasOldGC,
	"leak":        func(t *testing.T, s *summary) { require.Greater(t, s.goroutines, 500) },
	"network":     hasNetwork,
	"scheduling":  hasScheduling,
}

func TestOldTraces(t *testing.T) {
	t.Parallel()
	var names []string
	for _, tr := range recorded.Old() {
		names = append(names, tr.Name)
		t.Run(tr.String(), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, "1.21", tr.Go)
			raw, err := tr.Bytes()
			require.NoError(t, err)
			const header = "go 1.21 trace\x00\x00\x00"
			require.Equal(t, header, string(raw[:len(header)]))

			s := summarize(t, raw)
			t.Logf("%d bytes, %d events, %d goroutines", len(raw), s.events, s.goroutines)
			for file := range s.files {
				require.False(t, path.IsAbs(file), "a stack names a file of the machine that recorded it: %s", file)
			}
			oldPurposes[tr.Name](t, s)
		})
	}
	require.Equal(t, slices.Sorted(maps.Keys(oldPurposes)), names)
}

// Readers of overlapping windows are tested with these: each must share a part
// with the one before, and the window must move.
func TestFlightRecorderSnapshotsOverlap(t *testing.T) {
	t.Parallel()
	for release := range headers {
		if release < since["flightrecorder"] {
			continue
		}
		var windows []*summary
		for _, name := range []string{"flightrecorder.1", "flightrecorder.2", "flightrecorder.3", "flightrecorder"} {
			windows = append(windows, summaryOf(t, recorded.Trace{Name: name, Go: release}))
		}
		stream := summaryOf(t, recorded.Trace{Name: "flightrecorder.stream", Go: release})
		for i, w := range windows {
			require.GreaterOrEqual(t, w.first, stream.first)
			require.LessOrEqual(t, w.last, stream.last)
			if i > 0 {
				require.Less(t, w.first, windows[i-1].last, "go%s: snapshot %d shares nothing with the one before", release, i+1)
				require.Greater(t, w.last, windows[i-1].last)
			}
		}
		require.Greater(t, windows[3].first, windows[0].first, "go%s: the window did not move", release)
	}
}

func TestBytesOfNoTrace(t *testing.T) {
	t.Parallel()
	_, err := recorded.Trace{Name: "network", Go: "1.2"}.Bytes()
	require.ErrorContains(t, err, "go1.2-network")
}

func summaryOf(t *testing.T, tr recorded.Trace) *summary {
	t.Helper()
	raw, err := tr.Bytes()
	require.NoError(t, err)
	return summarize(t, raw)
}

func hasAnnotations(t *testing.T, s *summary) {
	for _, kind := range []trace.EventKind{
		trace.EventTaskBegin, trace.EventTaskEnd,
		trace.EventRegionBegin, trace.EventRegionEnd,
		trace.EventLog, trace.EventStackSample,
	} {
		require.Positive(t, s.kinds[kind], kind)
	}
	for _, task := range []string{"whole run", "never ended", "request", "query"} {
		require.Positive(t, s.tasks[task], task)
	}
	require.Zero(t, s.tasks["before the trace"])
}

func hasCoroutines(t *testing.T, s *summary) {
	// A switch is a wait without a reason, and a coroutine is created waiting.
	require.Positive(t, s.waits[""])
	require.Positive(t, s.transitions[transition{trace.GoNotExist, trace.GoWaiting}])
}

func hasGC(t *testing.T, s *summary) {
	require.Positive(t, s.ranges["GC mark assist"])
	require.Positive(t, s.ranges["GC incremental sweep"])
	require.Positive(t, s.ranges["GC concurrent mark phase"])
	require.Positive(t, s.waits["GC mark assist wait for work"])
	for _, kind := range []string{
		"GC sweep termination", "GC mark termination", "read mem stats",
		"GOMAXPROCS", "goroutine profile", "all goroutines stack trace",
	} {
		require.Positive(t, s.ranges["stop-the-world ("+kind+")"], kind)
	}
}

// hasOldGC is hasGC. The first format has numbers for the kinds of stops, and the
// reference's name for one of them is not the runtime's.
func hasOldGC(t *testing.T, s *summary) {
	require.Positive(t, s.ranges["GC mark assist"])
	require.Positive(t, s.ranges["GC incremental sweep"])
	require.Positive(t, s.ranges["GC concurrent mark phase"])
	require.Positive(t, s.waits["GC mark assist wait for work"])
	for _, kind := range []string{
		"GC sweep termination", "GC mark termination", "read mem stats",
		"GOMAXPROCS", "goroutine profile", "all goroutine stack trace",
	} {
		require.Positive(t, s.ranges["stop-the-world ("+kind+")"], kind)
	}
}

func hasBlockingCalls(t *testing.T, s *summary) {
	for _, tr := range []transition{
		{trace.GoSyscall, trace.GoRunnable}, // a blocked call has lost its P
		{trace.GoSyscall, trace.GoRunning},  // a short one has not
		{trace.GoUndetermined, trace.GoSyscall},
	} {
		require.Positive(t, s.transitions[tr], "%s to %s", tr.from, tr.to)
	}
}

func hasNetwork(t *testing.T, s *summary) {
	require.Positive(t, s.waits["network"])
	// Only the stacks tell the kinds of descriptor apart, and not always: a read
	// from a unix socket looks like one from a TCP connection.
	for _, f := range []string{
		"net.(*TCPListener).Accept", "net.(*UnixListener).Accept", "net.(*UDPConn).ReadFrom", "os.(*File).Read",
		"net/http.(*connReader).Read", "net/http.(*persistConn).readLoop", "main.expireReads",
	} {
		require.True(t, s.polled[f], "nothing waits for the network in %s", f)
	}
}

func hasScheduling(t *testing.T, s *summary) {
	for _, reason := range []string{"sync", "sync.(*Cond).Wait", "chan send", "chan receive", "select", "sleep"} {
		require.Positive(t, s.waits[reason], reason)
	}
	for _, reason := range []string{"preempted", "runtime.Gosched"} {
		require.Positive(t, s.stops[reason], reason)
	}
	require.Greater(t, s.goroutines, 200, "bursts")
}

func hasSyscalls(t *testing.T, s *summary) {
	for _, tr := range []transition{
		{trace.GoNotExist, trace.GoSyscall}, // a C thread calls into Go
		{trace.GoSyscall, trace.GoNotExist}, // and ends
		{trace.GoSyscall, trace.GoRunnable}, // a blocked call has lost its P
		{trace.GoSyscall, trace.GoRunning},  // a short one has not
		{trace.GoUndetermined, trace.GoSyscall},
	} {
		require.Positive(t, s.transitions[tr], "%s to %s", tr.from, tr.to)
	}
}

func hasWork(t *testing.T, s *summary) {
	require.Positive(t, s.waits["select"])
	require.Positive(t, s.transitions[transition{trace.GoNotExist, trace.GoRunnable}])
	require.Positive(t, s.transitions[transition{trace.GoRunning, trace.GoNotExist}])
}

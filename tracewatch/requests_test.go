package tracewatch_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// upgraded is a service whose requests take 1 ms and, after 2 s, 41 ms, because the store that they
// ask got slower.
const upgraded = `
procs 2
windows 4
goroutine server begins main.serve parks "chan receive" at chanrecv < main.serve
every 50ms from 10ms as k
	at 0s server woken, +0s on P0, +0s task r[k] begins "GET /", +500us blocks "network" at tcpread < main.query
	if k < 40
		at 700us server woken, +200us on P0, +100us task r[k] ends, +1us blocks "chan receive" at chanrecv < main.serve
	if k >= 40
		at 40700us server woken, +200us on P0, +100us task r[k] ends, +1us blocks "chan receive" at chanrecv < main.serve
`

func requestsOf(t *testing.T, text string, opts ...tracewatch.Option) *tracewatch.Report {
	t.Helper()
	data, err := detectortest.Read("text", []byte(text))
	require.NoError(t, err)
	report, err := tracewatch.Analyze(t.Context(), bytes.NewReader(data), opts...)
	require.NoError(t, err)
	return report
}

// TestRequests compares two times of one trace.
func TestRequests(t *testing.T) {
	all := requestsOf(t, upgraded)
	require.Len(t, all.Requests, 1)
	require.EqualValues(t, 79, all.Requests[0].Count)
	before := requestsOf(t, upgraded, tracewatch.Between(0, 2*time.Second))
	after := requestsOf(t, upgraded, tracewatch.Between(2*time.Second, 0))
	require.Equal(t, all.Totals, before.Totals, "the rest is of the whole trace")
	within := requestsOf(t, upgraded, tracewatch.Between(1200*time.Millisecond, 1300*time.Millisecond))
	require.EqualValues(t, 2, within.Requests[0].Count)
	require.NotEmpty(t, within.Uses, "of the generation that it lies in")

	b, a := before.Requests[0], after.Requests[0]
	require.EqualValues(t, 40, b.Count)
	require.EqualValues(t, 39, a.Count)
	about := func(want, got time.Duration) { t.Helper(); require.InDelta(t, want, got, 10) } // events take a nanosecond
	about(time.Millisecond, b.P99.Value)
	about(41*time.Millisecond, a.P99.Value)
	about(600*time.Microsecond, b.P99.Parts[detectors.DimRunning])
	about(200*time.Microsecond, b.P99.Parts[detectors.DimNetwork])
	about(200*time.Microsecond, b.P99.Parts[detectors.DimNetworkQueue])
	about(40*time.Millisecond, a.P99.Parts[detectors.DimNetwork]-b.P99.Parts[detectors.DimNetwork])
	require.Equal(t, "main.query", a.P99.Sites[0].Site.Func)
	require.Len(t, a.Slowest, 3)
	require.Equal(t, []detectors.Dimension{detectors.DimRunning, detectors.DimNetwork, detectors.DimNetworkQueue, detectors.DimRunning}, dimensions(a.Slowest[0].Line))

	c := tracewatch.Compare(before, after)
	about(40*time.Millisecond, c.Verdict.Change)
	require.Equal(t, detectors.DimNetwork, c.Verdict.Dimension)
	require.InDelta(t, 1, c.Verdict.Share, 1e-6)
	require.Equal(t, "the P99 of GET / rose from 1 ms to 41 ms: 100% of that is waiting for the network, in main.query; 0% is not explained", c.Verdict.Sentence)
}

func dimensions(line []detectors.Piece) (all []detectors.Dimension) {
	for _, p := range line {
		all = append(all, p.Dimension)
	}
	return all
}

func TestBetweenNonsense(t *testing.T) {
	for _, at := range [][2]time.Duration{{-1, 0}, {0, -1}, {2, 2}, {3, 2}} {
		_, err := tracewatch.Analyze(t.Context(), bytes.NewReader(nil), tracewatch.Between(at[0], at[1]))
		require.ErrorIs(t, err, tracewatch.ErrOption, at)
	}
}

// TestRequestsAreTheTasks: the division of a trace's tasks is of all of them, and of all their time.
func TestRequestsAreTheTasks(t *testing.T) {
	check := func(t *testing.T, data []byte) (tasks uint64) {
		report, err := tracewatch.Analyze(t.Context(), bytes.NewReader(data), tracewatch.WithDetectors())
		require.NoError(t, err)
		var total, longest time.Duration
		for _, r := range report.Requests {
			require.Equal(t, r.Total, r.Parts.Sum(), r.Name)
			require.Equal(t, r.P99.Value, r.P99.Parts.Sum())
			require.Equal(t, r.Count, r.GC.Met+r.GC.Spared)
			for i, s := range r.Slowest {
				require.Equal(t, s.End.Sub(s.Begin), s.Parts.Sum())
				require.True(t, i > 0 || s.End.Sub(s.Begin) == r.Longest)
			}
			if !r.Region {
				tasks += r.Count
				total += r.Total
				longest = max(longest, r.Longest)
			}
		}
		require.Equal(t, report.Totals.Tasks.Count, tasks)
		// The totals are made in the reference's order, in which an event that another thread's
		// clock is behind of comes later by that.
		slack := time.Duration(tasks) * 200 * time.Microsecond
		require.InDelta(t, report.Totals.Tasks.Sum, total, float64(slack))
		return tasks
	}
	tasks := uint64(0)
	for _, tr := range slices.Concat(recorded.All(), recorded.Old()) {
		t.Run(tr.String(), func(t *testing.T) {
			data, err := tr.Bytes()
			require.NoError(t, err)
			tasks += check(t, data)
		})
	}
	for seed := range uint64(4) {
		for _, v := range []int{11, 19, 21} {
			t.Run(fmt.Sprintf("go1.%d %d", v, seed), func(t *testing.T) {
				tasks += check(t, oldgen.Random(seed, oldgen.Shape{Version: v, Events: 2_000}))
			})
		}
		for _, v := range []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126} {
			t.Run(fmt.Sprintf("go1.%d %d", v, seed), func(t *testing.T) {
				tasks += check(t, tracegen.Service(seed, tracegen.Shape{Version: v, Events: 20_000, Tasks: 50, Skew: 1000}))
			})
		}
	}
	require.Greater(t, tasks, uint64(5_000))
}

// TestQueued: what a request waits before its handler runs is no part of its task, and told apart.
func TestQueued(t *testing.T) {
	const text = `
procs 2
stack idle = tcpread < net/http.(*conn).readRequest server.go:1 < net/http.(*conn).serve server.go:2
goroutine server begins net/http.(*conn).serve parks "network" at idle
goroutine batch begins main.batch parks "chan receive" at chanrecv < main.batch
every 50ms from 10ms as k
	at 0s server woken, +20ms on P0, +1us syscall at main.read, +2us returns, +97us task r[k] begins "GET /", +2ms task r[k] ends, +1us blocks "network" at idle
at 30ms batch woken, +5ms on P1, +1ms task b begins "batch", +10ms task b ends, +1us task c begins "batch", +1ms task c ends, +1us blocks "chan receive" at chanrecv < main.batch
`
	report := requestsOf(t, text)
	require.Len(t, report.Requests, 2)
	get, batch := report.Requests[0], report.Requests[1]
	require.Equal(t, "GET /", get.Name)
	require.Equal(t, get.Count, get.Queued.Count)
	require.InDelta(t, 2*time.Millisecond, get.P99.Value, 10)
	require.InDelta(t, 20100*time.Microsecond, get.Queued.P99.Value, 10)
	require.InDelta(t, 20*time.Millisecond, get.Queued.P99.Parts[detectors.DimNetworkQueue], 10)
	require.InDelta(t, 2*time.Microsecond, get.Queued.P99.Parts[detectors.DimSyscall], 10)
	require.Zero(t, batch.Queued.Count, "a worker's tasks have been in a queue that the trace does not show")
}

// beforeUpgrade and afterUpgrade are two traces, for an example.
func beforeUpgrade() io.Reader { return answering("200us") }
func afterUpgrade() io.Reader  { return answering("40200us") }

// answering is a service whose store answers after some time.
func answering(after string) io.Reader {
	data, err := detectortest.Read("text", []byte(`
procs 2
windows 2
goroutine server begins main.serve parks "chan receive" at chanrecv < main.serve
every 50ms from 10ms as k
	at 0s server woken, +0s on P0, +0s task r[k] begins "GET /", +500us blocks "network" at tcpread < main.query
	at 500us+`+after+` server woken, +200us on P0, +100us task r[k] ends, +1us blocks "chan receive" at chanrecv < main.serve
`))
	if err != nil {
		panic(err)
	}
	return bytes.NewReader(data)
}

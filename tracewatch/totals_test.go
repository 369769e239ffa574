package tracewatch

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// TestTotalsDifferential compares the totals with a plain model's that reads with
// golang.org/x/exp/trace, to the nanosecond: of every recorded trace, and of many that no
// program would record.
func TestTotalsDifferential(t *testing.T) {
	traces, numbers := 0, 0
	var all Totals // of the recorded traces: enough of everything to tell a difference
	releases := make(map[string]bool)
	check := func(t *testing.T, release string, data []byte) Totals {
		var timers []trace.GoID
		if strings.HasPrefix(string(data), "go 1.11") {
			timers = append(timers, oldgen.TimerOfGo111)
		}
		want, err := modelTotals(data, timers...)
		require.NoError(t, err, "reference")
		report, err := Analyze(context.Background(), bytes.NewReader(data))
		require.NoError(t, err)
		if strings.HasPrefix(string(data), "go 1.1") || strings.HasPrefix(string(data), "go 1.21") {
			require.InDelta(t, want.SchedDelay.Sum, report.Totals.SchedDelay.Sum, float64(tie))
			want.SchedDelay.Sum = report.Totals.SchedDelay.Sum
			for reason, s := range want.Block {
				require.InDelta(t, s.Sum, report.Totals.Block[reason].Sum, float64(tie), reason)
				s.Sum = report.Totals.Block[reason].Sum
				want.Block[reason] = s
			}
		}
		require.Equal(t, want, report.Totals)
		traces++
		numbers += count(want)
		releases[release] = true
		return want
	}
	for _, tr := range slices.Concat(recorded.All(), recorded.Old()) {
		t.Run(tr.String(), func(t *testing.T) {
			data, err := tr.Bytes()
			require.NoError(t, err)
			add(&all, check(t, "go"+tr.Go, data))
		})
	}
	requireEverything(t, all)
	for _, v := range []int{11, 19, 21} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprintf("go1.%d %d", v, seed), func(t *testing.T) {
				check(t, fmt.Sprint("go1.", v), oldgen.Random(seed, oldgen.Shape{Version: v, Events: 2_000}))
			})
		}
	}
	for _, v := range versions {
		for _, shape := range []tracegen.Shape{
			{Threads: 2, Procs: 1, Goroutines: 4, Events: 1, Generations: 1},
			{Threads: 2, Procs: 2, Goroutines: 10, Events: 2_000, Generations: 7, Skew: 3_000},
			{Threads: 16, Procs: 4, Goroutines: 100, Events: 5_000, AllocFree: true},
			{Threads: 64, Procs: 16, Goroutines: 1_000, Events: 20_000, ClockUnit: 1, Skew: 100_000},
		} {
			shape.Version = v
			t.Run(shape.String(), func(t *testing.T) {
				for seed := range uint64(4) {
					check(t, fmt.Sprint("go1.", v), tracegen.Random(seed, shape))
				}
			})
		}
	}
	if !t.Failed() {
		t.Logf("compared %d totals of %d traces by %d releases, 0 differences from golang.org/x/exp/trace", numbers, traces, len(releases))
	}
}

// tie is how much a sum may differ in traces of the first format. The reference puts events of
// one tick of the clock into an order that is another one each time, 1 ns after each other.
const tie = 64 * time.Nanosecond

// add adds up how often things happened.
func add(all *Totals, t Totals) {
	all.SchedDelay.Count += t.SchedDelay.Count
	all.GCAssist.Count += t.GCAssist.Count
	all.Tasks.Count += t.Tasks.Count
	all.Preempted += t.Preempted
	all.GCSuspended += t.GCSuspended
	all.TimerWakeups += t.TimerWakeups
	all.TimerCreates += t.TimerCreates
}

// requireEverything wants each thing to have happened.
func requireEverything(t *testing.T, all Totals) {
	t.Helper()
	for name, n := range map[string]uint64{
		"sched_delay": all.SchedDelay.Count, "gc_assist": all.GCAssist.Count, "tasks": all.Tasks.Count,
		"preempted": all.Preempted, "gc_suspended": all.GCSuspended,
		"timer_wakeups": all.TimerWakeups, "timer_creates": all.TimerCreates,
	} {
		require.Greater(t, n, uint64(10), name)
	}
}

// count returns how many numbers there are.
func count(t Totals) int {
	return 3*(3+len(t.Block)+len(t.STW)) + 4 + len(t.Created) + len(t.Ended)
}

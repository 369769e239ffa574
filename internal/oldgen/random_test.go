package oldgen_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/oldgen"
)

// TestRandom: the reference reads what is written here, and all of it is there.
func TestRandom(t *testing.T) {
	for _, version := range []int{11, 19, 21} {
		kinds, names := make(map[trace.EventKind]int), make(map[string]int)
		for seed := range uint64(20) {
			data := oldgen.Random(seed, oldgen.Shape{Version: version, Procs: 4, Events: 1000, Seconds: 3})
			require.Equal(t, data, oldgen.Random(seed, oldgen.Shape{Version: version, Procs: 4, Events: 1000, Seconds: 3}))
			r, err := trace.NewReader(bytes.NewReader(data))
			require.NoError(t, err, "go1.%d, seed %d", version, seed)
			var last trace.Time
			for {
				ev, err := r.ReadEvent()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err, "go1.%d, seed %d", version, seed)
				kinds[ev.Kind()]++
				names[nameOf(&ev)]++
				last = ev.Time()
			}
			require.Greater(t, last, trace.Time(2e9))
		}
		for _, k := range []trace.EventKind{
			trace.EventMetric, trace.EventLabel, trace.EventRangeBegin, trace.EventRangeEnd, trace.EventTaskBegin,
			trace.EventTaskEnd, trace.EventRegionBegin, trace.EventRegionEnd, trace.EventLog, trace.EventStateTransition,
		} {
			require.Positive(t, kinds[k], "go1.%d: %v", version, k)
		}
		require.Equal(t, version >= 19, kinds[trace.EventStackSample] > 0)
		for _, name := range []string{
			"Undetermined→Runnable", "Undetermined→Waiting", "Undetermined→Syscall", "Undetermined→Running",
			"NotExist→Runnable", "Runnable→Running", "Running→NotExist", "Waiting→Runnable",
			"Running→Waiting network", "Running→Waiting sleep", "Running→Waiting sync", "Running→Waiting select",
			"Running→Runnable preempted", "Running→Runnable runtime.Gosched",
			"Running→Syscall", "Syscall→Running", "Syscall→Runnable",
		} {
			require.Positive(t, names[name], "go1.%d: %s", version, name)
		}
	}
}

func nameOf(ev *trace.Event) string {
	if ev.Kind() != trace.EventStateTransition || ev.StateTransition().Resource.Kind != trace.ResourceGoroutine {
		return ""
	}
	from, to := ev.StateTransition().Goroutine()
	s := fmt.Sprintf("%v→%v", from, to)
	if r := ev.StateTransition().Reason; r != "" {
		s += " " + r
	}
	return s
}

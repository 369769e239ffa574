package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// TestRelabelled: what happens does not depend on the numbers of those it happens to. A
// trace under other names ([tracegen.Relabel]) tells the same at the same nanoseconds, of
// the others.
func TestRelabelled(t *testing.T) {
	t.Parallel()
	traces := make(map[string][]byte)
	for _, v := range versions {
		for _, shape := range []tracegen.Shape{
			{Version: v, Threads: 16, Procs: 8, Goroutines: 300, Events: 5_000, Generations: 4, Distinct: true},
			{Version: v, Threads: 16, Procs: 8, Goroutines: 300, Events: 5_000, Generations: 4, Skew: 2_000},
		} {
			traces["random "+shape.String()] = tracegen.Random(1, shape)
			traces["service "+shape.String()] = tracegen.Service(1, shape)
		}
	}
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		traces[tr.String()] = data
	}
	told := 0
	for name, data := range traces {
		names := tracegen.Scrambled(uint64(len(data)))
		other, err := tracegen.Relabel(data, names)
		require.NoError(t, err, name)
		want, got := collect(t, data), collect(t, other)
		require.Len(t, got, len(want), name)
		for i := range want {
			if e := relabelled(want[i], names); got[i] != e {
				t.Fatalf("%s: event %d:\ngot  %v\nwant %v", name, i, got[i], e)
			}
		}
		told += len(got)
	}
	t.Logf("%d traces, %d observations", len(traces), told)
}

func collect(t *testing.T, data []byte) (events []event) {
	t.Helper()
	require.NoError(t, readOurs(data, func(e event) { events = append(events, e) }))
	return events
}

// relabelled returns what an event is under other names.
func relabelled(e event, n tracegen.Names) event {
	rename := func(id *int64, to func(uint64) uint64, nothing int64) {
		if *id != nothing {
			*id = int64(to(uint64(*id)))
		}
	}
	rename(&e.thread, n.Thread, -1)
	rename(&e.proc, n.Proc, -1)
	rename(&e.g, n.Goroutine, 0)
	switch {
	case e.kind == "proc", e.text == "GC incremental sweep":
		rename(&e.subject, n.Proc, -1)
	default:
		rename(&e.subject, n.Goroutine, 0)
	}
	tasks := 0
	switch e.kind {
	case "TaskBegin", "TaskEnd":
		tasks = 2
	case "RegionBegin", "RegionEnd", "Log":
		tasks = 1
	}
	for i := range tasks {
		if e.num[i] != 0 {
			e.num[i] = n.Task(e.num[i])
		}
	}
	return e
}

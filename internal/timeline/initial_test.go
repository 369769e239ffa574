package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// listed is a generation that lists a P, goroutines, and ranges that are going on.
func listed() []ev {
	return then(running, []ev{
		on(1, wire.EvGCActive, 5),
		on(1, wire.EvGCSweepActive, 0),
		on(1, wire.EvGCMarkAssistActive, 1),
		on(1, wire.EvProcStatus, 1, procIdle),
		on(1, wire.EvGoStatus, 2, wire.NoThread, goWaiting),
		on(1, wire.EvGoStatus, 3, 7, goSyscall),
	})
}

// TestFirstGenerationWithoutEvents: a generation in which nothing happens says nothing, and
// what the next one lists was there before. A profile's samples alone say nothing either.
func TestFirstGenerationWithoutEvents(t *testing.T) {
	for name, trace := range map[string][]byte{
		"one":          write(nil, listed()),
		"two":          write(nil, nil, listed()),
		"only samples": sampled(listed()),
	} {
		t.Run(name, func(t *testing.T) {
			require.Positive(t, compare(t, trace))

			r := newHearing().read(trace)
			require.NoError(t, r.err)
			lists := r.of(nil, detectors.GoList)
			require.Len(t, lists, 3)
			for _, o := range lists {
				require.Equal(t, detectors.Undetermined, o.From)
			}
			procs := r.of(nil, detectors.ProcChange)
			require.Len(t, procs, 2)
			for _, o := range procs {
				require.Equal(t, detectors.ProcUndetermined, o.ProcFrom)
			}
			require.Len(t, r.of(nil, detectors.MarkActive, detectors.SweepActive, detectors.AssistActive), 3)
			for i, w := range r.windows {
				require.Equal(t, i == 0, w.Fresh)
			}
		})
	}

	// After a gap it is the same, and what was known before it is not known.
	r := newHearing().read(write(running, nil, nil, listed()), 2)
	require.NoError(t, r.err)
	require.Len(t, r.of(nil, detectors.GoList), 4)
}

// sampled is a trace whose first generation has a CPU sample and no event.
func sampled(events []ev) []byte {
	tr := tracegen.New(wire.Go126)
	g := tr.Generation(1)
	g.Sync(1e9, tracegen.Snapshot{Time: 900})
	g.CPUSample(950, 1, 0, 1, 0)
	g = tr.Generation(2)
	g.Sync(1e9, tracegen.Snapshot{Time: 1_000})
	b := g.Batch(1, 1_000)
	for _, e := range events {
		b.Event(e.typ, 10, e.args...)
	}
	return tr.Bytes()
}

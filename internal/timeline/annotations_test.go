package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestAnnotations(t *testing.T) {
	for _, v := range versions {
		w := tracegen.NewWorld(v)
		w.ClockUnit(1)
		m := w.Thread(100, w.Proc(0))
		g := w.Goroutine(1, wire.GoRunnable, 0)
		m.Running(g)
		m.ProcsChange(1_000, 4, 0)
		m.Label(1_500, "GC (idle)")
		outer := m.TaskBegin(2_000, 0, "request", w.Stack("main.serve"))
		inner := m.TaskBegin(3_000, outer, "query", 0)
		m.RegionBegin(3_500, inner, "decode", 0)
		m.RegionBegin(3_600, inner, "parse", 0)
		w.NextGeneration(4_000)
		m.Log(5_000, inner, "user", "bob", w.Stack("main.log"))
		m.Sample(5_500, w.Stack("main.hot"))
		m.RegionEnd(6_000, inner, "parse", 0)
		m.RegionEnd(6_100, inner, "decode", 0)
		m.TaskEnd(7_000, inner, 0)
		m.TaskEnd(8_000, outer, 0)
		m.TaskEnd(8_100, outer, 0)          // a second time
		m.TaskEnd(8_200, 77, 0)             // began before the trace
		m.RegionEnd(8_300, 77, "before", 0) // so did this
		r := readWorld(t, w)

		require.EqualValues(t, 4, r.one(t, nil, detectors.ProcsChange).Value)
		require.Equal(t, 4, r.windows[0].Procs)
		label := r.one(t, g, detectors.GoLabel)
		require.Equal(t, "GC (idle)", label.Text)

		begin := r.of(nil, detectors.TaskBegin)
		require.Equal(t, detectors.TaskID(outer), begin[1].Parent)
		require.Equal(t, "main.serve", r.top(begin[0].Stack))
		ends := r.of(nil, detectors.TaskEnd)
		require.Equal(t, []int64{4_000, 6_000, -1, -1}, durations(ends), "go1.%d", v)
		require.Equal(t, "query", ends[0].Text, "from its beginning, a generation ago")
		require.Equal(t, detectors.TaskID(outer), ends[0].Parent)
		require.Empty(t, ends[2].Text)

		regions := r.of(g, detectors.RegionEnd)
		require.Equal(t, []int64{2_400, 2_600, -1}, durations(regions))
		require.Equal(t, "parse", regions[0].Text)

		log := r.one(t, nil, detectors.Log)
		require.Equal(t, []string{"user", "bob", "main.log"}, []string{log.Text, log.Text2, r.top(log.Stack)})
		sample := r.one(t, nil, detectors.CPUSample)
		require.Equal(t, "main.hot", r.top(sample.Stack))
		require.Equal(t, detectors.GoID(1), sample.By)
		require.Equal(t, detectors.ProcID(0), sample.Proc)
		require.Equal(t, detectors.ThreadID(100), sample.Thread)
	}
}

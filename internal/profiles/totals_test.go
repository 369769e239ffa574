package profiles

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// totals are a trace's, as the timeline makes them.
type totals struct {
	starts, ran        detectors.Sum
	waits              [detectors.NumReasons]detectors.Sum
	preempted, created uint64
}

func (s *totals) window(w *detectors.Window) {
	t := w.Totals
	s.starts.Merge(t.All.Starts)
	s.ran.Merge(t.Ran.Sum())
	for _, x := range t.Others {
		s.ran.Merge(x)
	}
	for _, class := range t.Waits {
		for r, x := range class {
			s.waits[r].Merge(x)
		}
	}
	s.preempted += t.All.Preempted
	for _, x := range t.All.Begun {
		s.created += x.Created
	}
}

func (s *totals) waited(reasons ...detectors.Reason) (all detectors.Sum) {
	for _, r := range reasons {
		all.Merge(s.waits[r])
	}
	return all
}

// TestTotals: in traces of either format the sums are those that the timeline makes while it reads.
func TestTotals(t *testing.T) {
	t.Parallel()
	for _, tr := range append(recorded.Old(), recorded.All()...) {
		data, err := tr.Bytes()
		require.NoError(t, err)
		code := detectors.NewCode()
		c, err := New(code, Kinds()...)
		require.NoError(t, err)
		var want totals
		require.NoError(t, read(data, code, []timeline.Observer{c.Observer()}, func(w *detectors.Window) {
			c.Window(w)
			want.window(w)
		}))
		for kind, x := range map[Kind]detectors.Sum{
			Sched:   want.starts,
			Running: want.ran,
			Network: want.waited(detectors.ReasonNetwork),
			Mutex:   want.waited(detectors.ReasonSync, detectors.ReasonCond),
			Channel: want.waited(detectors.ReasonChanSend, detectors.ReasonChanReceive),
			Select:  want.waited(detectors.ReasonSelect),
			Sleep:   want.waited(detectors.ReasonSleep),
			GC: want.waited(detectors.ReasonAssist, detectors.ReasonSweep, detectors.ReasonUntilGCEnds,
				detectors.ReasonWeakToStrong, detectors.ReasonPreempted),
		} {
			require.Equal(t, sum{int64(x.Count), x.Total}, total(c.Profile(kind)), "%v %s", tr, kind)
		}
		require.EqualValues(t, want.created, total(c.Profile(Goroutines)).count, tr)
		require.EqualValues(t, want.preempted, total(c.Profile(Preempt)).count+int64(len(c.preempted)), tr)
	}
}

package tracewatch_test

import (
	"compress/gzip"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// besideWatch is a detector that is told of windows in which the watch itself ran for very long besides.
type besideWatch struct{ detectors.Detector }

func (b besideWatch) New(code *detectors.Code) (detectors.State, error) {
	state, err := b.Detector.New(code)
	return besideWatchState{state}, err
}

type besideWatchState struct{ detectors.State }

func (b besideWatchState) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	changed, totals := *w, *w.Totals
	totals.Others[detectors.ClassWatch].Total += time.Minute
	changed.Totals = &totals
	return b.State.Judge(&changed)
}

// TestWatchIsNotBlamedOnOthers: whoever was late when the watch itself had the Ps, because somebody looked at its page, is no
// evidence against the service.
func TestWatchIsNotBlamedOnOthers(t *testing.T) {
	for name, d := range map[string]detectors.Detector{
		"shop-hash-bursts":           detectors.SchedDelay{},
		"timers-aligned":             detectors.TimerStorm{},
		"simulations-beside-service": detectors.PreemptRate{},
	} {
		t.Run(name, func(t *testing.T) {
			found := func(d detectors.Detector) int {
				f, err := os.Open("testdata/dumps/" + name + ".trace.gz")
				require.NoError(t, err)
				defer f.Close()
				plain, err := gzip.NewReader(f)
				require.NoError(t, err)
				report, err := tracewatch.Analyze(t.Context(), plain, tracewatch.WithDetectors(d), tracewatch.WithCooldown(0))
				require.NoError(t, err)
				return len(report.Anomalies)
			}
			require.NotZero(t, found(d))
			require.Zero(t, found(besideWatch{d}))
		})
	}
}

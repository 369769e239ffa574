package tracewatch

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
)

// crier is a detector that always finds something.
type crier struct{}

func (crier) Spec() detectors.Spec { return detectors.Spec{Kind: "crier", Doc: "It cries."} }

func (crier) New(*detectors.Code) (detectors.State, error) { return crier{}, nil }

func (crier) Observe(*detectors.Observation) {}

func (crier) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	return []detectors.Finding{{Start: w.Start, End: w.End, Score: 1}}, detectors.Verdict{Applicable: true, Value: 1}
}

// TestQuiet: a verdict says how often its rule spoke, how often it was kept quiet, and for how long it still is.
func TestQuiet(t *testing.T) {
	data, err := recorded.Trace{Go: "1.26", Name: "flightrecorder.stream"}.Bytes()
	require.NoError(t, err)

	report, err := Analyze(context.Background(), bytes.NewReader(data), WithDetectors(crier{}))
	require.NoError(t, err)
	windows := report.Stats.Windows
	require.Greater(t, windows, uint64(2))
	v := report.Verdicts[0]
	require.Equal(t, "It cries.", v.Doc)
	require.EqualValues(t, 1, v.Fired)
	require.Equal(t, windows-1, v.Suppressed)
	first := report.Heat[0]
	require.Equal(t, time.Minute-report.To.Sub(first.End), v.Quiet)

	report, err = Analyze(context.Background(), bytes.NewReader(data), WithDetectors(crier{}), WithCooldown(0))
	require.NoError(t, err)
	v = report.Verdicts[0]
	require.EqualValues(t, min(windows, limitCount), v.Fired)
	require.Equal(t, windows-v.Fired, v.Suppressed)
	require.Zero(t, v.Quiet)
	for i, a := range report.Anomalies {
		require.EqualValues(t, i+1, a.Number)
	}
	data2, err := report.Anomalies[1].MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, string(data2), `"number":2,`)

	// What was found at another time is not in the report of a part.
	part, err := Analyze(context.Background(), bytes.NewReader(data), WithDetectors(crier{}), WithCooldown(0), Between(0, time.Millisecond))
	require.NoError(t, err)
	require.Less(t, len(part.Anomalies), len(report.Anomalies))
	require.Equal(t, report.Anomalies[0].TraceStart, part.Anomalies[0].TraceStart)
}

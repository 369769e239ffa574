package tracewatch

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// TestNamesDoNotMatter: what is found does not depend on the numbers of goroutines, Ps,
// threads, stacks and strings. A trace in which they change places has the same anomalies,
// verdicts, statistics and totals, of the others.
func TestNamesDoNotMatter(t *testing.T) {
	traces := judgedTraces()
	for _, tr := range recorded.All() {
		if !strings.HasPrefix(tr.Name, "flightrecorder.") {
			data, err := tr.Bytes()
			require.NoError(t, err)
			traces["silent "+tr.String()] = data
		}
	}
	var n tally
	for name, data := range traces {
		anomalies := 0
		want := judges(t, engineOf(t, detectors.Default()...), split(t, data), tracegen.Names{})
		wantSums := sumsOf(t, data)
		for seed := range uint64(3) {
			names := tracegen.Scrambled(seed)
			other, err := tracegen.Relabel(data, names)
			require.NoError(t, err)
			got := judges(t, engineOf(t, detectors.Default()...), split(t, other), names) // twice is not at all
			anomalies += requireSameJudged(t, want, got, name)
			require.Equal(t, wantSums, sumsOf(t, other), name)
		}
		n.add(t, name, anomalies)
	}
	n.done(t, "under other names")
}

// sumsOf returns the statistics and totals of a whole analysis, but for how many bytes it
// read: some numbers are longer under other names.
func sumsOf(t *testing.T, data []byte) Report {
	t.Helper()
	report, err := Analyze(context.Background(), bytes.NewReader(data), WithCooldown(0))
	require.NoError(t, err)
	report.Stats.Bytes, report.Stats.HistoryBytes = 0, 0
	return Report{Stats: report.Stats, Totals: report.Totals}
}

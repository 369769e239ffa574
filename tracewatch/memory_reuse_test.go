package tracewatch

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// TestFindingsWithMemoryUsedAgain: with the least history, a generation's memory is used for
// the next but one, and nothing that is told may still point there. With the most it is not.
func TestFindingsWithMemoryUsedAgain(t *testing.T) {
	traces := judgedTraces()
	for _, release := range []string{"1.22", "1.24", "1.25", "1.27"} {
		data, err := recorded.Trace{Go: release, Name: "annotations"}.Bytes() // a second and more
		require.NoError(t, err)
		traces["silent go"+release] = data
	}
	var n tally
	for name, data := range traces {
		want, anomalies := remembering(t, data, 1<<30, time.Hour)
		got, _ := remembering(t, data, 1<<20, time.Second)
		requireSame(t, want, got, name)
		n.add(t, name, anomalies)
	}
	n.done(t, "with memory used again")
}

// remembering analyses a trace with that much history, and returns all there is to say but
// how much of it was kept.
func remembering(t *testing.T, data []byte, size int, age time.Duration) (lines []string, anomalies int) {
	t.Helper()
	var w witness
	report, err := Analyze(context.Background(), bytes.NewReader(data), append(witnessed(&w), WithHistory(size, age), WithCooldown(time.Minute))...) // as in wordsOf
	require.NoError(t, err)
	lines = w.told
	for _, a := range report.Anomalies {
		lines = append(lines, inWords(t, a, tracegen.Names{}))
	}
	report.Stats.HistoryBytes = 0
	return append(lines, fmt.Sprintf("%+v %+v %+v", report.Totals, report.Stats, report.Verdicts)), len(report.Anomalies)
}

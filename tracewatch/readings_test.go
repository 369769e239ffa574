package tracewatch

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A loss is recent for a minute.
func TestLossesBefore(t *testing.T) {
	l := newLogbook(t.TempDir())
	lost := func(n uint64) (all [detectors.NumFaults]uint64) {
		all[detectors.LossRecorder] = n
		return all
	}
	at := time.Now()
	require.Zero(t, l.before(lost(0), at))
	require.Zero(t, l.before(lost(3), at.Add(10*time.Second)), "just lost")
	require.Zero(t, l.before(lost(5), at.Add(60*time.Second)))
	require.EqualValues(t, 3, l.before(lost(5), at.Add(71*time.Second)), "three of them a minute ago")
	require.EqualValues(t, 5, l.before(lost(5), at.Add(121*time.Second)))
	require.EqualValues(t, 5, l.before(lost(6), at.Add(200*time.Second)))
	require.Len(t, l.lost, 2, "what is older is forgotten")
}

// What the watch reads of the machine reaches its detectors through the trace, and whoever
// reads the trace later finds the same.
func TestReadingsAreInTheTrace(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the clock's source is reported by Linux alone")
	}
	root := t.TempDir()
	source := filepath.Join(root, "sys/devices/system/clocksource/clocksource0/current_clocksource")
	require.NoError(t, os.MkdirAll(filepath.Dir(source), 0o755))
	require.NoError(t, os.WriteFile(source, []byte("hpet\n"), 0o644))
	found := make(chan *Anomaly, 10)
	w, err := Start(t.Context(), WithHostRoot(root), WithDetectors(detectors.ClockDrift{}),
		OnAnomaly(func(_ context.Context, a *Anomaly) { found <- a }))
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Stop()) }()
	var live *Anomaly
	select {
	case live = <-found:
	case <-time.After(time.Minute):
		t.Fatalf("the kernel's clock is not spoken of: %+v", w.Verdicts())
	}
	require.Equal(t, "the kernel reads the time from hpet", live.Summary)

	var trace bytes.Buffer
	_, err = w.WriteTrace(&trace)
	require.NoError(t, err)
	report, err := Analyze(t.Context(), &trace, WithDetectors(detectors.ClockDrift{}))
	require.NoError(t, err)
	require.NotEmpty(t, report.Anomalies)
	read := report.Anomalies[0]
	require.Equal(t, live.Summary, read.Summary)
	require.Equal(t, live.TraceStart, read.TraceStart)
	require.Equal(t, live.TraceEnd, read.TraceEnd)
}

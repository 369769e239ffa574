// Package scenariotest has what the tests of all scenarios need.
package scenariotest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/traceback"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// Start starts a program that must have goroutines while it runs, and none that are left when the
// test has ended.
func Start(t *testing.T, s scenario.Scenario) scenario.Program {
	t.Helper()
	// Connections of net/http and of some libraries close a moment after they are told to.
	leaktest.Check(t, leaktest.Grace(10*time.Second))
	before := goroutines()
	p, err := s.Start(t.Context())
	require.NoError(t, err)
	time.Sleep(300 * time.Millisecond)
	require.NotSubset(t, before, goroutines(), "the program is not seen while it runs")
	return p
}

func goroutines() []detectors.GoID {
	var r traceback.Reader
	all, _ := r.All()
	ids := make([]detectors.GoID, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	return ids
}

package tracewatch_test

import (
	"context"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// forget starts a goroutine that nobody can ever wake: its channel is known to nobody else.
//
//go:noinline
func forget() {
	never := make(chan int)
	go func() { <-never }()
}

// TestProven: goroutines that nothing could wake are proven to be stuck where the runtime can
// tell that, which Go 1.26 cannot.
func TestProven(t *testing.T) {
	found := make(chan *tracewatch.Anomaly, 10)
	w, err := tracewatch.Start(t.Context(), tracewatch.OnAnomaly(func(_ context.Context, a *tracewatch.Anomaly) { found <- a }))
	require.NoError(t, err)
	defer func() { require.NoError(t, w.Stop()) }()
	often := time.NewTicker(50 * time.Millisecond)
	defer often.Stop()
	patience := time.After(time.Minute)
	for started := 0; ; {
		select {
		case <-often.C:
			forget()
			started++
		case a := <-found:
			if a.Kind != "goroutine-leak" {
				continue
			}
			require.Contains(t, a.Site.Func, "tracewatch_test.forget")
			if pprof.Lookup("goroutineleak") == nil {
				require.Zero(t, a.Proven())
				return
			}
			require.Greater(t, a.Proven(), started/2)
			require.LessOrEqual(t, a.Proven(), started)
			text, err := a.MarshalJSON()
			require.NoError(t, err)
			require.Contains(t, string(text), `"proven":`)
			return
		case <-patience:
			t.Fatalf("no leak was found; %+v", w.Verdicts())
		}
	}
}

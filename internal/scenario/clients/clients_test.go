package clients

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/scenariotest"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// Every program runs for a moment without an error, slow too, and leaves nothing behind.
func TestStopLeavesNothing(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			p := scenariotest.Start(t, s)
			require.NoError(t, p.Break(scenario.Mild))
			time.Sleep(300 * time.Millisecond)
			require.NoError(t, p.Stop())
			require.NoError(t, p.Stop(), "a second time")
		})
	}
}

// The watcher says nothing of a healthy program, and finds the server that is slow.
func TestWatched(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some minutes")
	}
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			w := newWatched(t)
			p, err := s.Start(t.Context())
			require.NoError(t, err)
			if s.Kind == "" {
				time.Sleep(9 * time.Second)
			} else {
				time.Sleep(5 * time.Second)
				require.Empty(t, w.anomalies(), "before the server was slow")
				require.NoError(t, p.Break(scenario.Severe))
				w.await(s.Kind, 10*time.Second)
			}
			waits := w.stop()
			require.NoError(t, p.Stop())
			found := w.anomalies()
			for _, a := range found {
				t.Logf("%s at %s: %s", a.Kind, a.Site, a.Summary)
			}
			if s.Kind == "" {
				require.Zero(t, len(found), "false alarms; the waits were:\n%s", waits)
				return
			}
			require.NotZero(t, len(found), "nothing was found; the waits were:\n%s", waits)
			for _, a := range found {
				require.Equal(t, s.Kind, a.Kind, "%s; the waits were:\n%s", a.Summary, waits)
				require.Contains(t, s.Sites, a.Site.Func, "%s; the waits were:\n%s", a.Summary, waits)
			}
		})
	}
}

// watched is the watcher of a test.
type watched struct {
	t    *testing.T
	w    *tracewatch.Watcher
	news chan *tracewatch.Anomaly
}

func newWatched(t *testing.T) *watched {
	x := &watched{t: t, news: make(chan *tracewatch.Anomaly, 100)}
	var err error
	x.w, err = tracewatch.Start(context.WithoutCancel(t.Context()),
		tracewatch.OnAnomaly(func(_ context.Context, a *tracewatch.Anomaly) { x.news <- a }))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.w.Stop()) })
	return x
}

func (x *watched) anomalies() []*tracewatch.Anomaly { return x.w.Anomalies() }

// await waits until a kind is found and a second longer, or so long.
func (x *watched) await(kind string, d time.Duration) {
	deadline := time.After(d)
	for {
		select {
		case <-deadline:
			return
		case a := <-x.news:
			if a.Kind == kind {
				time.Sleep(time.Second)
				return
			}
		}
	}
}

// stop ends the watch and returns what the last half minute's waits were.
func (x *watched) stop() string {
	var trace bytes.Buffer
	_, err := x.w.WriteTrace(&trace)
	require.NoError(x.t, err)
	require.NoError(x.t, x.w.Stop())
	return strings.Join(waits(x.t, &trace), "\n")
}

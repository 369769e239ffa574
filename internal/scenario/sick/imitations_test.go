package sick

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime/trace"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	xtrace "golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// TestClock asks of both programs that the clock source is another one some time after the fault,
// and of the second that it changes back.
func TestClock(t *testing.T) {
	for _, c := range []struct {
		sc        scenario.Scenario
		strengths []scenario.Strength
		back      bool
	}{
		{clockGivenUp(), []scenario.Strength{scenario.Mild, scenario.Severe}, false},
		{clockFlips(), []scenario.Strength{scenario.Severe}, true}, // a mild one does the same, slower
	} {
		for _, strength := range c.strengths {
			t.Run(c.sc.Name+"/"+string(strength), func(t *testing.T) {
				p, err := c.sc.Start(t.Context())
				require.NoError(t, err)
				source := func() string {
					b, err := os.ReadFile(filepath.Join(c.sc.Watch.HostRoot, filepath.FromSlash(clockSource)))
					require.NoError(t, err)
					return string(b)
				}
				require.Equal(t, "tsc\n", source())
				require.NoError(t, p.Break(strength))
				require.Eventually(t, func() bool { return source() != "tsc\n" }, 5*time.Second, 10*time.Millisecond)
				if c.back {
					require.Eventually(t, func() bool { return source() == "tsc\n" }, 10*time.Second, 10*time.Millisecond)
				}
				require.NoError(t, p.Stop())
				require.NoDirExists(t, c.sc.Watch.HostRoot)
			})
		}
	}
}

// TestRecorderOverwritten collects from a flight recorder, more often than a slow watcher does, and
// asks whether a collection goes on where the one before ended.
func TestRecorderOverwritten(t *testing.T) {
	sc := recorderOverwritten()
	for _, strength := range []scenario.Strength{"", scenario.Mild, scenario.Severe} {
		t.Run("strength "+string(strength), func(t *testing.T) {
			p, err := sc.Start(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, p.Stop()) }()
			if strength != "" {
				require.NoError(t, p.Break(strength))
			}
			recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 10 * time.Second, MaxBytes: uint64(sc.Watch.HistoryBytes)})
			require.NoError(t, recorder.Start())
			defer recorder.Stop()
			var before, after bytes.Buffer
			_, err = recorder.WriteTo(&before)
			require.NoError(t, err)
			first := read(t, &before)
			time.Sleep(2500 * time.Millisecond)
			_, err = recorder.WriteTo(&after)
			require.NoError(t, err)
			size := after.Len()
			reader, err := xtrace.NewReader(&after)
			require.NoError(t, err)
			second, err := reader.ReadEvent() // the rest would take long
			require.NoError(t, err)
			lost := max(0, second.Time().Sub(first.last))
			t.Logf("lost %v; %d kB, then %d", lost, first.bytes/1e3, size/1e3)
			require.Equal(t, strength != "", lost > 100*time.Millisecond)
		})
	}
}

// TestQueueOverflows asks whether the stream brings more than a slow watcher's queue has room for
// between two collections.
func TestQueueOverflows(t *testing.T) {
	sc := queueOverflows()
	for _, strength := range []scenario.Strength{"", scenario.Mild, scenario.Severe} {
		t.Run("strength "+string(strength), func(t *testing.T) {
			p, err := sc.Start(t.Context())
			require.NoError(t, err)
			defer func() { require.NoError(t, p.Stop()) }()
			if strength != "" {
				require.NoError(t, p.Break(strength))
			}
			var stream counter
			begin := time.Now()
			require.NoError(t, trace.Start(&stream))
			time.Sleep(700 * time.Millisecond)
			trace.Stop()
			between := int(float64(stream) / time.Since(begin).Seconds() * (10 * sc.Watch.Hold).Seconds())
			t.Logf("%d kB between collections, room for %d", between/1e3, sc.Watch.HistoryBytes/1e3)
			if strength == "" {
				require.Less(t, between, sc.Watch.HistoryBytes/2)
			} else {
				require.Greater(t, between, 2*sc.Watch.HistoryBytes)
			}
		})
	}
}

// counter counts the bytes that are written to it.
type counter int

var _ io.Writer = (*counter)(nil)

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

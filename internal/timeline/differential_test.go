package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/recorded"
)

// TestDifferential compares this package with golang.org/x/exp/trace, event for
// event and to the nanosecond, on every recorded trace.
func TestDifferential(t *testing.T) {
	traces, events := 0, 0
	releases := make(map[string]bool)
	for _, tr := range recorded.All() {
		t.Run(tr.String(), func(t *testing.T) {
			data, err := tr.Bytes()
			require.NoError(t, err)
			n := compare(t, data)
			t.Logf("%d events", n)
			traces++
			events += n
			releases[tr.Go] = true
		})
	}
	t.Logf("compared %d traces of %d versions, %d events, 0 differences from golang.org/x/exp/trace", traces, len(releases), events)
	require.NotZero(t, events)
}

// compare fails the test at the first event that differs, and returns how many
// events were the same.
func compare(t *testing.T, data []byte) int {
	t.Helper()
	var want []event
	require.NoError(t, readReference(data, func(e event) { want = append(want, e) }), "reference")
	n := 0
	err := readOurs(data, func(got event) {
		if t.Failed() {
			return
		}
		if n >= len(want) {
			t.Errorf("event %d is one too many:\n%v", n, got)
			return
		}
		if got != want[n] {
			t.Errorf("event %d:\ngot  %v\nwant %v", n, got, want[n])
		}
		n++
	})
	require.NoError(t, err, "ours, after %d events of %d", n, len(want))
	if !t.Failed() {
		require.Equal(t, len(want), n, "events")
	}
	return n
}

package timeline

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// extent is how much there is in a generation.
type extent struct {
	events uint64
	alive  int
}

// extents reads a trace as New makes a timeline for those observers, until the first error.
func extents(data []byte, observers ...Observer) (all []extent, err error) {
	tl := New(detectors.NewCode(), observers)
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		if err != nil {
			return
		}
		var g *wire.Generation
		if g, err = wire.Parse(raw); err != nil {
			return
		}
		var w detectors.Window
		if w, err = tl.Feed(g); err != nil {
			return
		}
		e := extent{events: w.Events}
		for range w.Goroutines {
			e.alive++
		}
		all = append(all, e)
	}}
	_, werr := s.Write(data)
	if werr == nil {
		werr = s.Close()
	}
	return all, errors.Join(err, werr)
}

// checkEither reads a trace in the order of time, as for somebody who wants to hear of
// everything, and thread by thread, as for nobody. What can be read in the first order can be
// read in the second, and is as much.
func checkEither(t *testing.T, data []byte, name string) {
	t.Helper()
	everything := Observer{Observes: allKinds, Observe: func(*detectors.Observation) {}}
	want, err := extents(data, everything)
	got, gotErr := extents(data)
	if err == nil {
		require.NoError(t, gotErr, "%s: thread by thread", name)
	}
	require.GreaterOrEqual(t, len(got), len(want), "%s: thread by thread: %v", name, gotErr)
	for i := range want {
		require.Equal(t, want[i], got[i], "%s: generation %d, thread by thread", name, i)
	}
}

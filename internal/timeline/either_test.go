package timeline

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
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
// read in the second, and is as much. It need not be if something is listed twice.
func checkEither(t *testing.T, data []byte, name string) {
	t.Helper()
	if listedTwice(data) {
		return
	}
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

// listedTwice reports whether a generation lists a P or a goroutine twice, which the runtime never
// does. Its events are numbered anew from there, and only time tells from where.
func listedTwice(data []byte) bool {
	twice := false
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		if err != nil {
			return
		}
		procs, goroutines := make(map[uint64]bool), make(map[uint64]bool)
		for i := range g.Threads {
			for c := g.Cursor(i); c.Next(); {
				var listed map[uint64]bool
				switch c.Type {
				case wire.EvProcStatus:
					listed = procs
				case wire.EvGoStatus, wire.EvGoStatusStack:
					listed = goroutines
				default:
					continue
				}
				if !c.Load() {
					break
				}
				twice = twice || listed[c.Args[0]]
				listed[c.Args[0]] = true
			}
		}
	}}
	_, _ = s.Write(data)
	_ = s.Close()
	return twice
}

// TestListedOnce: what the runtime writes and what is generated lists nothing twice, so that
// checkEither holds for all of it.
func TestListedOnce(t *testing.T) {
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		require.False(t, listedTwice(data), tr.Name)
	}
	twice := 0
	for data, changes := range unchosen() {
		if listedTwice(data) {
			require.NotEmpty(t, changes)
			twice++
		}
	}
	t.Logf("%d of 400 list something twice", twice)
	require.Less(t, twice, 40, "hardly any of those that are changed")
}

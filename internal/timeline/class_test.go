package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

var classOf = map[string]detectors.Class{
	"main.worker":                   detectors.ClassUser,
	"net/http.(*conn).serve":        detectors.ClassUser,
	"runtime.main":                  detectors.ClassUser,
	"runtime.cgocallbackg":          detectors.ClassUser,
	"runtime.bgsweep":               detectors.ClassSystem,
	"runtime.gcBgMarkWorker":        detectors.ClassSystem,
	"runtime/trace.Start.func1":     detectors.ClassWatch,
	"runtime/trace.(*recorder).run": detectors.ClassWatch,
	"github.com/gotracewatch/tracewatch/tracewatch.Start.func1":                      detectors.ClassWatch,
	"github.com/gotracewatch/tracewatch/internal/capture.(*Stream).Start.func1":      detectors.ClassWatch,
	"github.com/gotracewatch/tracewatch/tracewatchhttp.Handler.func1":                detectors.ClassUser,
	"github.com/gotracewatch/tracewatch/internal/timeline.TestSchedulingDelay.func1": detectors.ClassUser,
}

// TestClassOfNewborn: where it will begin tells.
func TestClassOfNewborn(t *testing.T) {
	for fn, want := range classOf {
		w := tracegen.NewWorld(wire.Go126)
		m := w.Thread(100, w.Proc(0))
		m.Running(w.Goroutine(1, wire.GoRunnable, 0))
		g := m.Create(10_000, w.Stack(fn), 0)
		r := readWorld(t, w)
		o := r.one(t, g, detectors.GoCreate)
		require.Equal(t, want, o.G.Class, fn)
		require.Equal(t, fn, r.code.Site(o.G.Start).Func)
	}
}

// TestClassOfListed: the first stack with which it is seen tells, in the list where that
// has stacks, else when it stops.
func TestClassOfListed(t *testing.T) {
	for _, v := range versions {
		for fn, want := range classOf {
			w := tracegen.NewWorld(v)
			m := w.Thread(100, w.Proc(0))
			stack := w.Stack("runtime.gopark", fn)
			quiet := w.Goroutine(1, wire.GoWaiting, stack)
			busy := w.Goroutine(2, wire.GoRunnable, stack)
			m.Start(10_000, busy)
			m.Block(20_000, "system goroutine wait", stack)
			r := readWorld(t, w)

			park := r.one(t, busy, detectors.GoPark)
			require.Equal(t, want, park.G.Class, "go1.%d %s", v, fn)
			require.Equal(t, fn, r.code.Site(park.G.Start).Func)
			require.Zero(t, r.one(t, busy, detectors.GoStart).G.Start, "not known yet")

			list := r.one(t, quiet, detectors.GoList)
			if v >= wire.Go123 {
				require.Equal(t, want, list.G.Class, "go1.%d %s", v, fn)
			} else {
				require.Zero(t, list.G.Start, "not known")
			}
		}
	}
}

package timeline

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// allKinds is the set of every kind.
const allKinds = detectors.Kinds(1<<detectors.NumKinds - 1)

// versions are those of the second trace format.
var versions = []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}

// seen is an observation together with its goroutine as it was then.
type seen struct {
	detectors.Observation
	G detectors.Goroutine // zero where there is none
}

// hearing is everything that a timeline tells of a trace.
type hearing struct {
	code    *detectors.Code
	tl      *Timeline
	all     []*seen
	windows []detectors.Window
	alive   [][]detectors.Goroutine // at each window's end
	err     error                   // all of them
}

func newHearing() *hearing {
	r := &hearing{code: detectors.NewCode()}
	r.tl = New(r.code, []Observer{{Observes: allKinds, Observe: r.observe}})
	return r
}

func (r *hearing) observe(o *detectors.Observation) {
	s := &seen{Observation: *o}
	if o.G != nil {
		s.G = *o.G
	}
	s.Observation.G = nil
	r.all = append(r.all, s)
}

// read reads a trace, but not the generations left out.
func (r *hearing) read(data []byte, without ...uint64) *hearing {
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		for _, n := range without {
			if raw.Number == n {
				return
			}
		}
		g, err := wire.Parse(raw)
		if err != nil {
			r.err = errors.Join(r.err, err)
			return
		}
		w, err := r.tl.Feed(g)
		r.err = errors.Join(r.err, err)
		r.windows = append(r.windows, w)
		var alive []detectors.Goroutine
		for g := range w.Goroutines {
			alive = append(alive, *g)
		}
		r.alive = append(r.alive, alive)
	}}
	_, err := s.Write(data)
	if err == nil {
		err = s.Close()
	}
	r.err = errors.Join(r.err, err)
	return r
}

// readWorld reads a world to its end, which must be without error, and the same for
// the reference.
func readWorld(t *testing.T, w *tracegen.World) *hearing {
	t.Helper()
	data := w.Bytes()
	compare(t, data)
	r := newHearing().read(data)
	require.NoError(t, r.err)
	return r
}

// of returns the observations of some kinds about a goroutine, or about any if it is nil.
func (r *hearing) of(g *tracegen.Goroutine, kinds ...detectors.Kind) []*seen {
	set := detectors.Set(kinds...)
	var found []*seen
	for _, o := range r.all {
		if set.Has(o.Kind) && (g == nil || o.G.ID == detectors.GoID(g.ID())) {
			found = append(found, o)
		}
	}
	return found
}

// one returns the only observation of a kind about a goroutine.
func (r *hearing) one(t *testing.T, g *tracegen.Goroutine, kind detectors.Kind) *seen {
	t.Helper()
	found := r.of(g, kind)
	require.Len(t, found, 1, "observations of kind %d", kind)
	return found[0]
}

// top returns the innermost function of a stack.
func (r *hearing) top(id detectors.StackID) string {
	frames := r.code.Frames(id)
	if len(frames) == 0 {
		return ""
	}
	return frames[0].Func
}

// durations returns the durations of observations, -1 for those that are not known.
func durations(os []*seen) []int64 {
	var ds []int64
	for _, o := range os {
		if o.Known {
			ds = append(ds, int64(o.Duration))
		} else {
			ds = append(ds, -1)
		}
	}
	return ds
}

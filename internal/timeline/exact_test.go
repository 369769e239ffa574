package timeline

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// exactAccount is what an exact reading has to say of a generation.
type exactAccount struct {
	start, end detectors.Time
	events     uint64
	all        detectors.AllTotals // Begun apart
	begun      map[of[detectors.Site, detectors.Births]]int
	waits      [detectors.NumClasses][detectors.NumReasons]detectors.Sum
	told       []exactTold
}

type exactTold struct {
	kind     detectors.Kind
	at       detectors.Time
	duration time.Duration
	known    bool
	text     string
}

// readByTime reads a trace in the order of time: exactly or with all totals, in the loop of fast
// or without it.
func readByTime(data []byte, exact, slowly bool) (all []exactAccount, err error) {
	code := detectors.NewCode()
	var heard []exactTold
	tl := New(code, []Observer{{
		Observes: detectors.Set(detectors.AssistEnd, detectors.STWEnd, detectors.TaskEnd),
		Observe: func(o *detectors.Observation) {
			heard = append(heard, exactTold{o.Kind, o.Time, o.Duration, o.Known, o.Text})
		},
	}})
	if tl.ByTime(); exact {
		tl.Exact()
	}
	tl.slowly = slowly
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, perr := wire.Parse(raw)
		if perr != nil {
			err = errors.Join(err, perr)
			return
		}
		w, ferr := tl.Feed(g)
		err = errors.Join(err, ferr)
		a := exactAccount{start: w.Start, end: w.End, events: w.Events, all: w.Totals.All, waits: w.Totals.Waits, told: heard}
		births := make(map[detectors.SiteID]detectors.Births)
		for site, b := range w.Totals.All.Begun {
			if b != (detectors.Births{}) {
				births[detectors.SiteID(site)] = b
			}
		}
		a.all.Begun, a.begun = nil, named(births, code.Site)
		heard = nil
		all = append(all, a)
	}}
	if _, werr := split.Write(data); werr != nil {
		return all, errors.Join(err, werr)
	}
	return all, errors.Join(err, split.Close())
}

// checkExact reads a trace exactly. What it says must be what everybody else says, and so must
// what it finds wrong. It counts what there was to say in kinds.
func checkExact(t *testing.T, data []byte, corrupt bool, kinds map[detectors.Kind]int) {
	t.Helper()
	want, wantErr := readByTime(data, false, true)
	for _, slowly := range []bool{false, true} {
		got, err := readByTime(data, true, slowly)
		require.Equal(t, wantErr, err)
		require.Len(t, got, len(want))
		for i := range want {
			if corrupt { // of two names that one program counter has, the first that is met stays
				want[i].begun, got[i].begun = nil, nil
			}
			require.Equal(t, want[i], got[i], "window %d", i)
			kinds[detectors.GoStart] += int(got[i].all.Starts.Count)
			for _, x := range got[i].told {
				kinds[x.kind]++
			}
		}
	}
}

// TestExact: what an exact reading leaves out is of no consequence for what it says.
func TestExact(t *testing.T) {
	t.Parallel()
	traces, kinds := 0, make(map[detectors.Kind]int)
	check := func(data []byte, corrupt bool) {
		checkExact(t, data, corrupt, kinds)
		traces++
	}
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		check(data, false)
	}
	for _, v := range versions {
		for _, shape := range shapes {
			shape.Version = v
			check(tracegen.Random(1, shape), false)
		}
		data := tracegen.Random(2, tracegen.Shape{Version: v, Threads: 4, Goroutines: 20, Events: 300})
		for seed := range uint64(250) {
			check(tracegen.Corrupt(seed, data), true)
		}
	}
	for _, k := range []detectors.Kind{detectors.GoStart, detectors.AssistEnd, detectors.STWEnd, detectors.TaskEnd} {
		require.Positive(t, kinds[k], k)
	}
	t.Logf("%d traces, %v", traces, kinds)
}

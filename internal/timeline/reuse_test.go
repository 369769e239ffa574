package timeline

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestReused: a timeline that has read something else, and then meets a generation that does
// not follow, tells and sums up what a fresh one does, to the nanosecond, in either order.
func TestReused(t *testing.T) {
	t.Parallel()
	traces := make(map[string][]byte)
	for _, tr := range recorded.All() {
		if strings.HasPrefix(tr.Name, "flightrecorder.") {
			continue // of the same run as another one
		}
		data, err := tr.Bytes()
		require.NoError(t, err)
		traces[tr.String()] = data
	}
	for _, v := range versions {
		shape := tracegen.Shape{Version: v, Threads: 16, Procs: 8, Goroutines: 100, Events: 5_000, Generations: 6}
		traces["random "+shape.String()] = tracegen.Random(1, shape)
		traces["service "+shape.String()] = tracegen.Service(1, shape)
	}
	windows, heard := 0, 0
	for name, data := range traces {
		all := generationsOf(t, data)
		gap := len(all) / 2
		for _, kinds := range []detectors.Kinds{allKinds, 0} {
			fresh := newKeeper(kinds)
			want := fresh.feed(t, all[gap:])

			for before, reused := range map[string]*keeper{"a gap": newKeeper(kinds), "all forgotten": newKeeper(kinds), "one broken": newKeeper(kinds)} {
				// The generation before the first one is left out: its last moments may be later
				// than the first ones of that, which would give way to them.
				reused.feed(t, all[:gap-2])
				switch before {
				case "a gap":
					reused.feed(t, all[gap-2:gap-1])
				case "all forgotten":
					reused.feed(t, all[gap-2:gap-1])
					reused.tl.Forget()
				case "one broken":
					_, err := reused.tl.Feed(contradictory(all[gap-2]))
					require.Error(t, err, name)
					reused.heard = nil
				}
				got := reused.feed(t, all[gap:])
				require.Len(t, got, len(want), name)
				for i := range want {
					heard += len(want[i].told)
					windows++
					checkAccount(t, order{name: name + " after " + before, kinds: kinds}, want[i], got[i])
				}
			}
		}
	}
	t.Logf("%d traces, %d windows, %d observations", len(traces), windows, heard)
	require.NotZero(t, heard)
}

// keeper is a timeline as [New] makes it for those kinds, and what it tells.
type keeper struct {
	tl    *Timeline
	names names
	heard []told
}

func newKeeper(kinds detectors.Kinds) *keeper {
	k := &keeper{names: names{detectors.NewCode(), make(stackTexts[detectors.StackID])}}
	k.tl = New(k.names.code, []Observer{{Observes: kinds, Observe: teller(k.names.code, func(x told) { k.heard = append(k.heard, x) })}})
	return k
}

func (k *keeper) feed(t *testing.T, all []*wire.Generation) (accounts []account) {
	t.Helper()
	for _, g := range all {
		w, err := k.tl.Feed(g)
		require.NoError(t, err)
		a := k.names.account(&w)
		a.told, k.heard = k.heard, nil
		accounts = append(accounts, a)
	}
	return accounts
}

func generationsOf(t *testing.T, data []byte) (all []*wire.Generation) {
	t.Helper()
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(t, err)
		all = append(all, g)
	}}
	_, err := s.Write(data)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return all
}

// contradictory returns a generation that ends with an event that cannot be: a thread without
// a P gives it up.
func contradictory(g *wire.Generation) *wire.Generation {
	bad := *g
	bad.Threads = append(slices.Clone(g.Threads), wire.Thread{
		ID:      1 << 40,
		Batches: []wire.Batch{{Time: 1 << 50, Data: []byte{byte(wire.EvProcStop), 1}}},
	})
	return &bad
}

package timeline

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// names writes stacks and sites out: their numbers depend on what was met before.
type names struct {
	code   *detectors.Code
	stacks stackTexts[detectors.StackID]
}

func (n names) stack(id detectors.StackID) string {
	return n.stacks.of(id, func(yield func(string, string, int, uint64)) {
		for _, f := range n.code.Frames(id) {
			yield(f.Func, f.File, f.Line, f.PC)
		}
	})
}

// of is what belongs to a name.
type of[N, T comparable] struct {
	name N
	what T
}

// named counts what belongs to names. In a broken table two stacks may have the same.
func named[K, N, T comparable](m map[K]T, name func(K) N) map[of[N, T]]int {
	all := make(map[of[N, T]]int, len(m))
	for k, x := range m {
		all[of[N, T]{name(k), x}]++
	}
	return all
}

// unseenName is an unseenKey in names.
type unseenName struct {
	creator string
	start   detectors.Site
}

// account is what there is to say of a generation, in names.
type account struct {
	window        detectors.Window
	summary       summary // but for what follows
	runs, assists map[of[string, detectors.Sum]]int
	locks         map[of[string, detectors.Sum]]int
	woken         map[of[string, uint64]]int
	created       map[of[detectors.Site, uint64]]int
	unseen        map[of[unseenName, detectors.Sum]]int
	network       map[of[string, detectors.NetworkWaits]]int
	births        map[of[string, detectors.Births]]int
	marked        map[of[detectors.Site, uint64]]int
	longest       string
	alive         map[toldGoroutine]int
	told          []told
	failed        bool
}

// order is an order in which the events of threads are gone through, and whom it tells.
type order struct {
	name   string
	far    bool
	slowly bool
	kinds  detectors.Kinds
	long   bool
}

// read goes through a trace. Each thread has its own moments, whatever the order.
func (o order) read(data []byte) (all []account, err error) {
	n := names{detectors.NewCode(), make(stackTexts[detectors.StackID])}
	var heard []told
	obs := Observer{Observes: o.kinds, Observe: teller(n.code, func(x told) { heard = append(heard, x) })}
	if o.long {
		obs.Observes, obs.Long, obs.AtLeast = 0, o.kinds, time.Microsecond
	}
	tl := New(n.code, []Observer{obs})
	tl.slowly = o.slowly
	tl.ahead.own, tl.ahead.far = true, o.far
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, perr := wire.Parse(raw)
		if perr != nil {
			err = errors.Join(err, perr)
			return
		}
		w, ferr := tl.Feed(g)
		err = errors.Join(err, ferr)
		a := n.account(&w)
		a.told, a.failed = heard, ferr != nil
		heard = nil
		all = append(all, a)
	}}
	if _, werr := split.Write(data); werr != nil {
		return all, errors.Join(err, werr)
	}
	return all, errors.Join(err, split.Close())
}

func (n names) account(w *detectors.Window) account {
	s := summarize(w.Totals)
	a := account{
		window: *w, summary: *s, runs: named(s.Runs, n.stack), assists: named(s.AssistsAt, n.stack),
		locks: named(s.Locks, n.stack), woken: named(s.Woken, n.stack),
		created: named(s.Created, func(id detectors.StackID) detectors.Site { return n.code.Site(detectors.SiteID(id)) }),
		network: named(s.Network, n.stack), births: named(s.Births, n.stack), marked: named(s.Marked, n.code.Site),
		unseen:  named(s.Unseen, func(k unseenKey) unseenName { return unseenName{n.stack(k.creator), n.code.Site(k.start)} }),
		longest: n.stack(s.Longest.Stack), alive: make(map[toldGoroutine]int),
	}
	a.summary.Runs, a.summary.AssistsAt, a.summary.Network, a.summary.Births, a.summary.Unseen, a.summary.Marked = nil, nil, nil, nil, nil, nil
	a.summary.Locks, a.summary.Woken, a.summary.Created = nil, nil, nil
	a.summary.Longest.Stack = 0
	teller(n.code, func(x told) { a.alive[x.g]++ })
	for g := range w.Goroutines {
		teller(n.code, func(x told) { a.alive[x.g]++ })(&detectors.Observation{Kind: detectors.GoList, G: g})
	}
	a.window.Totals, a.window.Code, a.window.Goroutines = nil, nil, nil
	return a
}

// unname drops what has names in it. In a corrupt table one program counter may have two, of
// which the first that is met stays.
func (a *account) unname() {
	*a = account{window: a.window, summary: a.summary, failed: a.failed}

	// Its clocks may differ by more than a slice. A thread that is so far ahead is gone through once the
	// others wait for it, and what it says of the heap is then taken before what they said earlier.
	a.summary.Live, a.summary.Goal, a.summary.Columns = 0, 0, nil
}

// checkAhead reads a trace with threads that go ahead of each other. What the totals are, who is
// alive and what is told must be the same as in the order of time.
func checkAhead(t *testing.T, data []byte, corrupt bool) {
	t.Helper()
	want, err := order{slowly: true, kinds: allKinds}.read(data)
	for _, o := range []order{
		{name: "nothing", far: true},
		{name: "long", far: true, long: true, kinds: allKinds},
		{name: "all", far: true, kinds: allKinds},
		{name: "all, slowly", far: true, slowly: true, kinds: allKinds},
	} {
		got, gotErr := o.read(data)
		if err == nil {
			require.NoError(t, gotErr, o.name)
			require.Len(t, got, len(want), o.name)
		}
		for i := range want {
			if want[i].failed {
				break // which event is the one that cannot be depends on the order
			}
			require.Less(t, i, len(got), o.name)
			if corrupt {
				want[i].unname()
				got[i].unname()
			}
			checkAccount(t, o, want[i], got[i])
		}
	}
}

func checkAccount(t *testing.T, o order, want, got account) {
	t.Helper()
	if o.kinds != 0 && want.told != nil {
		checkTold(t, o, want.told, got.told)
	}
	want.told, got.told = nil, nil
	what := fmt.Sprintf("%s, generation %d", o.name, want.window.Generation)
	want.summary.equal(t, &got.summary, what)
	want.summary, got.summary = summary{}, summary{}
	if reflect.DeepEqual(want, got) {
		return
	}
	for i := range reflect.TypeOf(want).NumField() {
		name := reflect.TypeOf(want).Field(i).Name
		x, y := fmt.Sprint(reflect.ValueOf(want).Field(i)), fmt.Sprint(reflect.ValueOf(got).Field(i))
		require.Equal(t, x, y, "%s: %s", what, name)
	}
	t.Fatalf("%s: not the same", what)
}

// checkTold compares what was told. Of the kinds that somebody wants all of, the order is
// that of time; of what is told because it was long, it is any.
func checkTold(t *testing.T, o order, want, got []told) {
	t.Helper()
	if o.long {
		want = slices.DeleteFunc(slices.Clone(want), func(x told) bool { return !x.known || x.duration < time.Microsecond })
	}
	if !o.far {
		if !slices.Equal(want, got) {
			require.Equal(t, want, got, o.name)
		}
		return
	}
	if !o.long {
		require.True(t, slices.IsSortedFunc(got, func(a, b told) int { return int(a.time - b.time) }), o.name)
	}
	left := make(map[told]int)
	for _, x := range want {
		left[x]++
	}
	for _, x := range got {
		if left[x]--; left[x] < 0 {
			t.Fatalf("%s: told, but not in the order of time:\n%v\n%+v", o.name, x.event, x)
		}
	}
	require.Len(t, got, len(want), o.name)
}

// TestAhead: the order in which threads are gone through does not matter.
func TestAhead(t *testing.T) {
	t.Parallel()
	traces := 0
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		t.Run(tr.String(), func(t *testing.T) { checkAhead(t, data, false) })
		traces++
	}
	for _, v := range versions {
		for i, shape := range shapes {
			shape.Version = v
			for seed := range uint64(2) {
				t.Run(fmt.Sprint(v, i, seed), func(t *testing.T) { checkAhead(t, tracegen.Random(seed, shape), false) })
				traces++
			}
		}
		data := tracegen.Random(1, tracegen.Shape{Version: v, Threads: 4, Goroutines: 20, Events: 300})
		for seed := range uint64(250) {
			t.Run(fmt.Sprint("corrupt", v, seed), func(t *testing.T) { checkAhead(t, tracegen.Corrupt(seed, data), true) })
			traces++
		}
	}
	t.Logf("%d traces", traces)
}

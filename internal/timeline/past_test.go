package timeline

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// recollections are the ways to read a trace with a past, in two groups: with the reference's moments,
// and with each thread's own. The first of a group tells all and does so at once, so that there is a
// model of what the past should be; all others must keep the same past. Between the groups only
// moments differ, see the package's documentation, Order.
func recollections() [2][]*recollection {
	return [2][]*recollection{
		{
			{name: "all by time, slowly", slowly: true, kinds: allKinds},
			{name: "all by time", kinds: allKinds},
			{name: "long by time", kinds: allKinds, long: true},
			{name: "nothing by time", kinds: 0},
			{name: "exactly", exact: true, kinds: detectors.Set(detectors.AssistEnd, detectors.STWEnd, detectors.TaskEnd)},
		},
		{
			{name: "all with own moments, slowly", own: true, slowly: true, kinds: allKinds},
			{name: "nothing ahead", own: true, far: true},
			{name: "all ahead", own: true, far: true, kinds: allKinds},
			{name: "long ahead", own: true, far: true, kinds: allKinds, long: true},
			{name: "nothing ahead, slowly", own: true, far: true, slowly: true},
		},
	}
}

// tally counts what was compared.
type tally struct {
	traces, stays, links, births, spans, stops, marks, procs, assists, stopping int
}

func (c *tally) add(h *history) {
	c.traces++
	for _, all := range h.stays {
		c.stays += len(all)
		for _, s := range all {
			if s.Link != (place{}) {
				c.links++
			}
			if s.State == detectors.NotExist {
				c.births++
			}
			if s.Assist {
				c.assists++
			}
			if s.Stops {
				c.stopping++
			}
		}
	}
	c.spans += len(h.spans)
	c.stops += len(h.stops)
	c.marks += len(h.marks)
	c.procs += len(h.procs)
}

// check holds that there was something of everything.
func (c *tally) check(t *testing.T) {
	t.Helper()
	t.Logf("%+v", *c)
	for _, n := range []int{c.stays, c.links, c.births, c.spans, c.stops, c.marks, c.procs, c.assists, c.stopping} {
		require.Positive(t, n)
	}
}

// parsed returns the generations of a trace that can be parsed.
func parsed(data []byte) (all []*wire.Generation) {
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		if g, err := wire.Parse(raw); err == nil {
			all = append(all, g)
		}
	}}
	_, _ = s.Write(data)
	_ = s.Close()
	return all
}

// checkPast reads generations in all ways.
func checkPast(t *testing.T, gens []*wire.Generation, corrupt bool, count *tally) {
	t.Helper()
	var groups [2]*history
	broken := -1
	for i, group := range recollections() {
		var model *chronicler
		for _, w := range group {
			w.corrupt = corrupt
			w.prepare()
			for _, g := range gens {
				w.feed(t, g)
			}
			if !corrupt {
				require.NoError(t, w.errs, w.name)
			}
			got := w.history(t)
			if model == nil {
				w.model.sort()
				if model, groups[i] = w.model, got; model.broken >= 0 && broken < 0 {
					broken = model.broken
				}
			}
			if broken >= 0 {
				model.until(broken)
				got.until(broken)
			}
			if w.far {
				model.allow(got)
			}
			if w.far && corrupt {
				model.checkFar(t, got, w.name)
				continue
			}
			model.equal(t, got, w.name)
		}
	}
	groups[0].timeless().equal(t, groups[1].timeless(), "without moments")
	if count != nil {
		count.add(groups[0])
	}
}

// allow takes the loads that threads which go ahead of each other found. What tasks there are is known,
// they wait for their turn; goroutines may have gone ahead into regions and out of them.
func (c *chronicler) allow(got *history) {
	for i := range min(len(got.marks), len(c.marks)) {
		if c.rough[i] {
			got.marks[i].Load = c.marks[i].Load
		}
	}
}

// checkFar compares what threads that go ahead of each other keep of a trace that may be anything. Not all
// is the same then, which no recorded trace shows, and none that TestPast makes:
//
//   - Who steals the P that a thread of C has left behind may be ahead of that thread. Then the P is idle
//     from there on, and the end of the thread's goroutine is not put off for the sake of that.
//   - Tasks wait for their turn, but the clock may say that one ended before it began.
func (c *chronicler) checkFar(t *testing.T, got *history, what string) {
	t.Helper()
	histories := [2]history{*c.history, *got}
	for i := range histories {
		h := &histories[i]
		h.spans = slices.DeleteFunc(slices.Clone(h.spans), func(s spanned) bool { return !s.Region })
		h.marks = slices.Clone(h.marks)
		for k := range h.marks {
			h.marks[k].Load = 0
		}
		if c.left {
			*h = *h.timeless()
		}
	}
	histories[0].equal(t, &histories[1], what)
}

// manyTraces are traces of all releases and shapes. What is read of them is parsed by each test for itself: a
// generation remembers the strings that it was asked for.
var manyTraces = sync.OnceValue(func() map[string][]byte {
	all := make(map[string][]byte)
	for _, tr := range recorded.All() {
		data, err := tr.Bytes()
		if err != nil {
			panic(err)
		}
		all[tr.String()] = data
	}
	for _, v := range versions {
		for i, shape := range append(shapes,
			tracegen.Shape{Threads: 4, Goroutines: 20, Events: 2_000, Skew: 5_000_000}, // by more than a slice
			tracegen.Shape{Threads: 4, Goroutines: 20, Events: 1_000, Tasks: 3},
		) {
			shape.Version = v
			all[fmt.Sprintf("go1.%d-random.%d", v, i)] = tracegen.Random(1, shape)
			if shape.Events > 1 {
				all[fmt.Sprintf("go1.%d-service.%d", v, i)] = tracegen.Service(1, shape)
			}
		}
	}
	return all
})

// TestPast: what is kept of the past is what an observer of everything is told, whoever listens,
// and whatever the order in which threads are gone through.
func TestPast(t *testing.T) {
	t.Parallel()
	var count tally
	for name, data := range manyTraces() {
		t.Run(name, func(t *testing.T) { checkPast(t, generationsOf(t, data), false, &count) })
	}
	for _, v := range versions {
		data := tracegen.Random(1, tracegen.Shape{Version: v, Threads: 4, Goroutines: 20, Events: 300})
		for seed := range uint64(40) {
			t.Run(fmt.Sprint("corrupt", v, seed), func(t *testing.T) {
				checkPast(t, parsed(tracegen.Corrupt(seed, data)), true, nil)
			})
		}
	}
	count.check(t)
}

// TestPastIsUnheard: who keeps a past is told the same, and sums up the same, as who does not.
func TestPastIsUnheard(t *testing.T) {
	t.Parallel()
	windows := 0
	check := func(t *testing.T, gens []*wire.Generation) {
		for _, kinds := range []detectors.Kinds{allKinds, 0} {
			without, with := newKeeper(kinds), newKeeper(kinds)
			with.tl.Keep(NewPast(limits.PastStays))
			want, got := without.feed(t, gens), with.feed(t, gens)
			require.Len(t, got, len(want))
			for i := range want {
				checkAccount(t, order{name: "with a past", kinds: kinds}, want[i], got[i])
				windows++
			}
		}
	}
	for name, data := range manyTraces() {
		if strings.HasPrefix(name, "go1.26-") {
			t.Run(name, func(t *testing.T) { check(t, generationsOf(t, data)) })
		}
	}
	for _, tr := range recorded.Old() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		without, with := newKeeper(allKinds), newKeeper(allKinds)
		with.tl.Keep(NewPast(limits.PastStays))
		want, got := without.feedOld(t, data), with.feedOld(t, data)
		require.Len(t, got, len(want))
		for i := range want {
			checkAccount(t, order{name: "with a past", kinds: allKinds}, want[i], got[i])
			windows++
		}
	}
	t.Logf("%d windows", windows)
}

// feedOld is feed for the first format.
func (k *keeper) feedOld(t *testing.T, data []byte) (accounts []account) {
	t.Helper()
	require.NoError(t, eachWindow(data, k.tl, func(w detectors.Window) {
		a := k.names.account(&w)
		a.told, k.heard = k.heard, nil
		accounts = append(accounts, a)
	}))
	return accounts
}

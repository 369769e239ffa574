package timeline

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
)

// feedOld goes through a trace of the first format, which is one fresh start.
func (w *recollection) feedOld(t *testing.T, data []byte) {
	r, err := tracev1.NewReader(data)
	if err != nil {
		w.errs = errors.Join(w.errs, err)
		return
	}
	w.begin(w.past.next)
	o := NewOld(w.tl, r)
	for o.More() {
		win, err := o.Feed()
		if w.fed(t, &win, err); err != nil {
			return
		}
	}
}

// checkPastOld is checkPast for the first format, which is only gone through in the order of time.
func checkPastOld(t *testing.T, data []byte, corrupt bool, count *tally) {
	t.Helper()
	var model *chronicler
	for _, w := range []*recollection{{name: "all", kinds: allKinds}, {name: "long", kinds: allKinds, long: true}, {name: "nothing"}} {
		w.corrupt = corrupt
		w.prepare()
		w.feedOld(t, data)
		if !corrupt {
			require.NoError(t, w.errs)
		}
		got := w.history(t)
		if model == nil {
			model = w.model
			model.sort()
			count.add(got)
		}
		if _, dropped := w.tl.Unknown(); dropped > 0 {
			model.until(0) // of what there is no way to see happen nobody is told
			got.until(0)
		}
		if corrupt {
			model.unname()
			got.unname()
		}
		model.equal(t, got, w.name)
	}
}

// TestPastOld is TestPast for the first format.
func TestPastOld(t *testing.T) {
	t.Parallel()
	var count tally
	for _, tr := range recorded.Old() {
		t.Run(tr.String(), func(t *testing.T) {
			data, err := tr.Bytes()
			require.NoError(t, err)
			checkPastOld(t, data, false, &count)
		})
	}
	for _, v := range oldVersions {
		for seed := range uint64(20) {
			shape := oldgen.Shape{Version: v, Procs: 1 + int(seed%5), Goroutines: 5 + 10*int(seed), Events: 1000, Seconds: 1 + int(seed%4)}
			t.Run(fmt.Sprintf("go1.%d %d", v, seed), func(t *testing.T) {
				checkPastOld(t, oldgen.Random(seed, shape), false, &count)
			})
		}
	}
	count.check(t)

	var flips tally
	rng := rand.New(rand.NewPCG(1, 2))
	for _, v := range oldVersions {
		data := oldgen.Random(1, oldgen.Shape{Version: v, Procs: 2, Events: 150})
		for range 60 {
			flipped := slices.Clone(data)
			at := rng.IntN(len(flipped))
			flipped[at] ^= byte(1 + rng.IntN(255))
			checkPastOld(t, flipped, true, &flips)
		}
	}
	flips.check(t)
}

// TestPastOldUnseen: what the first format tells may not follow from what it told before. How that came
// about, and when, was not seen.
func TestPastOldUnseen(t *testing.T) {
	w := recollection{name: "unseen"}
	w.prepare()
	w.past.begins(1_000)
	w.tl.ByTime()
	w.tl.last = 999
	o := &Old{t: w.tl, stacks: []detectors.StackID{1}} // of which the trace's first is none
	at := tracev1.GoTransition
	for _, ev := range []tracev1.Event{
		{Time: 1_000, Kind: at, G: 7, P: 2, Goroutine: 7, From: tracev1.GoRunning, To: tracev1.GoWaiting, Reason: "sync"}, // nobody listed it
		{Time: 1_100, Kind: at, Goroutine: 8, From: tracev1.GoUndetermined, To: tracev1.GoWaiting},
		{Time: 1_200, Kind: at, G: 9, Goroutine: 7, From: tracev1.GoWaiting, To: tracev1.GoRunnable}, // nor him who woke it
		{Time: 1_300, Kind: at, Goroutine: 8, From: tracev1.GoRunnable, To: tracev1.GoRunning},       // it waited
		{Time: 1_400, Kind: at, Goroutine: 7, From: tracev1.GoRunnable, To: tracev1.GoSyscall},       // which it cannot
		{Time: 1_500, Kind: at, Goroutine: 7, From: tracev1.GoSyscall, To: tracev1.GoRunnable},
		{Time: 1_600, Kind: tracev1.STWEnd, G: 8}, // the world was not stopped
	} {
		require.NoError(t, o.happen(&ev))
	}
	id, now := lastStay(w.tl, 7)
	require.Equal(t, []string{
		"undetermined until it begins",
		"undetermined until it begins", // for lack of time to be running in
		"running until 1000 (sync) on P 2",
		"waiting until 1200 (sync)",
		"runnable until 1400 (sync)",
		"syscall until 1500 (sync)",
	}, w.backFrom(id, 1_000))
	require.Equal(t, detectors.Runnable, now.State)
	id, now = lastStay(w.tl, 8)
	require.Equal(t, []string{
		"undetermined until it begins",
		"undetermined until 1299",
		"runnable until 1300",
		"running until 1600 on P 0",
	}, w.backFrom(id, 1_000))
	require.Equal(t, detectors.Running, now.State)
	require.Empty(t, w.past.Stops)
}

// TestPastOldTaskTwice: a task that the first format begins twice is one request in flight.
func TestPastOldTaskTwice(t *testing.T) {
	w := recollection{name: "twice"}
	w.prepare()
	o := &Old{t: w.tl, stacks: []detectors.StackID{1}}
	load := func() int {
		require.NoError(t, o.happen(&tracev1.Event{Kind: tracev1.MarkBegin}))
		return w.past.Marks[len(w.past.Marks)-1].Load
	}
	begin := tracev1.Event{Kind: tracev1.TaskBegin, Task: 5}
	require.NoError(t, o.happen(&begin))
	require.NoError(t, o.happen(&begin))
	require.Equal(t, 1, load())
	begin.Parent = 4
	require.NoError(t, o.happen(&begin))
	require.Equal(t, 0, load(), "it is part of another one now")
	require.NoError(t, o.happen(&tracev1.Event{Kind: tracev1.TaskEnd, Task: 5}))
	require.Equal(t, 0, load())
}

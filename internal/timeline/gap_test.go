package timeline

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// waits is a world of five generations, each of a second, with waits of all lengths:
// goroutine 1 waits over three generations, 2 within the fourth, 3 is listed only.
func waits(v wire.Version) (w *tracegen.World, long, short, quiet *tracegen.Goroutine) {
	const second = 1_000_000_000
	w = tracegen.NewWorld(v)
	w.ClockUnit(1)
	m, other := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	long, short = w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
	quiet = w.Goroutine(3, wire.GoWaiting, w.Stack("main.quiet"))
	waker := w.Goroutine(4, wire.GoRunnable, 0)
	m.Running(long)
	other.Running(waker)
	w.Begin(1 * second)
	m.Block(1*second+100, "chan receive", w.Stack("main.long"))
	m.Start(1*second+200, short)
	w.NextGeneration(2 * second)
	w.NextGeneration(3 * second)
	other.Unblock(3*second+500, long, w.Stack("main.wake"))
	w.NextGeneration(4 * second)
	m.Block(4*second+100, "sync", w.Stack("main.short"))
	m.Start(4*second+700, long)
	other.Unblock(4*second+900, short, w.Stack("main.wake"))
	w.NextGeneration(5 * second)
	m.Block(5*second+100, "sleep", w.Stack("main.long"))
	m.Start(5*second+300, short)
	return w, long, short, quiet
}

func TestStateCarriesOver(t *testing.T) {
	const second = 1_000_000_000
	for _, v := range versions {
		w, long, short, quiet := waits(v)
		r := readWorld(t, w)
		wait := r.one(t, long, detectors.GoUnpark)
		require.True(t, wait.Known)
		require.EqualValues(t, 2*second+400, wait.Duration, "go1.%d: over three generations", v)
		require.Equal(t, detectors.ReasonChanReceive, wait.Reason)
		require.Equal(t, "main.long", r.top(wait.Stack), "a stack of an earlier generation")
		require.Equal(t, []int64{1*second + 200}, durations(r.of(long, detectors.GoStart)), "runnable over a generation's end")
		require.Equal(t, []int64{3*second - 100}, durations(r.of(short, detectors.GoPark)), "ran over three")
		require.Equal(t, []int64{-1, 1*second - 600}, durations(r.of(short, detectors.GoStart)))

		lists := r.of(quiet, detectors.GoList)
		require.Len(t, lists, 5)
		require.Equal(t, detectors.Undetermined, lists[0].From)
		require.Equal(t, detectors.Waiting, lists[1].From)
		require.Equal(t, lists[0].Time, lists[4].G.Since, "known since then, at least")
		require.False(t, lists[4].Known)

		require.Len(t, r.windows, 5)
		for i, win := range r.windows {
			require.Equal(t, i == 0, win.Fresh)
			require.EqualValues(t, i+1, win.Generation)
			if i > 0 {
				require.Equal(t, r.windows[i-1].End, win.Start, "windows leave nothing out")
			}
			require.Len(t, r.alive[i], 4)
		}
	}
}

// TestGap leaves generations out. Afterwards nothing is known of what was before.
func TestGap(t *testing.T) {
	const second = 1_000_000_000
	for _, v := range versions {
		w, long, short, quiet := waits(v)
		data := w.Bytes()

		r := newHearing().read(data, 2)
		require.NoError(t, r.err)
		require.Equal(t, []bool{true, true, false, false}, fresh(r), "go1.%d", v)
		wait := r.one(t, long, detectors.GoUnpark)
		require.False(t, wait.Known, "its beginning is forgotten")
		require.Equal(t, detectors.ReasonNone, wait.Reason)
		require.Zero(t, wait.G.CreatedAt)
		require.Equal(t, []int64{1*second + 200}, durations(r.of(long, detectors.GoStart)), "began after the gap")
		require.Equal(t, []int64{-1}, durations(r.of(short, detectors.GoPark)))
		lists := r.of(quiet, detectors.GoList)
		require.Equal(t, detectors.Undetermined, lists[1].From)
		require.Greater(t, r.windows[1].Start, r.windows[0].End, "the gap is in no window")

		r = newHearing().read(data, 4)
		require.NoError(t, r.err)
		require.Equal(t, []bool{true, false, false, true}, fresh(r))
		require.Equal(t, []int64{2*second + 400}, durations(r.of(long, detectors.GoUnpark)))
		require.Empty(t, r.of(long, detectors.GoStart), "nor is what happened in it")
		require.Equal(t, []int64{-1, -1}, durations(r.of(long, detectors.GoPark)), "it was running when the trace began, and when it began anew")
		require.Equal(t, []int64{-1, -1}, durations(r.of(short, detectors.GoStart)))

		r = newHearing().read(data, 2, 4)
		require.NoError(t, r.err)
		require.Equal(t, []bool{true, true, true}, fresh(r))
	}
}

func fresh(r *hearing) []bool {
	var fs []bool
	for _, w := range r.windows {
		fs = append(fs, w.Fresh)
	}
	return fs
}

// TestGapIsANewBeginning: what is told after a gap is what a reader tells that begins
// there.
func TestGapIsANewBeginning(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, data []byte) {
		numbers := numbersOf(t, data)
		require.GreaterOrEqual(t, len(numbers), 3, "too short for a gap")
		for gap := 1; gap < len(numbers)-1; gap++ {
			all, err := tell(data, numbers[gap])
			require.NoError(t, err)
			tail, err := tell(data, numbers[:gap+1]...)
			require.NoError(t, err)
			require.NotEmpty(t, tail)
			require.Greater(t, len(all), len(tail))
			for i, x := range all[len(all)-len(tail):] {
				if x != tail[i] {
					t.Fatalf("without generation %d, event %d after the gap\nis   %+v\nwant %+v", numbers[gap], i, x, tail[i])
				}
			}
		}
	}
	for _, v := range versions {
		t.Run(fmt.Sprintf("synthetic go1.%d", v), func(t *testing.T) {
			for seed := range uint64(3) {
				check(t, tracegen.Random(seed, tracegen.Shape{Version: v, Threads: 6, Goroutines: 30, Generations: 5, Events: 1_500}))
			}
		})
	}
	for _, tr := range recorded.All() {
		if tr.Go != "1.26" {
			continue
		}
		t.Run(tr.String(), func(t *testing.T) {
			data, err := tr.Bytes()
			require.NoError(t, err)
			check(t, data)
		})
	}
}

// numbersOf returns the numbers of a trace's generations.
func numbersOf(t *testing.T, data []byte) []uint64 {
	t.Helper()
	var numbers []uint64
	s := wire.Splitter{Emit: func(raw wire.Raw) { numbers = append(numbers, raw.Number) }}
	_, err := s.Write(data)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.True(t, slices.IsSorted(numbers))
	return numbers
}

// TestForget: a timeline that is told to forget takes the next generation for the first.
func TestForget(t *testing.T) {
	w, long, _, _ := waits(wire.Go126)
	r := newHearing()
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(t, err)
		if raw.Number == 3 {
			require.True(t, r.tl.Follows(3))
			r.tl.Forget()
			require.False(t, r.tl.Follows(3))
		}
		win, err := r.tl.Feed(g)
		require.NoError(t, err)
		require.Equal(t, raw.Number == 1 || raw.Number == 3, win.Fresh)
	}}
	_, err := s.Write(w.Bytes())
	require.NoError(t, err)
	require.False(t, r.one(t, long, detectors.GoUnpark).Known)
}

package timeline

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

const chunkStays = 1 << stayBits

// ledger remembers what a past was told.
type ledger struct {
	p     *Past
	first StayID
	stays []Stay // from that on; there is a place for 0, which is none
}

// note takes over what was added since it was called last.
func (l *ledger) note() {
	for id := l.first + StayID(len(l.stays)); id != l.p.next; id++ {
		var s Stay
		if id != 0 {
			s = *l.p.At(id)
		}
		l.stays = append(l.stays, s)
	}
}

// all yields all stays.
func (l *ledger) all(yield func(StayID, Stay) bool) {
	for i, s := range l.stays {
		if id := l.first + StayID(i); id != 0 && !yield(id, s) {
			return
		}
	}
}

func (l *ledger) stay(id StayID) Stay { return l.stays[id-l.first] }

// check holds that a past which may have forgotten has what it says that it has.
func (l *ledger) check(t *testing.T, name string) {
	t.Helper()
	horizon := l.p.Horizon()
	kept, middle := 0, detectors.Time(0)
	for id, want := range l.all {
		got := l.p.At(id)
		switch {
		case got == nil && want.End > horizon:
			t.Fatalf("%s: stay %d is forgotten, which ended at %d, after the horizon at %d", name, id, want.End, horizon)
		case got == nil:
		case *got != want:
			t.Fatalf("%s: stay %d is %+v, want %+v", name, id, *got, want)
		default:
			if kept++; kept%1_000 == 1 {
				middle = want.End
			}
		}
	}
	require.NotZero(t, kept, name)
	for _, at := range []detectors.Time{0, horizon, horizon + 1, middle, l.p.At(l.p.next - 1).End, math.MaxInt64} {
		l.checkSince(t, at, name)
	}
}

// checkSince holds that a past yields all that it has of what ended after a moment, once and in the order of
// their numbers.
func (l *ledger) checkSince(t *testing.T, at detectors.Time, name string) {
	t.Helper()
	told := make([]bool, len(l.stays))
	before := StayID(0)
	for id, s := range l.p.Since(at) {
		if before != 0 && id != before+1 && (id != 1 || before != math.MaxUint32) {
			t.Fatalf("%s: since %d: stay %d comes after %d", name, at, id, before)
		}
		before = id
		if id-l.first >= StayID(len(l.stays)) {
			continue // it was skipped to come to the end of the numbers
		}
		if *s != l.stay(id) {
			t.Fatalf("%s: since %d: stay %d is %+v, want %+v", name, at, id, *s, l.stay(id))
		}
		told[id-l.first] = true
	}
	for id, s := range l.all {
		if s.End > at && l.p.At(id) != nil && !told[id-l.first] {
			t.Fatalf("%s: since %d: stay %d is left out, which ended at %d", name, at, id, s.End)
		}
	}
	for range l.p.Since(at) {
		break // nothing is told afterwards
	}
}

// TestPastForgets reads long traces and forgets more or less of them now and then.
func TestPastForgets(t *testing.T) {
	t.Parallel()
	forgot := 0
	for _, shape := range []tracegen.Shape{
		{Threads: 8, Goroutines: 200, Events: 70_000, Generations: 5},
		{Threads: 8, Goroutines: 200, Events: 70_000, Generations: 5, Skew: 20_000_000}, // clocks differ by more than a slice
	} {
		gens := generationsOf(t, tracegen.Random(1, shape))
		for _, group := range recollections() {
			for _, w := range group[:2] {
				for _, keep := range []time.Duration{0, time.Millisecond, 50 * time.Millisecond, time.Hour} {
					name := fmt.Sprintf("%v, clocks %v apart, %s, %v", shape, time.Duration(shape.Skew), w.name, keep)
					w := *w
					w.kinds = 0
					w.prepare()
					book := ledger{p: w.past, first: 1}
					for _, g := range gens {
						win := w.feed(t, g)
						book.note()
						before := win.End.Add(-keep)
						old := make([]bool, len(book.stays)) // what may be forgotten now, or was
						for id, s := range book.all {
							old[id-1] = s.End < before || w.past.At(id) == nil
						}
						n := len(w.past.chunks)
						w.past.Forget(before)
						forgot += n - len(w.past.chunks)
						for id, s := range book.all {
							if !old[id-1] && w.past.At(id) == nil {
								t.Fatalf("%s: one that ended at %d was forgotten, before %d", name, s.End, before)
							}
						}
						book.check(t, name)
					}
					require.NoError(t, w.errs, name)
					if keep == time.Hour {
						require.Zero(t, w.past.first, name)
					}
				}
			}
		}
	}
	require.NotZero(t, forgot)
	t.Logf("forgot %d chunks", forgot)
}

// TestPastLimit: what is kept has a bound, and what is forgotten is said to be.
func TestPastLimit(t *testing.T) {
	p := NewPast(limits.PastStays)
	p.begins(1_000)
	gs := make([]goroutine, 1_000)
	for i := range gs {
		gs[i].ID, gs[i].State = detectors.GoID(i+1), detectors.Running
	}
	const chunks = limits.PastStays / chunkStays
	end := func(n int) detectors.Time { return 2_000 + detectors.Time(n) }
	ids := make([]StayID, 0, limits.PastStays+3*chunkStays)
	for n := range cap(ids) {
		p.keep(&gs[n%len(gs)], end(n), 0, 0)
		ids = append(ids, gs[n%len(gs)].stay)
		if len(p.chunks) > chunks {
			t.Fatalf("%d chunks of at most %d", len(p.chunks), chunks)
		}
	}
	require.Len(t, p.chunks, chunks)
	kept := 0
	horizon := p.Horizon()
	require.Greater(t, horizon, end(2*chunkStays))
	require.Less(t, horizon, end(4*chunkStays+len(gs)))
	for n, id := range ids {
		s := p.At(id)
		switch {
		case s != nil:
			kept++
			require.True(t, s.End == end(n) && s.G == uint32(n%len(gs)+1), "%+v", s)
		case end(n) > horizon:
			t.Fatalf("%d is forgotten, the horizon is at %d", end(n), horizon)
		}
	}
	require.Greater(t, kept, limits.PastStays-chunkStays)
	require.LessOrEqual(t, kept, limits.PastStays)

	// Who goes back comes to what is forgotten, and not to something else.
	steps := 0
	for id := gs[0].stay; id != 0; steps++ {
		s := p.At(id)
		if s == nil {
			break
		}
		require.EqualValues(t, 1, s.G)
		id = s.Prev
	}
	require.InDelta(t, limits.PastStays/len(gs), steps, chunkStays/float64(len(gs)))
	require.Nil(t, p.At(0))
	require.Nil(t, p.At(ids[0]))
	require.Nil(t, p.At(p.next), "there is none of that number")
	require.Nil(t, p.At(p.next+chunkStays), "nor of that")
	require.Nil(t, p.At(math.MaxUint32), "nor of that")

	// What is forgotten takes no room, but for a few chunks that are used again.
	p.Forget(math.MaxInt64)
	require.Len(t, p.chunks, 1)
	require.Equal(t, -1, slices.IndexFunc(p.chunks[1:cap(p.chunks)], func(c *stayChunk) bool { return c != nil }), "a chunk that was forgotten is held")
	require.LessOrEqual(t, len(p.spare), 4)
	require.Greater(t, p.Horizon(), horizon)
}

// TestPastNumbersBeginAgain: with a million and a half stays a second, there are as many as there are
// numbers after less than an hour.
func TestPastNumbersBeginAgain(t *testing.T) {
	t.Parallel()
	shape := tracegen.Shape{Threads: 8, Goroutines: 100, Events: 60_000, Generations: 4}
	gens := generationsOf(t, tracegen.Random(1, shape))
	for _, group := range recollections() {
		for _, first := range group[:2] {
			want := *first
			want.readAll(t, gens)
			for _, before := range []uint32{1, 2, 1_000, chunkStays - 1, chunkStays + 1, 2 * chunkStays} {
				got := *first
				got.prepare()
				p := got.past
				p.next = StayID(-before)
				p.first = uint32(p.next) >> stayBits
				if p.next&stayMask == 0 { // of which there is room for the first
					p.next++
				}
				begun := p.next
				for _, g := range gens {
					got.feed(t, g)
				}
				name := fmt.Sprintf("%s, %d before the end", got.name, before)
				require.NoError(t, got.errs, name)
				require.Less(t, p.next, begun, name)

				// renumber makes a number what it would be if they had begun with 1.
				renumber := func(id StayID) StayID {
					switch {
					case id == 0:
						return 0
					case id >= begun:
						return id - begun + 1
					default:
						return id - begun // 0 was left out
					}
				}
				require.Equal(t, want.past.next, renumber(p.next), name)
				for id := begun; id != p.next; id++ {
					if id == 0 {
						continue
					}
					s := *p.At(id)
					s.Prev, s.Link = renumber(s.Prev), renumber(s.Link)
					if w := *want.past.At(renumber(id)); s != w {
						t.Fatalf("%s: stay %d is %+v, want %+v", name, renumber(id), s, w)
					}
				}
				book := ledger{p: p, first: begun}
				book.note()
				book.check(t, name)
				p.Forget(math.MaxInt64)
				book.check(t, name)
				require.Len(t, p.chunks, 1, name)
			}
		}
	}
}

// TestPastAtAChunksEdge: a goroutine that was there before the trace may be met just when there is
// need of more room. Its first stay ended long ago, all others did not.
func TestPastAtAChunksEdge(t *testing.T) {
	meets := map[string]func(p *Past, at detectors.Time){
		"by itself": func(p *Past, at detectors.Time) {
			p.keep(&goroutine{Goroutine: detectors.Goroutine{ID: 2}}, at, 0, 0)
		},
		"as a creator": func(p *Past, at detectors.Time) {
			p.born(&goroutine{Goroutine: detectors.Goroutine{ID: 2}}, &goroutine{Goroutine: detectors.Goroutine{ID: 3}}, at, 0, 0)
		},
	}
	for name, meet := range meets {
		p := NewPast(limits.PastStays)
		p.begins(1_000)
		g := &goroutine{Goroutine: detectors.Goroutine{ID: 1}}
		at := detectors.Time(1_000)
		for p.next&stayMask != 0 {
			at++
			p.keep(g, at, 0, 0)
		}
		meet(p, at+1)
		require.Len(t, p.chunks, 2)
		p.Forget(at)
		require.NotNil(t, p.At(g.stay), "%s: it ended then, not before", name)
		found := false
		for id := range p.Since(at - 1) {
			found = found || id == g.stay
		}
		require.True(t, found, name)
		p.Forget(at + 2)
		require.Nil(t, p.At(g.stay), name)
		require.Equal(t, at+1, p.Horizon(), name)
	}
}

// TestPastForgetsOld is TestPastForgets for the first format, which is gone through in the order of time.
func TestPastForgetsOld(t *testing.T) {
	data := oldgen.Random(1, oldgen.Shape{Version: 21, Procs: 4, Goroutines: 500, Events: 120_000, Seconds: 3})
	w := recollection{name: "old"}
	w.prepare()
	w.feedOld(t, data)
	require.NoError(t, w.errs)
	require.Greater(t, len(w.past.chunks), 2)
	book := ledger{p: w.past, first: 1}
	book.note()
	book.check(t, "all")
	for _, at := range []int{100, chunkStays, chunkStays + 100, 2*chunkStays + 1} {
		w.past.Forget(book.stay(StayID(at)).End)
		book.check(t, fmt.Sprint(at))
	}
}

// settledAt is what was known when Settled was called.
type settledAt struct {
	until                      detectors.Time
	next                       StayID
	spans, stops, marks, procs int // how many there were
	open                       int // of the marks, one that goes on; -1: none
}

// TestPastSettles: when a reader is told that all is known that happened before a moment, nothing is
// added later that did. That a goroutine was there before the trace is no news.
func TestPastSettles(t *testing.T) {
	t.Parallel()
	calls := 0
	check := func(t *testing.T, gens []*wire.Generation) {
		for _, w := range []*recollection{
			{name: "nothing ahead", own: true, far: true},
			{name: "all ahead", own: true, far: true, kinds: allKinds},
			{name: "samples ahead", own: true, far: true, kinds: detectors.Set(detectors.CPUSample, detectors.STWEnd)},
			{name: "nothing ahead, slowly", own: true, far: true, slowly: true},
		} {
			w.prepare()
			p := w.past
			var all []settledAt
			often := func() { p.told = p.next - settledStays - 1 } // as if there were as many as it takes
			often()
			p.Settled = func(until detectors.Time) {
				s := settledAt{until, p.next, len(p.Spans), len(p.Stops), len(p.Marks), len(p.Procs), -1}
				if n := len(p.Marks); n > 0 && p.Marks[n-1].To == 0 {
					s.open = n - 1
				}
				all = append(all, s)
				often()
			}
			for _, g := range gens {
				w.feed(t, g)
			}
			require.NoError(t, w.errs, w.name)
			w.checkSettled(t, all)
			calls += len(all)
		}
	}
	for name, data := range manyTraces() {
		t.Run(name, func(t *testing.T) { check(t, generationsOf(t, data)) })
	}
	t.Logf("%d calls", calls)
}

// checkSettled compares what was known at each call with what there is at the end.
func (w *recollection) checkSettled(t *testing.T, all []settledAt) {
	t.Helper()
	p := w.past
	// Of the stays from a number on, and of each list from an element on, the earliest moment. The first
	// stays of goroutines that were there before are no news.
	stays := earliest(int(p.next), func(i int) detectors.Time {
		if s := p.At(StayID(i)); s != nil && s.State != detectors.Undetermined {
			return s.End
		}
		return math.MaxInt64
	})
	spans := earliest(len(p.Spans), func(i int) detectors.Time { return p.Spans[i].End })
	stops := earliest(len(p.Stops), func(i int) detectors.Time { return p.Stops[i].To })
	procs := earliest(len(p.Procs), func(i int) detectors.Time { return p.Procs[i].At })
	marks := earliest(len(p.Marks), func(i int) detectors.Time {
		if p.Marks[i].From == p.Begin {
			return math.MaxInt64 // it began before
		}
		return p.Marks[i].From
	})
	for _, s := range all {
		for what, at := range map[string]detectors.Time{
			"stay": stays[s.next], "span": spans[s.spans], "stop": stops[s.stops], "P's change": procs[s.procs], "mark phase": marks[s.marks],
		} {
			if at < s.until {
				t.Fatalf("%s: a %s at %d was added when all was known until %d", w.name, what, at, s.until)
			}
		}
		if s.open >= 0 && p.Marks[s.open].To != 0 && p.Marks[s.open].To < s.until {
			t.Fatalf("%s: %+v had not ended when all was known until %d", w.name, p.Marks[s.open], s.until)
		}
	}
}

// earliest returns, for each of n elements and for their end, the earliest moment of those that follow.
func earliest(n int, at func(int) detectors.Time) []detectors.Time {
	all := make([]detectors.Time, n+1)
	all[n] = math.MaxInt64
	for i := n - 1; i >= 0; i-- {
		all[i] = min(all[i+1], at(i))
	}
	return all
}

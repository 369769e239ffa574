package timeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// since returns what a history tells of what came after a fresh start, as if it were the first.
func (h *history) since(start int, begin detectors.Time) *history {
	c := newHistory()
	move := func(p place) place {
		if p.n > 0 {
			p.start -= start
		}
		return p
	}
	for l, all := range h.stays {
		if l.start < start {
			continue
		}
		l.start -= start
		for _, s := range all {
			s.Link = move(s.Link)
			c.stays[l] = append(c.stays[l], s)
		}
	}
	for _, s := range h.spans {
		if s.End >= begin {
			s.First, s.Last = move(s.First), move(s.Last)
			c.spans = append(c.spans, s)
		}
	}
	for _, r := range h.stops {
		if r.To >= begin {
			c.stops = append(c.stops, r)
		}
	}
	for _, r := range h.marks {
		if r.From >= begin {
			c.marks = append(c.marks, r)
		}
	}
	for _, x := range h.procs {
		if x.At >= begin {
			c.procs = append(c.procs, x)
		}
	}
	return c
}

// TestPastStartsAfresh: after a gap, after all was forgotten, and after a contradiction the past is
// that of a reader that begins there. Nothing leads from it to what was before, in which a goroutine
// of the same number may have done anything meanwhile.
func TestPastStartsAfresh(t *testing.T) {
	t.Parallel()
	traces := make(map[string][]byte)
	for _, tr := range recorded.All() {
		if tr.Go != "1.27" && tr.Go != "1.22" || strings.HasPrefix(tr.Name, "flightrecorder.") {
			continue // see TestReused
		}
		data, err := tr.Bytes()
		require.NoError(t, err)
		traces[tr.String()] = data
	}
	for _, v := range versions {
		shape := tracegen.Shape{Version: v, Threads: 16, Procs: 8, Goroutines: 100, Events: 3_000, Generations: 6}
		traces["random "+shape.String()] = tracegen.Random(1, shape)
		traces["service "+shape.String()] = tracegen.Service(1, shape)
	}
	met := 0
	for name, data := range traces {
		all := generationsOf(t, data)
		gap := len(all) / 2
		for _, group := range recollections() {
			for _, w := range group[:2] {
				fresh := *w
				fresh.prepare()
				for _, g := range all[gap:] {
					fresh.feed(t, g)
				}
				require.NoError(t, fresh.errs, name)
				want := fresh.history(t)

				for _, before := range []string{"a gap", "all forgotten", "one broken"} {
					w := *w
					w.name += ", " + name + " after " + before
					w.prepare()
					for _, g := range all[:gap-2] {
						w.feed(t, g)
					}
					switch before {
					case "a gap":
						w.feed(t, all[gap-2])
					case "all forgotten":
						w.feed(t, all[gap-2])
						w.tl.Forget()
						checkForgotten(t, &w)
					case "one broken":
						w.feed(t, contradictory(all[gap-2]))
						require.Error(t, w.errs, w.name)
						checkForgotten(t, &w)
					}
					ended := w.tl.last
					for _, g := range all[gap:] {
						w.feed(t, g)
					}
					last := len(w.starts) - 1
					require.Equal(t, 1, last, w.name)
					begin := w.starts[last].at
					require.Greater(t, begin, ended, w.name)
					got := w.history(t)
					for i := range got.marks {
						if got.marks[i].From < begin {
							require.NotZero(t, got.marks[i].To, "%s: nobody saw it go on", w.name)
							require.LessOrEqual(t, got.marks[i].To, begin, w.name)
						}
					}
					want.equal(t, got.since(last, begin), w.name)
					met += len(want.stays)
				}
			}
		}
	}
	t.Logf("%d traces, %d goroutines met afresh", len(traces), met)
}

// checkForgotten holds that a timeline which has forgotten all leads nowhere into the past.
func checkForgotten(t *testing.T, w *recollection) {
	t.Helper()
	for _, l := range w.lasts {
		id, now := lastStay(w.tl, detectors.GoID(l.g))
		require.Zero(t, id, w.name)
		require.Nil(t, now, w.name)
	}
}

// TestPastOverAGap goes back from what came after a gap, by hand.
func TestPastOverAGap(t *testing.T) {
	const second = 1_000_000_000
	for _, v := range versions {
		world, long, short, quiet := waits(v)
		gens := generationsOf(t, world.Bytes())
		for _, group := range recollections() {
			for _, w := range group {
				w.prepare()
				for i, g := range gens {
					if i != 1 {
						w.feed(t, g)
					}
				}
				require.NoError(t, w.errs)
				name := fmt.Sprintf("go1.%d, %s", v, w.name)
				begin := w.past.Begin
				require.Equal(t, w.starts[1].at, begin, name)
				require.Greater(t, begin, detectors.Time(2*second), name)

				// It waits for something after the trace's last event. Before the gap it had been
				// woken and had run; of that nothing is left.
				require.Equal(t, []string{
					"undetermined until it begins",
					"waiting until 3000000500, ended by 4's stay 1 at main.wake",
					"runnable until 4000000700",
					"running until 5000000100 (sleep) on P 0 at main.long",
				}, w.back(long, begin), name)
				require.Equal(t, []string{
					"undetermined until it begins",
					"running until 4000000100 (sync) on P 0 at main.short",
					"waiting until 4000000900 (sync) at main.short, ended by 4's stay 1 at main.wake",
					"runnable until 5000000300 (sync) at main.short",
				}, w.back(short, begin), name)
				require.Empty(t, w.back(quiet, begin), name)

				// What came before is still there for who asks for all of a time.
				before := 0
				for _, s := range w.past.Since(0) {
					if s.End < begin {
						before++
					}
				}
				require.Equal(t, 4, before, name) // of two goroutines
				require.Equal(t, begin, w.past.Horizon(), name)
			}
		}
	}
}

// back writes a living goroutine's stays out, the oldest first, as they are found from the latest.
func (w *recollection) back(g *tracegen.Goroutine, begin detectors.Time) (all []string) {
	id, _ := lastStay(w.tl, detectors.GoID(g.ID()))
	return w.backFrom(id, begin)
}

func (w *recollection) backFrom(id StayID, begin detectors.Time) (all []string) {
	for ; id != 0; id = w.past.At(id).Prev {
		all = append([]string{w.write(w.past.At(id), begin)}, all...)
	}
	return all
}

// write writes a stay out. A moment is the number of nanoseconds.
func (w *recollection) write(s *Stay, begin detectors.Time) string {
	top := func(id detectors.StackID) string {
		if f := w.code.Frames(id); len(f) > 0 {
			return " at " + f[0].Func
		}
		return ""
	}
	out := fmt.Sprintf("%v until %d", s.State, s.End)
	if s.State == detectors.Undetermined && s.End == begin {
		out = "undetermined until it begins"
	}
	if s.Reason != detectors.ReasonNone {
		out += fmt.Sprintf(" (%v)", s.Reason)
	}
	if s.State != detectors.Waiting && s.State != detectors.NotExist && s.By != 0 {
		out += fmt.Sprintf(" on P %d", s.By-1)
	}
	out += top(s.Stack)
	if s.Assist {
		out += ", assisting"
	}
	if s.Stops {
		out += ", the world stopped"
	}
	if by := w.past.At(s.Link); by != nil {
		n := 1
		for p := by; p.Prev != 0; p = w.past.At(p.Prev) {
			n++
		}
		out += fmt.Sprintf(", ended by %d's stay %d%s", by.G, n, top(detectors.StackID(s.By)))
	}
	return out
}

// readAll reads generations with a past.
func (w *recollection) readAll(t *testing.T, gens []*wire.Generation) {
	t.Helper()
	w.prepare()
	for _, g := range gens {
		w.feed(t, g)
	}
	require.NoError(t, w.errs, w.name)
}

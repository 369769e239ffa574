package ancestry_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/ancestry"
)

// family tells a tree what a trace would.
type family struct {
	t    *testing.T
	tree *ancestry.Tree
	tell func(*detectors.Observation)
	now  detectors.Time
}

func newFamily(t *testing.T) *family {
	tree := ancestry.New()
	return &family{t: t, tree: tree, tell: tree.Observer().Observe}
}

// born lets a goroutine start another at a go statement.
func (f *family) born(parent, id detectors.GoID, by detectors.StackID) {
	f.now++
	g := detectors.Goroutine{ID: id, Parent: parent, Creator: by, Born: true, CreatedAt: f.now}
	f.tell(&detectors.Observation{Kind: detectors.GoCreate, Time: f.now, G: &g, By: parent, ByStack: by})
}

func (f *family) end(id detectors.GoID) {
	f.now++
	f.tell(&detectors.Observation{Kind: detectors.GoEnd, Time: f.now, G: &detectors.Goroutine{ID: id}})
}

func (f *family) wake(by, id detectors.GoID, stack detectors.StackID) {
	f.now++
	f.tell(&detectors.Observation{Kind: detectors.GoUnpark, Time: f.now, By: by, ByStack: stack, G: &detectors.Goroutine{ID: id}})
}

// chain returns the ancestors of a goroutine as far as they are known, itself first.
func (f *family) chain(id detectors.GoID) (ids []detectors.GoID) {
	for {
		b, ok := f.tree.Birth(id)
		if !ok {
			return append(ids, id)
		}
		ids = append(ids, id)
		id = b.Parent
	}
}

func (f *family) remembers(want int) {
	f.t.Helper()
	n, dropped := f.tree.Len()
	require.Equal(f.t, want, n)
	require.Zero(f.t, dropped)
}

// Who has ended is remembered as long as somebody descends from it.
func TestAncestors(t *testing.T) {
	f := newFamily(t)
	f.born(1, 10, 100)
	f.born(10, 11, 101)
	f.born(11, 12, 102)
	f.born(10, 13, 103)
	f.end(10)
	f.end(11)
	require.Equal(t, []detectors.GoID{12, 11, 10, 1}, f.chain(12))
	require.Equal(t, []detectors.GoID{13, 10, 1}, f.chain(13))
	f.remembers(4)
	f.end(12)
	require.Equal(t, []detectors.GoID{12}, f.chain(12))
	f.remembers(2)
	f.end(13)
	f.remembers(0)
}

func TestBirth(t *testing.T) {
	f := newFamily(t)
	f.born(1, 10, 100)
	b, ok := f.tree.Birth(10)
	require.True(t, ok)
	require.Equal(t, ancestry.Birth{ID: 10, Parent: 1, By: 100}, b)
	_, ok = f.tree.Birth(1)
	require.False(t, ok, "it was there before")

	w, ok := f.tree.Wakes(10)
	require.True(t, ok)
	require.Zero(t, w)
	f.wake(7, 10, 70)
	f.wake(detectors.NoGoroutine, 10, 0)
	f.wake(8, 10, 80)
	w, _ = f.tree.Wakes(10)
	require.Equal(t, ancestry.Wakes{Count: 3, By: 8, Stack: 80, At: 4}, w)
	f.wake(8, 1, 80) // nobody who is remembered
	_, ok = f.tree.Wakes(1)
	require.False(t, ok)
}

// A goroutine that starts the next and ends, for ever, takes no memory for it.
func TestEndlessChain(t *testing.T) {
	for name, endFirst := range map[string]bool{"ends before the next starts another": true, "ends after": false} {
		t.Run(name, func(t *testing.T) {
			f := newFamily(t)
			f.born(1, 10, 100)
			const links = 10_000
			for id := detectors.GoID(11); id < 11+links; id++ {
				f.born(id-1, id, 200)
				if endFirst {
					f.end(id - 1)
				} else {
					f.end(id - 2) // the one before runs a little longer than the next needs to start another
				}
			}
			n, _ := f.tree.Len()
			require.Less(t, n, 8)
			last := detectors.GoID(10 + links)
			chain := f.chain(last)
			require.Equal(t, detectors.GoID(1), chain[len(chain)-1])
			repeats := 0
			for _, id := range chain[:len(chain)-1] {
				b, _ := f.tree.Birth(id)
				repeats += b.Repeats
			}
			require.Equal(t, links+1, repeats+len(chain)-1)
		})
	}
}

// What is folded is only a chain: brothers, and other go statements, stand apart.
func TestNotFolded(t *testing.T) {
	f := newFamily(t)
	f.born(1, 10, 100)
	f.born(10, 11, 100)
	f.born(10, 12, 100)
	f.end(10)
	f.born(11, 13, 100)
	f.end(11)
	require.Equal(t, []detectors.GoID{13, 11, 10, 1}, f.chain(13))
	require.Equal(t, []detectors.GoID{12, 10, 1}, f.chain(12))
	f.born(13, 14, 300)
	f.end(13)
	f.born(14, 15, 300)
	require.Equal(t, []detectors.GoID{15, 14, 13, 10, 1}, f.chain(15), "13 and 11 are of one statement, 10 has started 12 too, 14 is of another")
	f.end(12)
	f.end(14)
	f.end(15)
	f.remembers(0)
}

// After a gap those who are not listed have ended.
func TestGap(t *testing.T) {
	f := newFamily(t)
	f.born(1, 10, 100)
	f.born(10, 11, 101)
	f.born(11, 12, 102)
	f.born(1, 20, 100)
	f.born(20, 21, 101)
	list := func(yield func(*detectors.Goroutine) bool) {
		yield(&detectors.Goroutine{ID: 12})
	}
	f.tree.Window(&detectors.Window{Goroutines: list})
	f.remembers(5)
	f.tree.Window(&detectors.Window{Fresh: true, Goroutines: list})
	require.Equal(t, []detectors.GoID{12, 11, 10, 1}, f.chain(12))
	f.remembers(3)
}

// A goroutine that somebody asks for stays apart from those that follow it, until nobody does.
func TestKeep(t *testing.T) {
	f := newFamily(t)
	f.tree.Keep([]detectors.GoID{2, 7}) // nobody has to have seen them
	f.tree.Keep([]detectors.GoID{2})
	next := func(parent, id detectors.GoID) {
		f.born(parent, id, 5)
		f.end(parent)
	}
	f.born(100, 1, 5)
	next(1, 2)
	next(2, 3)
	next(3, 4)
	require.Equal(t, []detectors.GoID{4, 3, 2, 100}, f.chain(4))
	f.tree.Drop([]detectors.GoID{2, 7})
	next(4, 5)
	require.Equal(t, []detectors.GoID{5, 4, 2, 100}, f.chain(5))
	f.tree.Drop([]detectors.GoID{2})
	f.tree.Drop([]detectors.GoID{2}) // once too often
	next(5, 6)
	next(6, 7)
	next(7, 8)
	require.Equal(t, []detectors.GoID{8, 7, 100}, f.chain(8))
}

package detectors

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// second adds a window of a length that ends at a time.
func (r *recent[T]) second(end, length time.Duration, fresh bool, v T) {
	r.add(&Window{Start: Time(end - length), End: Time(end), Fresh: fresh}, v)
}

func (r *recent[T]) values() (vs []T) {
	for _, p := range r.past {
		vs = append(vs, p.value)
	}
	return vs
}

func TestRecent(t *testing.T) {
	const s = time.Second
	r := recent[int]{of: 3 * s}
	for i := 1; i <= 3; i++ {
		r.second(time.Duration(i)*s, s, i == 1, i)
	}
	require.Equal(t, []int{1, 2, 3}, r.values(), "exactly the look-back")
	require.Equal(t, Time(0), r.start())
	require.Equal(t, 3*s, r.span())

	r.second(4*s, s, false, 4)
	require.Equal(t, []int{2, 3, 4}, r.values())
	require.Equal(t, Time(s), r.start())
	require.Equal(t, 3*s, r.span())

	r.second(14*s, 10*s, false, 5)
	require.Equal(t, []int{5}, r.values(), "the newest stays, however long it is")
	require.Equal(t, 10*s, r.span())

	r.second(15*s, s, false, 6)
	require.Equal(t, []int{6}, r.values(), "of a long one not even a part")

	r.second(20*s, s, true, 7)
	require.Equal(t, []int{7}, r.values(), "nothing from before a gap")
	require.Equal(t, Time(19*s), r.start())
}

// Windows may be very short, and many of them fit into the look-back.
func TestRecentIsBounded(t *testing.T) {
	r := recent[*int]{of: time.Hour}
	for i := range 3 * maxRecent {
		r.second(time.Duration(i)*time.Millisecond, time.Millisecond, false, &i)
	}
	require.Len(t, r.past, maxRecent)
	require.Equal(t, 3*maxRecent-1, *r.past[maxRecent-1].value)
	require.LessOrEqual(t, cap(r.past), 2*maxRecent)

	// What has been forgotten can be collected.
	r.second(time.Hour, time.Millisecond, true, new(int))
	for _, p := range r.past[1:cap(r.past)] {
		require.Nil(t, p.value)
	}
}

func TestLasting(t *testing.T) {
	const ms = time.Millisecond
	type win struct {
		length time.Duration
		bad    bool
	}
	for _, c := range []struct {
		name    string
		windows []win
		since   time.Duration // -1: it did not last
	}{
		{"one window", []win{{900 * ms, true}}, -1},
		{"two", []win{{250 * ms, true}, {250 * ms, true}}, 0},
		{"two, too short", []win{{250 * ms, true}, {249 * ms, true}}, -1},
		{"many short ones", []win{{100 * ms, false}, {200 * ms, true}, {200 * ms, true}, {100 * ms, true}}, 100 * ms},
		{"with a rest between", []win{{300 * ms, true}, {300 * ms, false}, {300 * ms, true}}, 0},
		{"none", []win{{900 * ms, false}, {900 * ms, false}}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := recent[bool]{of: 10 * time.Second}
			end := time.Duration(0)
			for _, w := range c.windows {
				end += w.length
				r.second(end, w.length, false, w.bad)
			}
			since, ok := r.lasting(func(bad bool) bool { return bad })
			require.Equal(t, c.since >= 0, ok)
			if ok {
				require.Equal(t, Time(c.since), since)
			}
		})
	}
}

// What was observed of a generation that broke off is not the next window's.
func TestUnjudged(t *testing.T) {
	var u unjudged
	u.observed(50)
	u.observed(150)
	require.False(t, u.stale(&Window{Start: 40, End: 100}), "it follows what came before")
	u.observed(150)
	u.observed(250)
	require.True(t, u.stale(&Window{Start: 200, End: 300, Fresh: true}))
	require.False(t, u.stale(&Window{Start: 400, End: 500, Fresh: true}), "nothing was observed")
	u.observed(650)
	require.False(t, u.stale(&Window{Start: 600, End: 700, Fresh: true}), "all of it is the window's")
}

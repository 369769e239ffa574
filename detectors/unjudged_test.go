package detectors

import (
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A generation that breaks off is never judged. Its subscriptions are not to be taken from
// the waits of the window that comes after.
func TestNetpollBlockAfterBrokenGeneration(t *testing.T) {
	code := NewCode()
	funcs := []string{"internal/poll.(*FD).Read", "net.(*conn).Read", "main.call"}
	stack := code.Add([]uint64{1, 2, 3}, func(i int) (Frame, bool) { return Frame{Func: funcs[i]}, true })
	state, err := NetpollBlock{}.New(code)
	require.NoError(t, err)
	s := state.(*netpollBlock)
	window := func(i int) *Window {
		var waits NetworkWaits
		for range 5 {
			waits.Waits.Add(10 * time.Millisecond)
			waits.Answers.Add(10 * time.Millisecond)
		}
		totals := Totals{Network: make([]NetworkWaits, stack+1)}
		totals.Network[stack] = waits
		return &Window{
			Start: Time(0).Add(time.Duration(i) * time.Second), End: Time(0).Add(time.Duration(i+1) * time.Second),
			Fresh: i == 8, Totals: &totals, Code: code, Goroutines: iter.Seq[*Goroutine](func(func(*Goroutine) bool) {}),
		}
	}
	for i := range 6 {
		s.Judge(window(i))
	}
	for range 3 { // in the seventh, which breaks off
		s.Observe(&Observation{
			Kind: GoUnpark, G: &Goroutine{OnBehalf: true}, Known: true, Duration: 6 * time.Second,
			Reason: ReasonNetwork, Stack: stack, Time: Time(0).Add(7 * time.Second),
		})
	}
	s.Judge(window(8))
	usual := s.usual[code.SiteOf(stack)]
	require.Equal(t, 1, usual.windows, "nothing is known of what was before")
	require.InDelta(t, 0.010, usual.mean, 1e-9)
}

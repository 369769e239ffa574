package detectors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Each brother stands for one goroutine that was born together with him: the first that is left.
func TestBrothers(t *testing.T) {
	const ms = time.Millisecond
	r := rand.New(rand.NewPCG(1, 2))
	for _, length := range []time.Duration{0, 10 * ms, 100 * ms, time.Second} {
		for range 200 {
			at := func() Time { return Time(r.Int64N(int64(length/ms)+1)) * Time(ms) }
			var b brothers
			for range r.IntN(30) {
				b.add(at())
			}
			left := slices.Sorted(slices.Values(b.born))
			for range 40 {
				born := at()
				i := slices.IndexFunc(left, func(t Time) bool { return t.Sub(born).Abs() <= bornTogether })
				require.Equal(t, i >= 0, b.take(born))
				if i >= 0 {
					left = slices.Delete(left, i, i+1)
				}
			}
		}
	}
}

// BenchmarkSessions looks for what is stuck among sessions of two goroutines each, all of them started
// by one accept loop: apart, or all at once.
func BenchmarkSessions(b *testing.B) {
	code := NewCode()
	stack := func(pc uint64, frames ...string) StackID {
		pcs := make([]uint64, len(frames))
		for i := range pcs {
			pcs[i] = pc + uint64(i)
		}
		return code.Add(pcs, func(i int) (Frame, bool) { return Frame{Func: frames[i], File: "main.go", Line: 1}, true })
	}
	gives := stack(100, "main.accept", "main.main")
	reads := stack(200, "internal/poll.(*FD).Read", "net.(*conn).Read", "main.(*session).read")
	writes := stack(300, "main.(*session).write")
	for _, n := range []int{2_000, 20_000} {
		for _, apart := range []time.Duration{0, 5 * time.Millisecond} {
			b.Run(fmt.Sprintf("sessions=%d,apart=%v", n, apart), func(b *testing.B) {
				w := &Window{End: Time(time.Hour), Goroutines: func(yield func(*Goroutine) bool) {
					g := Goroutine{State: Waiting, Born: true, Creator: gives, Parent: 1}
					for i := range n {
						g.CreatedAt = Time(time.Duration(i) * apart)
						g.Since = g.CreatedAt
						g.ID, g.Stack, g.Reason = GoID(2+2*i), reads, ReasonNetwork
						if !yield(&g) {
							return
						}
						g.ID, g.Stack, g.Reason = GoID(3+2*i), writes, ReasonSelect
						if !yield(&g) {
							return
						}
					}
				}}
				b.ReportAllocs()
				for b.Loop() {
					if stuck := stuckOf(w, code, time.Second, nil); len(stuck) != 0 {
						b.Fatalf("%d sites of sessions", len(stuck))
					}
				}
			})
		}
	}
}

package clients

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"
)

// waits lists where goroutines waited for 50 ms and more, the most total time first: the reason, how
// often, how long, and the functions, innermost first.
func waits(t *testing.T, in io.Reader) []string {
	type wait struct {
		where      string
		n          int
		total, max time.Duration
	}
	type begun struct {
		where string
		at    trace.Time
	}
	r, err := trace.NewReader(in)
	require.NoError(t, err)
	open := make(map[trace.GoID]begun)
	sums := make(map[string]*wait)
	for {
		e, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e.Kind() != trace.EventStateTransition || e.StateTransition().Resource.Kind != trace.ResourceGoroutine {
			continue
		}
		st := e.StateTransition()
		id := st.Resource.Goroutine()
		switch from, to := st.Goroutine(); {
		case to == trace.GoWaiting && from != trace.GoUndetermined:
			var fs []string
			for f := range st.Stack.Frames() {
				fs = append(fs, f.Func)
			}
			open[id] = begun{st.Reason + ": " + strings.Join(fs, " < "), e.Time()}
		case from == trace.GoWaiting && to != trace.GoWaiting:
			b, ok := open[id]
			delete(open, id)
			if d := e.Time().Sub(b.at); ok && d >= 50*time.Millisecond {
				s := sums[b.where]
				if s == nil {
					s = &wait{where: b.where}
					sums[b.where] = s
				}
				s.n++
				s.total += d
				s.max = max(s.max, d)
			}
		}
	}
	all := make([]*wait, 0, len(sums))
	for _, s := range sums {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b *wait) int { return cmp.Compare(b.total, a.total) })
	var lines []string
	for _, s := range all {
		lines = append(lines, fmt.Sprintf("%d waits, mean %v, at most %v: %s", s.n, (s.total/time.Duration(s.n)).Round(time.Millisecond), s.max.Round(time.Millisecond), s.where))
	}
	return lines
}

package profiles

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// requestsOf lets one goroutine, of number 1, begin and end tasks and regions, and then block. It returns
// the request that it blocked for, "" if there is none.
func requestsOf(t *testing.T, do func(m *tracegen.Thread, at func() int64)) string {
	t.Helper()
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, n := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	g, waker := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0)
	m.Running(g)
	n.Running(waker)
	now := int64(1_000)
	do(m, func() int64 { now += 100; return now })
	m.Block(now+100, "select", w.Stack("main.wait"))
	n.Unblock(now+200, g, 0)
	s := collect(t, w.Bytes(), nil, Select).Profile(Select).Sample
	require.Len(t, s, 1)
	if of := s[0].Label[labelRequest]; len(of) > 0 {
		return of[0]
	}
	return ""
}

func TestRequests(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		do         func(m *tracegen.Thread, at func() int64)
	}{
		{"none", "", func(*tracegen.Thread, func() int64) {}},
		{"the innermost", "b", func(m *tracegen.Thread, at func() int64) {
			a := m.TaskBegin(at(), 0, "a", 0)
			m.TaskBegin(at(), a, "b", 0)
		}},
		{"it has ended", "a", func(m *tracegen.Thread, at func() int64) {
			a := m.TaskBegin(at(), 0, "a", 0)
			b := m.TaskBegin(at(), a, "b", 0)
			m.TaskEnd(at(), b, 0)
		}},
		{"the outer one has ended", "b", func(m *tracegen.Thread, at func() int64) {
			a := m.TaskBegin(at(), 0, "a", 0)
			m.TaskBegin(at(), a, "b", 0)
			m.TaskEnd(at(), a, 0)
		}},
		{"a region of another task", "a", func(m *tracegen.Thread, at func() int64) {
			a := m.TaskBegin(at(), 0, "a", 0)
			m.TaskBegin(at(), 0, "b", 0)
			m.RegionBegin(at(), a, "r", 0)
		}},
		{"a region that has ended", "b", func(m *tracegen.Thread, at func() int64) {
			a := m.TaskBegin(at(), 0, "a", 0)
			m.TaskBegin(at(), 0, "b", 0)
			m.RegionBegin(at(), a, "r", 0)
			m.RegionEnd(at(), a, "r", 0)
		}},
		{"a region within a region", "a", func(m *tracegen.Thread, at func() int64) {
			a := m.TaskBegin(at(), 0, "a", 0)
			m.RegionBegin(at(), a, "r", 0)
			m.RegionBegin(at(), a, "r", 0)
			m.RegionEnd(at(), a, "r", 0)
			m.TaskEnd(at(), a, 0)
		}},
		{"a region of no task", "a", func(m *tracegen.Thread, at func() int64) {
			m.TaskBegin(at(), 0, "a", 0)
			m.RegionBegin(at(), 0, "r", 0)
		}},
		{"a task from before the trace", "", func(m *tracegen.Thread, at func() int64) {
			m.RegionBegin(at(), 77, "r", 0)
			m.TaskEnd(at(), 77, 0)
		}},
		{"too many names", "", func(m *tracegen.Thread, at func() int64) {
			for i := range limits.RequestNames + 1 {
				task := m.TaskBegin(at(), 0, fmt.Sprintf("request %d", i), 0)
				if i < limits.RequestNames {
					m.TaskEnd(at(), task, 0)
				}
			}
		}},
	} {
		require.Equal(t, test.want, requestsOf(t, test.do), test.name)
	}
}

// TestGap: what began before a gap and may have ended in it is no label of what comes after, and none
// of it is kept.
func TestGap(t *testing.T) {
	t.Parallel()
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	m, n := w.Thread(100, w.Proc(0)), w.Thread(101, w.Proc(1))
	g, waker, ends := w.Goroutine(1, wire.GoRunnable, 0), w.Goroutine(2, wire.GoRunnable, 0), w.Goroutine(3, wire.GoRunnable, 0)
	m.Running(ends)
	n.Running(waker)
	m.TaskBegin(1_000, 0, "GET /", 0)
	child := m.Create(1_100, w.Stack("main.child"), 0)
	m.Preempt(1_200, w.Stack("main.loop"))
	m.Start(1_300, g)
	m.TaskBegin(1_400, 0, "POST /", 0)
	m.Preempt(1_500, w.Stack("main.loop"))
	w.NextGeneration(10_000)
	m.Start(10_100, ends)
	m.End(10_200)
	m.Start(10_300, child)
	m.End(10_400)
	w.LoseGeneration()
	w.NextGeneration(20_000)
	m.Start(20_100, g)
	m.Block(20_200, "select", w.Stack("main.wait"))
	n.Unblock(20_300, g, 0)

	c := collect(t, w.Bytes(), nil, Kinds()...)
	require.Equal(t, []string{"main.wait goroutine=1 p=0 1 100"}, lines(c.Profile(Select)))
	require.Empty(t, c.Profile(Preempt).Sample, "it is not known when it went on, and whether it was stopped again")
	require.Empty(t, c.preempted)
	require.Empty(t, c.born)
	require.Empty(t, c.requests.open)
	require.Empty(t, c.requests.tasks)
	require.Zero(t, c.requests.spans)
	require.Equal(t, []string{"main.child goroutine=4 request=GET / 1 0"}, lines(c.Profile(Goroutines)))
}

// What goroutines leave open is dropped with them.
func TestEnded(t *testing.T) {
	t.Parallel()
	r := newRequests()
	r.observe(&detectors.Observation{Kind: detectors.TaskBegin, Task: 1, By: 7, Text: "a"})
	g := &detectors.Goroutine{ID: 8}
	r.observe(&detectors.Observation{Kind: detectors.RegionBegin, Task: 1, G: g})
	r.observe(&detectors.Observation{Kind: detectors.RegionBegin, Task: 1, G: g})
	require.Equal(t, 3, r.spans)
	r.ended(8)
	require.Equal(t, 1, r.spans)
	r.ended(7)
	r.ended(7)
	require.Zero(t, r.spans)
	require.Empty(t, r.open)
	r.observe(&detectors.Observation{Kind: detectors.TaskEnd, Task: 1, By: 9})
	require.Empty(t, r.tasks)
}

package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

func TestRegions(t *testing.T) {
	r := newRegions()
	_, ok := r.innermost(1)
	require.False(t, ok)
	r.end(1)
	r.forget(1)
	require.Empty(t, r.spare)

	require.True(t, r.begin(1, region{task: 1}))
	require.True(t, r.begin(2, region{task: 2}))
	require.True(t, r.begin(1, region{task: 3}))
	for _, want := range []detectors.TaskID{3, 1} {
		top, ok := r.innermost(1)
		require.True(t, ok)
		require.Equal(t, want, top.task)
		r.end(1)
	}
	_, ok = r.innermost(1)
	require.False(t, ok)
	r.forget(2)
	require.Empty(t, r.open)
	require.Len(t, r.spare, 2)

	for range limits.Regions {
		require.True(t, r.begin(3, region{}))
	}
	require.False(t, r.begin(3, region{}))
	require.True(t, r.begin(4, region{}), "another's")
}

// TestRegionsAreForgotten: room that is kept holds no names, and is not large.
func TestRegionsAreForgotten(t *testing.T) {
	r := newRegions()
	for g := range detectors.GoID(2) {
		for range 3 {
			r.begin(g, region{name: "name"})
		}
		r.end(g)
	}
	r.forget(0)
	r.end(1)
	r.end(1)
	require.Len(t, r.spare, 2)
	for _, room := range r.spare {
		for _, x := range room[:cap(room)] {
			require.Zero(t, x)
		}
	}
	for range spareDepth + 1 {
		r.begin(2, region{})
	}
	r.forget(2)
	require.Len(t, r.spare, 1, "what has grown large is not kept")
}

// TestRegionsAllocateNothing: a server opens a region for each request, on a new goroutine.
func TestRegionsAllocateNothing(t *testing.T) {
	r := newRegions()
	var id detectors.GoID
	requests := func() {
		for range 500 {
			id++
			r.begin(id, region{})
		}
		for i := range detectors.GoID(500) {
			r.end(id - i)
		}
	}
	requests()
	require.Zero(t, testing.AllocsPerRun(10, requests))
	for range 2 * spareRegions {
		id++
		r.begin(id, region{})
	}
	for id := range r.open {
		r.forget(id)
	}
	require.Len(t, r.spare, spareRegions, "not more is kept than serves")
}

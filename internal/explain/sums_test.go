package explain

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

// TestSumsAreBounded: what finds no room is told without its place, and not with another one.
func TestSumsAreBounded(t *testing.T) {
	const d = 400 * time.Millisecond
	o, k := cellOf(d)
	key := func(site detectors.SiteID) uint64 { return siteKey(o, k, detectors.DimRunning, site) }
	var s sums
	s.add(key(7), key(0), time.Millisecond, 1)
	s.add(key(8), key(0), 300*time.Millisecond, 1)
	s.add(key(9), key(0), 99*time.Millisecond, 1)
	s.add(key(7), key(0), time.Millisecond, 1)
	all := make(map[uint64]time.Duration)
	for x := range s.all {
		all[x.key] = x.total
	}
	require.Equal(t, map[uint64]time.Duration{key(7): 2 * time.Millisecond, key(0): 399 * time.Millisecond}, all)
}

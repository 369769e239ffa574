package tracewatch

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

// TestUsesOfTheWatch: the watch's own code is the watch's on whosever goroutine it runs, such as that of
// who calls WriteTrace.
func TestUsesOfTheWatch(t *testing.T) {
	code := detectors.NewCode()
	site := func(fn string) detectors.SiteID {
		return code.SiteOf(code.Add([]uint64{uint64(len(fn))}, func(int) (detectors.Frame, bool) { return detectors.Frame{Func: fn}, true }))
	}
	d := division{capacity: 10 * time.Second, sites: map[detectors.SiteID]time.Duration{
		site("main.serve"): time.Second,
		site("github.com/gotracewatch/tracewatch/internal/capture.(*Snapshot).collect"): 2 * time.Second,
	}}
	d.classes[detectors.ClassWatch] = time.Second
	require.Equal(t, []ProcUse{
		{Class: detectors.ClassWatch, Time: 3 * time.Second, Share: 0.3},
		{Site: detectors.Site{Func: "main.serve"}, Time: time.Second, Share: 0.1},
	}, d.uses(code))
}

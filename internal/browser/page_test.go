package browser

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
)

// fault is what is wrong with the service that is looked at, and culprit the function whose fault it is.
const (
	fault   = shop.Sched
	culprit = "shop.hashEverything"
)

// TestPage looks at the page of a watcher of a service whose Ps are occupied, as somebody does who is called at
// night. The tests share the service and the browser; each has a tab, and storage, of its own.
func TestPage(t *testing.T) {
	b := openBrowser(t)
	var m meter
	s, err := Start(t.Context(), fault, t.TempDir(), m.around)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Stop()) }()

	// One page is open all the time.
	open := openPage(t, b, s.URL)
	awaitFault(t, open)
	still := beginToWeigh(t, open)

	// Two at once, as two users are.
	t.Run("look", func(t *testing.T) {
		for _, test := range []struct {
			name string
			run  func(*testing.T, *Browser, *Stage)
		}{
			{"keyboard", testKeyboard},
			{"the collector finds what is wrong", testCollector},
			{"live data arrives", testLive},
			{"hottest cell", testHottestCell},
			{"goroutines", testGoroutines},
			{"requests", testRequests},
			{"anomalies", testAnomalies},
			{"rules", testRules},
			{"downloads", testDownloads},
			{"colours", testColours},
			{"narrow window", testNarrow},
			{"accessible", testAccessible},
			{"offline", testOffline},
		} {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				test.run(t, b, s)
			})
		}
	})
	t.Run("stays light", func(t *testing.T) { still.requireStill(t, open, s, &m) })
}

// awaitFault waits until the page tells of the fault.
func awaitFault(t *testing.T, p shown) {
	t.Helper()
	until(t, p.Tab, "document.querySelector('details.anomaly[data-kind=sched-delay]') && tracewatch.heat.ring().strips.length >= 5 && tracewatch.heat.hottest()")
}
